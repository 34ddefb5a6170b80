#pragma once
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "app/config/config.h"
#include "base/result.h"

namespace plaza::app {

/// One setting from the command line.
struct FlagSetting {
  std::string key;    ///< "tcp.listen"
  std::string value;  ///< as typed
  std::string flag;   ///< "--tcp": for the error message
};

/// Everything settings can come from.
struct ConfigInput {
  /// --config. Without it: $PLAZA_CONFIG, else plaza.toml in the working directory if there is one.
  std::optional<std::string> file;
  std::vector<std::pair<std::string, std::string>> environment;  ///< PLAZA_* variables
  std::vector<FlagSetting> flags;                                ///< a later one wins
};

struct LoadedConfig {
  Config config;
  std::string file;  ///< the file that was read; empty when none was
  std::vector<std::string>
      origins;  ///< in the order of settings(): "default", "plaza.toml:12", "$PLAZA_..", "--tcp"
};

/// One line each, complete: where, what is wrong, what would be right.
using ConfigProblems = std::vector<std::string>;

/// Defaults, then the file, the environment and the flags, each over the one before; then what settings have to do with
/// each other is checked. Gives all problems at once, not only the first.
Result<LoadedConfig, ConfigProblems> load_config(const ConfigInput& input);

/// The PLAZA_* variables of this process, but not those that belong to the terminal client, tests and scripts.
std::vector<std::pair<std::string, std::string>> plaza_environment();

/// What SIGHUP does to a running server.
struct Reloaded {
  Config config;                           ///< the running one with the live settings of the new one
  std::vector<std::string> changed;        ///< keys of live settings that are different now
  std::vector<std::string> needs_restart;  ///< keys that differ but take effect only at the next start
};
/// The problems when the live settings do not go with those that stay as they are until the next start; then nothing changes.
Result<Reloaded, ConfigProblems> apply_live(const Config& running, const Config& read);

}  // namespace plaza::app
