#include "app/cli.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cstdio>
#include <string>
#include <vector>

#include "app/commands/commands.h"
#include "app/config/nearest.h"
#include "app/process/exit_code.h"

namespace plaza::app {
namespace {

/// A flag that is a shorter way to say --set KEY=VALUE.
struct Shorthand {
  const char* flag;
  const char* key;
  const char* type;
  const char* help;
};
constexpr std::array kShorthands{
    Shorthand{"--data-dir", "server.data_dir", "DIR", "where everything is kept (default: plaza-data)"},
    Shorthand{"--tcp", "tcp.listen", "ADDR:PORT", "clients over TCP (default: 127.0.0.1:7600; port 0 = any)"},
    Shorthand{"--http", "http.listen", "ADDR:PORT",
              "HTTP and WebSocket (default: 127.0.0.1:7680; port 0 = any)"},
    Shorthand{"--backend", "backend.listen", "ADDR:PORT",
              "the apps' own servers (default: 127.0.0.1:7610; port 0 = any)"},
    Shorthand{"--shards", "server.shards", "N", "threads that serve connections (default: one per core)"},
    Shorthand{"--log-level", "log.level", "LEVEL", "trace, debug, info, warn, error or off (default: info)"},
};

constexpr const char* kSettingsFooter =
    "Settings come from plaza.toml, then PLAZA_SECTION_KEY variables, then these flags; the later one wins.\n"
    "`plaza config` prints them all.";

void print_overview(std::FILE* to) {
  fmt::print(
      to,
      "Plaza: a realtime backend for chat, apps and games. One program is the server and its tools.\n\n"
      "Usage: plaza COMMAND [options]\n\n");
  for (const auto& command : commands()) fmt::print(to, "  {:<9} {}\n", command.name, command.summary);
  fmt::print(
      to,
      "\n`plaza COMMAND --help` explains a command. To begin: `plaza serve`, and in two other terminals\n"
      "`plaza chat`.\n");
}

void add_settings(CLI::App& app, ConfigInput& input) {
  app.add_option_function<std::string>(
         "--config", [&input](const std::string& file) { input.file = file; },
         "read this file (default: $PLAZA_CONFIG, else plaza.toml here if there is one)")
      ->type_name("FILE");
  for (const auto& shorthand : kShorthands) {
    app.add_option_function<std::string>(
           shorthand.flag,
           [&input, &shorthand](const std::string& value) {
             input.flags.push_back({shorthand.key, value, shorthand.flag});
           },
           shorthand.help)
        ->type_name(shorthand.type);
  }
  app.add_option_function<std::vector<std::string>>(
         "--set",
         [&input](const std::vector<std::string>& assignments) {
           for (const auto& assignment : assignments) {
             const auto equals = assignment.find('=');
             if (equals == std::string::npos) throw CLI::ValidationError("--set", "needs SECTION.KEY=VALUE");
             input.flags.push_back({assignment.substr(0, equals), assignment.substr(equals + 1), "--set"});
           }
         },
         "any other setting; may be given several times")
      ->type_name("SECTION.KEY=VALUE")
      ->take_all()
      ->allow_extra_args(false);
  app.footer(kSettingsFooter);
}

// What CLI11 says about an argument it does not know, and the one that is nearest.
int explain(const CLI::App& app, const CLI::ParseError& error, const std::vector<std::string>& arguments) {
  fmt::print(stderr, "{}: {}\n", app.get_name(), error.what());
  std::vector<std::string> known;
  for (const auto* option : app.get_options()) known.push_back(option->get_name());
  for (const auto& argument : arguments) {
    const std::string flag = argument.substr(0, argument.find('='));
    if (!flag.starts_with("--") || std::ranges::find(known, flag) != known.end()) continue;
    fmt::print(stderr, "Did you mean {}?\n", nearest(flag, known));
    break;
  }
  fmt::print(stderr, "`{} --help` lists the options.\n", app.get_name());
  return kExitUsage;
}

int run_with_options(const Command& command, std::vector<std::string> arguments) {
  CLI::App app(std::string(command.help), fmt::format("plaza {}", command.name));
  app.get_formatter()->column_width(36);
  Invocation invocation;
  invocation.input.environment = plaza_environment();
  if (command.takes_settings) add_settings(app, invocation.input);
  if (command.folder.flag != nullptr) {
    app.add_option(command.folder.flag, invocation.folder, command.folder.help)
        ->type_name("FOLDER")
        ->required();
  }
  if (!command.words.empty()) {
    app.add_option("word", invocation.word, fmt::format("{}", fmt::join(command.words, ", ")))->type_name("");
  }
  const std::vector<std::string> given = arguments;
  try {
    std::ranges::reverse(arguments);  // as CLI11 wants them
    app.parse(arguments);
  } catch (const CLI::CallForHelp&) {
    fmt::print("{}", app.help());
    return kExitOk;
  } catch (const CLI::ParseError& error) {
    return explain(app, error, given);
  }
  const bool known = std::ranges::find(command.words, invocation.word) != command.words.end();
  if (!invocation.word.empty() && !known) {
    const std::vector<std::string> words(command.words.begin(), command.words.end());
    fmt::print(stderr, "plaza {}: unknown word {}; did you mean {}?\n", command.name, invocation.word,
               nearest(invocation.word, words));
    return kExitUsage;
  }
  return command.run(invocation);
}

}  // namespace

int run_command_line(int argc, char** argv) {
  if (argc < 2) {
    print_overview(stderr);
    return kExitUsage;
  }
  std::string name = argv[1];
  if (name == "--help" || name == "-h" || name == "help") {
    print_overview(stdout);
    return kExitOk;
  }
  if (name == "--version") name = "version";
  const auto all = commands();
  const auto command = std::ranges::find(all, name, &Command::name);
  if (command == all.end()) {
    std::vector<std::string> names;
    for (const auto& one : all) names.emplace_back(one.name);
    fmt::print(stderr, "plaza: there is no command {}; did you mean {}? `plaza --help` lists them.\n", name,
               nearest(name, names));
    return kExitUsage;
  }
  if (command->run_with_arguments != nullptr) {
    std::string shown = fmt::format("plaza {}", name);
    argv[1] = shown.data();
    return command->run_with_arguments(argc - 1, argv + 1);
  }
  return run_with_options(*command, std::vector<std::string>(argv + 2, argv + argc));
}

}  // namespace plaza::app
