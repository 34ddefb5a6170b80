#pragma once
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/load.h"

namespace plaza::app {

/// What a person typed after the name of the command.
struct Invocation {
  ConfigInput input;   ///< settings: flags and environment
  std::string word;    ///< one of Command::words, or empty
  std::string folder;  ///< given with Command::folder.flag
};

/// A flag with a folder, which a command cannot do without.
struct FolderFlag {
  const char* flag = nullptr;
  const char* help = nullptr;
};

/// One sub-command. Each has a file of its own in this folder; the table is commands.cpp.
struct Command {
  std::string_view name;
  std::string_view summary;             ///< one line of `plaza --help`
  std::string_view help;                ///< what `plaza NAME --help` says above the options
  bool takes_settings = false;          ///< --config, --set, --tcp ...
  std::vector<std::string_view> words;  ///< what may stand alone after the name
  FolderFlag folder = {};
  /// Gives the exit code (app/process/exit_code.h). Null for a command that reads its own arguments:
  int (*run)(const Invocation&) = nullptr;
  int (*run_with_arguments)(int argc, char** argv) = nullptr;  ///< argv[0] is "plaza NAME"
};

/// In the order of the help.
std::span<const Command> commands();

/// Loads the configuration, or tells what is wrong with it on standard error and gives nothing: exit with kExitUsage.
std::optional<LoadedConfig> load_or_explain(const ConfigInput& input);

int run_serve(const Invocation& invocation);
int run_config(const Invocation& invocation);
int run_doctor(const Invocation& invocation);
int run_new_epoch(const Invocation& invocation);
int run_backup(const Invocation& invocation);
int run_restore(const Invocation& invocation);
int run_version(const Invocation& invocation);

}  // namespace plaza::app
