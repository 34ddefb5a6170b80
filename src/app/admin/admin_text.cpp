// What the server answered, for a person.
#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <chrono>
#include <ctime>
#include <utility>
#include <vector>

#include "app/admin/admin_words.h"

namespace plaza::app {

namespace json = boost::json;

namespace {

constexpr std::size_t kColumnMax = 44;

std::string time_text(std::int64_t ms) {
  const std::time_t seconds = ms / 1000;
  std::tm parts{};
  gmtime_r(&seconds, &parts);
  return fmt::format("{:04}-{:02}-{:02} {:02}:{:02}:{:02}", parts.tm_year + 1900, parts.tm_mon + 1,
                     parts.tm_mday, parts.tm_hour, parts.tm_min, parts.tm_sec);
}

std::string cell(std::string_view name, const json::value& value) {
  if (value.is_string()) return std::string(value.get_string());
  if (value.is_bool()) return value.get_bool() ? "yes" : "no";
  if (name.ends_with("_ms") && value.is_int64()) return time_text(value.get_int64());
  if (value.is_array()) {
    if (value.get_array().empty()) return "none";
    std::string text;
    for (const auto& item : value.get_array()) text += (text.empty() ? "" : ", ") + cell({}, item);
    return text;
  }
  return json::serialize(value);
}

/// A digest would push everything else off the line. --json has all of it.
std::string shortened(std::string text) {
  constexpr std::size_t kDigest = 64, kShown = 12;
  if (text.size() != kDigest || text.find_first_not_of("0123456789abcdef") != std::string::npos) return text;
  return text.substr(0, kShown) + "...";
}

std::string table(const json::array& rows) {
  std::vector<std::string> names;
  for (const auto& row : rows) {
    for (const auto& [name, value] : row.get_object()) {
      if (std::ranges::find(names, name) == names.end()) names.emplace_back(name);
    }
  }
  std::vector<std::vector<std::string>> lines{names};
  for (const auto& row : rows) {
    auto& line = lines.emplace_back();
    for (const auto& name : names) {
      const auto* value = row.get_object().if_contains(name);
      line.push_back(value ? shortened(cell(name, *value)) : "");
    }
  }
  std::string text;
  for (const auto& line : lines) {
    for (std::size_t i = 0; i < line.size(); ++i) {
      std::size_t width = 0;
      for (const auto& other : lines) width = std::max(width, std::min(other[i].size(), kColumnMax));
      text += i + 1 < line.size() ? fmt::format("{:<{}}  ", line[i], width) : line[i];
    }
    text += '\n';
  }
  return text;
}

using Lines = std::vector<std::pair<std::string, std::string>>;

/// A field a line; those of an object under its name.
void add_lines(Lines& lines, const std::string& name, const json::value& value) {
  if (!value.is_object() || value.get_object().empty()) {
    const std::size_t dot = name.rfind('.');
    lines.emplace_back(name, cell(dot == std::string::npos ? name : name.substr(dot + 1), value));
    return;
  }
  for (const auto& [inner, its] : value.get_object())
    add_lines(lines, fmt::format("{}.{}", name, std::string_view(inner)), its);
}

std::string text_of(const Lines& lines) {
  std::size_t width = 12;
  for (const auto& [name, value] : lines) width = std::max(width, name.size());
  std::string text;
  for (const auto& [name, value] : lines) text += fmt::format("{:<{}} {}\n", name, width, value);
  return text;
}

}  // namespace

std::string admin_text(std::string_view text, AdminPage page) {
  const json::object answer = json::parse(text).as_object();
  std::string out;
  std::string more;
  Lines lines;
  for (const auto& [name, value] : answer) {
    const bool rows = value.is_array() && !value.get_array().empty() && value.get_array().front().is_object();
    if (rows) {
      out += text_of(std::exchange(lines, {}));
      out += table(value.get_array());
    } else if (value.is_array() && answer.size() == 1) {
      if (page.first) out += "none\n";
    } else if (name == "next") {
      if (!page.goes_on) more = fmt::format("more: --after {}\n", cell(name, value));
    } else {
      add_lines(lines, std::string(name), value);
    }
  }
  return out + text_of(lines) + more;
}

}  // namespace plaza::app
