#pragma once
// The only door to toml++, which is slow to compile.
#include <string>
#include <variant>
#include <vector>

#include "app/config/settings.h"
#include "base/result.h"

namespace plaza::app {

/// A value of a type that no setting has (a float, a date, mixed lists).
struct UnusableValue {
  std::string type;
};

struct TomlEntry {
  std::string section, name;  ///< name is empty for a value outside of any section
  unsigned line = 0;
  std::variant<SettingValue, UnusableValue> value;
};

struct TomlSection {
  std::string name;
  unsigned line = 0;
};

struct TomlFile {
  std::vector<TomlSection> sections;
  std::vector<TomlEntry> entries;  ///< by line
};

struct TomlProblem {
  unsigned line = 0;  ///< 0: the file could not be read
  std::string what;
};

/// `[section]` tables and their `name = value` lines.
Result<TomlFile, TomlProblem> read_toml(const std::string& path);
Result<TomlFile, TomlProblem> parse_toml(const std::string& text);

}  // namespace plaza::app
