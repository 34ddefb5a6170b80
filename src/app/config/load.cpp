#include "app/config/load.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <cstdlib>
#include <filesystem>
#include <optional>

#include "app/config/constraints.h"
#include "app/config/nearest.h"
#include "app/config/settings.h"
#include "app/config/toml_file.h"

extern char** environ;

namespace plaza::app {
namespace {

constexpr std::string_view kFileVariable = "PLAZA_CONFIG";
// Variables that the terminal client, tests and scripts read, and those that Kubernetes sets in every container beside a service
// that is called plaza; a server does not mind them.
constexpr std::array<std::string_view, 8> kOfOthers{
    "PLAZA_TEST_",      "PLAZA_FUZZ_",    "PLAZA_PASSWORD=", "PLAZA_NEW_PASSWORD=",
    "PLAZA_ADMIN_KEY=", "PLAZA_SERVICE_", "PLAZA_PORT=",     "PLAZA_PORT_"};
constexpr const char* kDefaultFile = "plaza.toml";

// Where the section is right the nearest is looked for in it only.
std::vector<std::string> likely_keys(std::string_view section) {
  std::vector<std::string> inside;
  std::vector<std::string> all;
  for (const auto& setting : settings()) {
    all.push_back(setting.key());
    if (setting.section == section) inside.push_back(setting.key());
  }
  return inside.empty() ? all : inside;
}

std::vector<std::string> likely_variables(std::string_view written) {
  std::vector<std::string> inside;
  std::vector<std::string> all{std::string(kFileVariable)};
  for (const auto& setting : settings()) {
    const std::string variable = setting.variable();
    all.push_back(variable);
    const std::size_t prefix = variable.size() - setting.name.size();  // "PLAZA_EDGE_"
    if (written.substr(0, prefix) == variable.substr(0, prefix)) inside.push_back(variable);
  }
  return inside.empty() ? all : inside;
}

bool is_section(std::string_view name) {
  return std::ranges::find(sections(), name, &Section::name) != sections().end();
}

std::string unknown_key(std::string_view section, std::string_view name) {
  const std::string key = name.empty() ? std::string(section) : fmt::format("{}.{}", section, name);
  // The right name in the wrong section is nearer than any misspelling.
  for (const auto& setting : settings()) {
    if (setting.name == name) return fmt::format("unknown setting {}; did you mean {}?", key, setting.key());
  }
  return fmt::format("unknown setting {}; did you mean {}?", key, nearest(key, likely_keys(section)));
}

std::string unknown_section(std::string_view name) {
  std::vector<std::string> names;
  for (const auto& section : sections()) names.emplace_back(section.name);
  return fmt::format("unknown section [{}]; did you mean [{}]?", name, nearest(name, names));
}

std::vector<std::string> split(const std::string& text, char separator) {
  std::vector<std::string> parts;
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(separator, begin), text.size());
    if (end > begin) parts.push_back(text.substr(begin, end - begin));
    begin = end + 1;
  }
  return parts;
}

// What a variable or a flag says, as a value of the setting's type; nothing when it is not one.
std::optional<SettingValue> from_text(const Setting& setting, const std::string& text) {
  switch (setting.type) {
    case SettingType::integer: {
      std::int64_t number = 0;
      const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
      if (error != std::errc{} || end != text.data() + text.size()) return std::nullopt;
      return number;
    }
    case SettingType::boolean:
      if (text == "true" || text == "1") return true;
      if (text == "false" || text == "0") return false;
      return std::nullopt;
    case SettingType::texts: return split(text, ',');
    case SettingType::secrets: {
      std::map<std::string, std::string> secrets;
      for (const auto& part : split(text, ',')) {
        const auto equals = part.find('=');
        if (equals == std::string::npos) return std::nullopt;
        secrets[part.substr(0, equals)] = part.substr(equals + 1);
      }
      return secrets;
    }
    default: return text;
  }
}

class Loader {
 public:
  Loader() { loaded_.origins.assign(settings().size(), "default"); }

  void file(const std::string& path) {
    const auto file = read_toml(path);
    if (!file) {
      const auto& why = file.error();
      problems_.push_back(why.line == 0 ? fmt::format("{}: cannot read it: {}", path, why.what)
                                        : fmt::format("{}:{}: {}", path, why.line, why.what));
      return;
    }
    loaded_.file = path;
    for (const auto& section : file->sections) {
      if (!is_section(section.name))
        problem(fmt::format("{}:{}", path, section.line), unknown_section(section.name));
    }
    for (const auto& entry : file->entries) take(entry, fmt::format("{}:{}", path, entry.line));
  }

  void variable(const std::string& name, const std::string& text) {
    if (name == kFileVariable) return;
    const std::string where = "$" + name;
    const auto all = settings();
    const auto setting = std::ranges::find(all, name, &Setting::variable);
    if (setting == all.end()) {
      problem(where,
              fmt::format("unknown variable; did you mean {}?", nearest(name, likely_variables(name))));
    } else {
      take_text(*setting, text, where);
    }
  }

