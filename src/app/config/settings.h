#pragma once
// The settings as data: what reads, checks, prints and compares them works on this table, never on names of its own.
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "app/config/config.h"

namespace plaza::app {

enum class Reload : std::uint8_t { live, restart };
enum class SettingType : std::uint8_t { integer, boolean, text, choice, listen, texts, secrets };

/// A value of any setting. Choices and listen addresses are their text here.
using SettingValue = std::variant<std::int64_t, bool, std::string, std::vector<std::string>,
                                  std::map<std::string, std::string>>;

struct Setting {
  std::string_view section, name;
  SettingType type;
  Reload reload;
  std::string_view help;
  std::int64_t min = 0, max = 0;  ///< integers
  std::string_view words;         ///< choices: the allowed words, separated by '|'
  SettingValue (*get)(const Setting&, const Config&);
  /// Takes the value when it is of the right type and allowed; otherwise says what is allowed ("" = taken).
  std::string (*set)(const Setting&, Config&, const SettingValue&);

  [[nodiscard]] std::string key() const;       ///< "edge.frame_bytes_max"
  [[nodiscard]] std::string variable() const;  ///< "PLAZA_EDGE_FRAME_BYTES_MAX"
  /// "a number from 1024 to 16777216", "true or false", "one of text, json"
  [[nodiscard]] std::string allowed() const;
};

struct Section {
  std::string_view name, help;
};

/// In the order of settings.def.
std::span<const Setting> settings();
std::span<const Section> sections();
/// Null when there is none.
const Setting* find_setting(std::string_view key);

/// The value as TOML writes it; secrets only as their names.
std::string to_toml(const SettingValue& value);

}  // namespace plaza::app
