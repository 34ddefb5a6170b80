#include "app/config/toml_file.h"

#include <toml++/toml.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <sstream>

namespace plaza::app {
namespace {

using Value = std::variant<SettingValue, UnusableValue>;

std::string type_name(const toml::node& node) {
  std::ostringstream text;
  text << node.type();
  return text.str();
}

Value from_array(const toml::array& array) {
  std::vector<std::string> texts;
  for (const auto& element : array) {
    if (!element.is_string()) return UnusableValue{"a list with a " + type_name(element) + " in it"};
    texts.push_back(**element.as_string());
  }
  return SettingValue{std::move(texts)};
}

Value from_table(const toml::table& table) {
  std::map<std::string, std::string> texts;
  for (const auto& [key, element] : table) {
    if (!element.is_string()) return UnusableValue{"a table with a " + type_name(element) + " in it"};
    texts.emplace(std::string(key.str()), **element.as_string());
  }
  return SettingValue{std::move(texts)};
}

Value from_node(const toml::node& node) {
  if (const auto* number = node.as_integer()) return SettingValue{number->get()};
  if (const auto* yes = node.as_boolean()) return SettingValue{yes->get()};
  if (const auto* text = node.as_string()) return SettingValue{text->get()};
  if (const auto* array = node.as_array()) return from_array(*array);
  if (const auto* table = node.as_table()) return from_table(*table);
  return UnusableValue{"a " + type_name(node)};
}

}  // namespace

Result<TomlFile, TomlProblem> parse_toml(const std::string& text) {
  TomlFile file;
  try {
    const toml::table root = toml::parse(text);
    for (const auto& [section, node] : root) {
      const auto* table = node.as_table();
      if (table == nullptr) {
        file.entries.push_back(
            {std::string(section.str()), "", section.source().begin.line, from_node(node)});
        continue;
      }
      file.sections.push_back({std::string(section.str()), section.source().begin.line});
      for (const auto& [name, value] : *table) {
        file.entries.push_back({std::string(section.str()), std::string(name.str()), name.source().begin.line,
                                from_node(value)});
      }
    }
  } catch (const toml::parse_error& error) {
    return fail(TomlProblem{error.source().begin.line, std::string(error.description())});
  }
  std::ranges::sort(file.entries, {}, &TomlEntry::line);
  return file;
}

Result<TomlFile, TomlProblem> read_toml(const std::string& path) {
  std::ifstream file(path);
  if (!file) return fail(TomlProblem{0, std::strerror(errno)});
  std::string text;
  std::array<char, 4096> piece;
  while (file.read(piece.data(), piece.size()) || file.gcount() > 0) {
    text.append(piece.data(), static_cast<std::size_t>(file.gcount()));
  }
  if (file.bad()) return fail(TomlProblem{0, "could not be read; is it a file?"});
  return parse_toml(text);
}

}  // namespace plaza::app
