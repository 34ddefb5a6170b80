#include "app/config/settings.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <utility>

#include "protocol/fields.h"

namespace plaza::app {
namespace {

constexpr std::size_t kSecretBytesMin = 16;

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

std::vector<std::string_view> split_words(std::string_view words) {
  std::vector<std::string_view> result;
  while (!words.empty()) {
    const auto bar = words.find('|');
    result.push_back(words.substr(0, bar));
    words = bar == std::string_view::npos ? std::string_view{} : words.substr(bar + 1);
  }
  return result;
}

std::string expected(const Setting& setting) { return "must be " + setting.allowed(); }

// One reader and one writer per type of setting.
template <class T>
constexpr SettingType kTypeOf = SettingType::choice;
template <>
constexpr SettingType kTypeOf<std::int64_t> = SettingType::integer;
template <>
constexpr SettingType kTypeOf<bool> = SettingType::boolean;
template <>
constexpr SettingType kTypeOf<std::string> = SettingType::text;
template <>
constexpr SettingType kTypeOf<ListenAddress> = SettingType::listen;
template <>
constexpr SettingType kTypeOf<std::vector<std::string>> = SettingType::texts;
template <>
constexpr SettingType kTypeOf<std::map<std::string, std::string>> = SettingType::secrets;

SettingValue read(const Setting&, const ListenAddress& field) { return to_string(field); }
template <class T>
SettingValue read(const Setting& setting, const T& field) {
  if constexpr (std::is_enum_v<T>) {
    return std::string(split_words(setting.words).at(static_cast<std::size_t>(field)));
  } else {
    return field;
  }
}

std::string write(const Setting& setting, std::int64_t& field, const SettingValue& value) {
  const auto* number = std::get_if<std::int64_t>(&value);
  if (number == nullptr || *number < setting.min || *number > setting.max) return expected(setting);
  field = *number;
  return {};
}

std::string write(const Setting& setting, ListenAddress& field, const SettingValue& value) {
  const auto* text = std::get_if<std::string>(&value);
  if (text == nullptr || !parse_listen_address(*text, field)) return expected(setting);
  return {};
}

bool good_vendor_name(std::string_view name) {
  return !name.empty() && name.size() <= 32 && std::ranges::all_of(name, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_' || c == '-';
  });
}

std::string write(const Setting& setting, std::map<std::string, std::string>& field,
                  const SettingValue& value) {
  const auto* table = std::get_if<std::map<std::string, std::string>>(&value);
  if (table == nullptr) return expected(setting);
  for (const auto& [name, secret] : *table) {
    if (!good_vendor_name(name)) return fmt::format("has a bad name \"{}\": 1 to 32 of a-z 0-9 _ -", name);
    if (secret.size() < kSecretBytesMin) {
      return fmt::format("has a secret for \"{}\" that is shorter than {} bytes", name, kSecretBytesMin);
    }
  }
  field = *table;
  return {};
}

template <class T>
std::string write(const Setting& setting, T& field, const SettingValue& value) {
  if constexpr (std::is_enum_v<T>) {
    const auto words = split_words(setting.words);
    const auto* text = std::get_if<std::string>(&value);
    const auto it = text == nullptr ? words.end() : std::ranges::find(words, std::string_view(*text));
    if (it == words.end()) return expected(setting);
    field = static_cast<T>(it - words.begin());
  } else {
    const auto* given = std::get_if<T>(&value);
    if (given == nullptr) return expected(setting);
    field = *given;
  }
  return {};
}

// The table ------------------------------------------------------------------------------------------------------------
struct Table {
  std::vector<Section> sections;
  std::vector<Setting> settings;

