#include "app/backup/backup.h"

#include <fmt/format.h>

#include <chrono>
#include <cstdio>

#include "app/backup/restore.h"
#include "app/commands/commands.h"
#include "app/doctor/doctor.h"
#include "app/process/exit_code.h"

namespace plaza::app {
namespace {

int failed(const char* command, const std::string& why) {
  fmt::print(stderr, "plaza {}: {}\n", command, why);
  return kExitFailed;
}

std::string list(const Manifest& manifest) {
  std::string text;
  for (const auto& file : manifest.files) {
    text += fmt::format("{}{} ({:.1f} MiB)", text.empty() ? "" : ", ", file.name,
                        static_cast<double>(file.bytes) / 1048576);
  }
  return text;
}

std::string list(const Manifest& manifest, const ContentsCopied& contents) {
  if (contents.contents == 0) return list(manifest);
  return fmt::format("{}, and the bytes of files ({}, {:.1f} MiB)", list(manifest), contents.contents,
                     static_cast<double>(contents.bytes) / 1048576);
}

void warn_of_lost(const ContentsCopied& contents) {
  if (contents.lost == 0) return;
  fmt::print(
      stderr,
      "plaza backup: the bytes of {} files are damaged or missing in the data directory. They are not in the "
      "backup: {}{}\n",
      contents.lost, fmt::join(contents.lost_names, ", "),
      contents.lost > contents.lost_names.size() ? ", ..." : "");
}

}  // namespace

int run_backup(const Invocation& invocation) {
  const auto loaded = load_or_explain(invocation.input);
  if (!loaded) return kExitUsage;
  const auto made = make_backup({.data_dir = loaded->config.server.data_dir,
                                 .to = invocation.folder,
                                 .version = std::string(version())});
  if (!made) return failed("backup", made.error());
  fmt::print("{}: {}, as of {}; writers waited for {:.1f} ms.\n", invocation.folder,
             list(made->manifest, made->contents), made->manifest.moment,
             static_cast<double>(made->held.count()) / 1000);
  warn_of_lost(made->contents);
  return kExitOk;
}

int run_restore(const Invocation& invocation) {
  const auto loaded = load_or_explain(invocation.input);
  if (!loaded) return kExitUsage;
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto done = restore_backup(
      {.from = invocation.folder,
       .data_dir = loaded->config.server.data_dir,
       .wall_ms = std::chrono::duration_cast<std::chrono::milliseconds>(now).count()});
  if (!done) return failed("restore", done.error());
  fmt::print("{}: {}, as of {}; epoch {} begins. Every client reads its inbox anew.\n",
             loaded->config.server.data_dir, list(done->manifest, done->contents), done->manifest.moment,
             done->epoch);
  return kExitOk;
}

}  // namespace plaza::app
