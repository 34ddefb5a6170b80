#include "app/commands/commands.h"

#include <fmt/format.h>

#include <array>
#include <cstdio>

#ifdef PLAZA_WITH_SERVE
#include "app/admin/admin_main.h"
#endif
#ifdef PLAZA_WITH_CHAT
#include "client/chat/chat_main.h"
#endif
#ifdef PLAZA_WITH_BENCH
#include "bench/bench_main.h"
#endif

namespace plaza::app {

std::span<const Command> commands() {
  static const std::vector<Command> all{
#ifdef PLAZA_WITH_SERVE
      {.name = "serve",
       .summary = "run a server",
       .help = "Runs a server until it is told to stop (SIGTERM or Ctrl-C: it finishes what it accepted, "
               "then ends; a\n"
               "second one ends it at once). SIGHUP reads the configuration again. When it accepts it says "
               "so in one\n"
               "line, and writes its ports to DIR/ports.json.\n",
       .takes_settings = true,
       .words = {},
       .run = run_serve},
#endif
#ifdef PLAZA_WITH_CHAT
      {.name = "chat",
       .summary = "talk to people through a server, in this terminal",
       .help = "",
       .words = {},
       .run_with_arguments = chat_main},
#endif
#ifdef PLAZA_WITH_BENCH
      {.name = "bench",
       .summary = "measure a server, and check that it loses nothing",
       .help = "",
       .words = {},
       .run_with_arguments = bench_main},
#endif
#ifdef PLAZA_WITH_SERVE
      {.name = "admin",
       .summary = "apps, zones, keys, members and the audit log of a running server",
       .help = "",
       .words = {},
       .run_with_arguments = admin_main},
#endif
      {.name = "config",
       .summary = "print the settings with their defaults; check a configuration",
       .help =
           "Without a word: prints plaza.toml with every setting, its default, its range and what it means.\n"
           "  check   tell whether the configuration is right (exit code 0) or what is wrong with it (2)\n"
           "  show    print what a server would run with, and where each value comes from\n"
           "  table   print the settings as a Markdown table\n",
       .takes_settings = true,
       .words = {"check", "show", "table"},
       .run = run_config},
      {.name = "doctor",
       .summary = "look at this machine: limits, ports, disk, clock",
       .help = "Tells what on this machine would trouble a server with this configuration, and what to do "
               "about it.\n"
               "Exit code 1 when it could not run. Changes nothing.\n",
       .takes_settings = true,
       .words = {},
       .run = run_doctor},
#ifdef PLAZA_WITH_SERVE
      {.name = "backup",
       .summary = "copy what a server keeps, also while it runs",
       .help = "Copies the data directory to a new folder, as it is at one moment, while the server goes on: "
               "what was "
               "acknowledged\n"
               "before that moment is in the copy. The folder has its name only when all of it is on the "
               "disk. Whoever can "
               "read it\n"
               "can read everything: it is made for its owner only.\n",
       .takes_settings = true,
       .words = {},
       .folder = {.flag = "--to", .help = "the folder to be made"},
       .run = run_backup},
      {.name = "restore",
       .summary = "put a backup in place of a data directory",
       .help = "Checks a backup, copies it to a data directory that has no databases, and begins a new epoch "
               "there, so that "
               "clients\n"
               "read their inboxes anew: what was stored after the backup is gone, and its positions are "
               "given to other "
               "messages.\n"
               "Then start the server.\n",
       .takes_settings = true,
       .words = {},
       .folder = {.flag = "--from", .help = "the folder that `plaza backup` made"},
       .run = run_restore},
      {.name = "new-epoch",
       .summary = "after a copy was put back by hand: tell clients that messages may be gone",
       .help = "Run it once after a copy of the data directory was put back by hand (`plaza restore` does it "
               "by itself), before "
               "the server starts. What was "
               "stored after the\n"
               "copy was made is gone, and the positions it had are given to other messages. Clients "
               "recognise "
               "that by the\n"
               "epoch: with a new one they read their inboxes anew, without it some of them miss messages. "
               "Refused while a\n"
               "server runs on the data directory. Changes nothing else.\n",
       .takes_settings = true,
       .words = {},
       .run = run_new_epoch},
#endif
      {.name = "version",
       .summary = "print the version, and those of the libraries",
       .help = "Prints the version of plaza and of the libraries it runs with.\n",
       .words = {},
       .run = run_version},
  };
  return all;
}

std::optional<LoadedConfig> load_or_explain(const ConfigInput& input) {
  auto loaded = load_config(input);
  if (loaded) return std::move(*loaded);
  fmt::print(stderr, "plaza: the configuration is wrong:\n");
  for (const auto& problem : loaded.error()) fmt::print(stderr, "  {}\n", problem);
  fmt::print(stderr, "`plaza config` prints every setting with its default and range.\n");
  return std::nullopt;
}

}  // namespace plaza::app