  // `member` is a stateless function object: Config& -> member&.
  template <class Member>
  void add(Setting setting, Member) {
    using T = std::remove_cvref_t<std::invoke_result_t<Member, Config&>>;
    setting.section = sections.back().name;
    setting.type = kTypeOf<T>;
    setting.get = [](const Setting& self, const Config& config) -> SettingValue {
      return read(self, Member{}(const_cast<Config&>(config)));
    };
    setting.set = [](const Setting& self, Config& config, const SettingValue& value) {
      return write(self, Member{}(config), value);
    };
    settings.push_back(setting);
  }
};

using protocol::Field;
constexpr std::int64_t longest(Field field) { return static_cast<std::int64_t>(protocol::info(field).max); }

Table make_table() {
  Table table;
  // clang-format off
#define SECTION(name_, help_) { table.sections.push_back({#name_, help_}); \
    constexpr auto of = [](Config& config) -> auto& { return config.name_; };
#define END(name_) }
#define ADD(name_, reload_, help_, min_, max_, words_) \
    table.add({{}, #name_, {}, Reload::reload_, help_, min_, max_, words_, nullptr, nullptr}, \
              [](Config& config) -> auto& { return decltype(of){}(config).name_; });
#define INTEGER(name_, default_, min_, max_, reload_, help_) ADD(name_, reload_, help_, min_, max_, {})
#define BOOLEAN(name_, default_, reload_, help_) ADD(name_, reload_, help_, 0, 0, {})
#define TEXT(name_, default_, reload_, help_) ADD(name_, reload_, help_, 0, 0, {})
#define CHOICE(name_, Enum_, default_, words_, reload_, help_) ADD(name_, reload_, help_, 0, 0, words_)
#define LISTEN(name_, default_, help_) ADD(name_, restart, help_, 0, 0, {})
#define TEXTS(name_, reload_, help_) ADD(name_, reload_, help_, 0, 0, {})
#define SECRETS(name_, reload_, help_) ADD(name_, reload_, help_, 0, 0, {})
#include "app/config/settings.def"  // NOLINT
  // clang-format on
  return table;
}

const Table& table() {
  static const Table instance = make_table();
  return instance;
}

std::string quoted(std::string_view text) {
  std::string result = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      result += '\\';
      result += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      result += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      result += c;
    }
  }
  return result + '"';
}

}  // namespace

std::string Setting::key() const { return fmt::format("{}.{}", section, name); }

std::string Setting::variable() const {
  std::string result = fmt::format("PLAZA_{}_{}", section, name);
  std::ranges::transform(result, result.begin(),
                         [](unsigned char c) { return static_cast<char>(std::toupper(c)); });
  return result;
}

std::string Setting::allowed() const {
  switch (type) {
    case SettingType::integer: return fmt::format("a number from {} to {}", min, max);
    case SettingType::boolean: return "true or false";
    case SettingType::text: return "a text";
    case SettingType::choice: return fmt::format("one of {}", fmt::join(split_words(words), ", "));
    case SettingType::listen: return "ADDRESS:PORT, such as 127.0.0.1:7600, 0.0.0.0:7600 or [::1]:7600";
    case SettingType::texts: return "a list of texts";
    case SettingType::secrets:
      return fmt::format("a table of NAME = \"secret of at least {} bytes\"", kSecretBytesMin);
  }
  std::unreachable();
}

std::span<const Setting> settings() { return table().settings; }
std::span<const Section> sections() { return table().sections; }

const Setting* find_setting(std::string_view key) {
  for (const auto& setting : settings()) {
    if (setting.key() == key) return &setting;
  }
  return nullptr;
}

std::string to_toml(const SettingValue& value) {
  return std::visit(Overloaded{
                        [](std::int64_t number) { return std::to_string(number); },
                        [](bool yes) { return std::string(yes ? "true" : "false"); },
                        [](const std::string& text) { return quoted(text); },
                        [](const std::vector<std::string>& texts) {
                          std::string result;
                          for (const auto& text : texts)
                            result += (result.empty() ? "" : ", ") + quoted(text);
                          return "[" + result + "]";
                        },
                        [](const std::map<std::string, std::string>& secrets) {
                          std::string result;
                          for (const auto& [name, secret] : secrets)
                            result += (result.empty() ? " " : ", ") + name + " = \"...\"";
                          return result.empty() ? std::string("{}") : "{" + result + " }";
                        },
                    },
                    value);
}

}  // namespace plaza::app