  void flag(const FlagSetting& flag) {
    if (const Setting* setting = find_setting(flag.key)) {
      take_text(*setting, flag.value, flag.flag);
      return;
    }
    const auto dot = flag.key.find('.');
    problem(flag.flag, dot == std::string::npos
                           ? unknown_key(flag.key, "")
                           : unknown_key(flag.key.substr(0, dot), flag.key.substr(dot + 1)));
  }

  Result<LoadedConfig, ConfigProblems> finish() {
    if (problems_.empty()) problems_ = conflicts(loaded_.config);
    if (!problems_.empty()) return fail(std::move(problems_));
    return std::move(loaded_);
  }

 private:
  void problem(const std::string& where, std::string_view what) {
    problems_.push_back(fmt::format("{}: {}", where, what));
  }

  void take(const TomlEntry& entry, const std::string& where) {
    if (entry.name.empty()) {
      problem(where, is_section(entry.section) ? fmt::format("[{}] is a section, not a value", entry.section)
                                               : unknown_key(entry.section, ""));
      return;
    }
    if (!is_section(entry.section)) return;  // said already
    const Setting* setting = find_setting(fmt::format("{}.{}", entry.section, entry.name));
    if (setting == nullptr) {
      problem(where, unknown_key(entry.section, entry.name));
    } else if (const auto* unusable = std::get_if<UnusableValue>(&entry.value)) {
      problem(where,
              fmt::format("{} must be {}, not {}", setting->key(), setting->allowed(), unusable->type));
    } else {
      take_value(*setting, std::get<SettingValue>(entry.value), where);
    }
  }

  void take_text(const Setting& setting, const std::string& text, const std::string& where) {
    const auto value = from_text(setting, text);
    if (value) {
      take_value(setting, *value, where);
    } else {
      problem(where, fmt::format("{} must be {}", setting.key(), setting.allowed()));
    }
  }

  void take_value(const Setting& setting, const SettingValue& value, const std::string& where) {
    const std::string wrong = setting.set(setting, loaded_.config, value);
    if (wrong.empty()) {
      loaded_.origins[static_cast<std::size_t>(&setting - settings().data())] = where;
    } else if (setting.type == SettingType::secrets) {
      problem(where, fmt::format("{} {}", setting.key(), wrong));
    } else {
      problem(where, fmt::format("{} {}, not {}", setting.key(), wrong, to_toml(value)));
    }
  }

  LoadedConfig loaded_;
  ConfigProblems problems_;
};

std::optional<std::string> file_to_read(const ConfigInput& input) {
  if (input.file) return input.file;
  const auto variable = std::ranges::find(input.environment, kFileVariable,
                                          &std::pair<std::string, std::string>::first);
  if (variable != input.environment.end()) return variable->second;
  std::error_code ignored;
  if (std::filesystem::exists(kDefaultFile, ignored)) return kDefaultFile;
  return std::nullopt;
}

}  // namespace

Result<LoadedConfig, ConfigProblems> load_config(const ConfigInput& input) {
  Loader loader;
  if (const auto path = file_to_read(input)) loader.file(*path);
  for (const auto& [name, value] : input.environment) loader.variable(name, value);
  for (const auto& flag : input.flags) loader.flag(flag);
  return loader.finish();
}

std::vector<std::pair<std::string, std::string>> plaza_environment() {
  std::vector<std::pair<std::string, std::string>> result;
  for (char** entry = environ; entry != nullptr && *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (!text.starts_with("PLAZA_") ||
        std::ranges::any_of(kOfOthers, [&](auto name) { return text.starts_with(name); })) {
      continue;
    }
    const auto equals = text.find('=');
    if (equals == std::string_view::npos) continue;
    result.emplace_back(text.substr(0, equals), text.substr(equals + 1));
  }
  return result;
}

Result<Reloaded, ConfigProblems> apply_live(const Config& running, const Config& read) {
  Reloaded result{running, {}, {}};
  for (const auto& setting : settings()) {
    const SettingValue now = setting.get(setting, read);
    if (setting.get(setting, running) == now) continue;
    if (setting.reload == Reload::restart) {
      result.needs_restart.push_back(setting.key());
      continue;
    }
    // A value that load_config() has taken once is taken again.
    static_cast<void>(setting.set(setting, result.config, now));
    result.changed.push_back(setting.key());
  }
  // What was read is right in itself, but it was taken over in part only.
  if (auto problems = conflicts(result.config); !problems.empty()) {
    for (std::string& problem : problems)
      problem += fmt::format(" (until the next start {} as before)", fmt::join(result.needs_restart, ", "));
    return fail(std::move(problems));
  }
  return result;
}

}  // namespace plaza::app
