#include "app/config/print.h"

#include <fmt/format.h>

#include <algorithm>

#include "app/config/settings.h"

namespace plaza::app {
namespace {

constexpr std::size_t kLineChars = 100;

std::string as_comment(std::string_view text) {
  std::string result;
  std::string line = "#";
  std::size_t begin = 0;
  while (begin < text.size()) {
    const std::size_t end = std::min(text.find(' ', begin), text.size());
    const std::string_view word = text.substr(begin, end - begin);
    if (line.size() + 1 + word.size() > kLineChars) {
      result += line + "\n";
      line = "#";
    }
    line += fmt::format(" {}", word);
    begin = end + 1;
  }
  return result + line + "\n";
}

std::string range_text(const Setting& setting) {
  switch (setting.type) {
    case SettingType::integer: return fmt::format("{} to {}", setting.min, setting.max);
    case SettingType::choice: return setting.allowed();
    default: return "";
  }
}

std::string_view reload_text(Reload reload) { return reload == Reload::live ? "SIGHUP" : "restart"; }

}  // namespace

std::string annotated_defaults() {
  const Config defaults;
  std::string text = as_comment(
      "Plaza's settings, each with its default. Remove the # in front of a line to change it. A setting can "
      "also be "
      "given as a variable (PLAZA_EDGE_HEARTBEAT_MS=20000) and, over that, as a flag (--set "
      "edge.heartbeat_ms=20000). "
      "`plaza config check` tells whether a file is right.");
  std::string_view section;
  for (const auto& setting : settings()) {
    if (setting.section != section) {
      section = setting.section;
      const auto all = sections();
      text += fmt::format("\n[{}]\n", section);
      text += as_comment(std::ranges::find(all, section, &Section::name)->help);
    }
    const std::string range = range_text(setting);
    text += "\n" + as_comment(fmt::format("{} {}{}Applied by: {}.", setting.help, range,
                                          range.empty() ? "" : ". ", reload_text(setting.reload)));
    text += fmt::format("#{} = {}\n", setting.name, to_toml(setting.get(setting, defaults)));
  }
  return text;
}

std::string effective_values(const LoadedConfig& loaded) {
  std::string text;
  std::string_view section;
  const auto all = settings();
  for (std::size_t i = 0; i < all.size(); ++i) {
    const auto& setting = all[i];
    if (setting.section != section) {
      text += fmt::format("{}[{}]\n", section.empty() ? "" : "\n", setting.section);
      section = setting.section;
    }
    const std::string line = fmt::format("{} = {}", setting.name,
                                         to_toml(setting.get(setting, loaded.config)));
    const auto& origin = loaded.origins[i];
    text += origin == "default" ? line + "\n" : fmt::format("{:<50} # {}\n", line, origin);
  }
  return text;
}

std::string settings_markdown() {
  const Config defaults;
  std::string text = "| setting | default | allowed | applied by | what it is |\n|---|---|---|---|---|\n";
  for (const auto& setting : settings()) {
    text += fmt::format("| `{}` | `{}` | {} | {} | {} |\n", setting.key(),
                        to_toml(setting.get(setting, defaults)), range_text(setting),
                        reload_text(setting.reload), setting.help);
  }
  return text;
}

}  // namespace plaza::app
