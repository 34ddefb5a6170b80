#include <algorithm>

#include "client/chat/commands.h"
#include "client/chat/text.h"

namespace plaza::client::chat {
namespace {

void add_fitting(std::vector<std::string>& to, const std::vector<std::string>& names, std::string_view prefix,
                 const char* before = "") {
  for (const std::string& name : names) {
    if (const std::string whole = before + name; starts_with_ignoring_case(whole, prefix))
      to.push_back(whole);
  }
}

std::vector<std::string> candidates_for(Word word, std::string_view prefix, const CompletionNames& names) {
  std::vector<std::string> fitting;
  switch (word) {
    case Word::none: break;
    case Word::person: add_fitting(fitting, names.people, prefix); break;
    case Word::asker: add_fitting(fitting, names.askers, prefix); break;
    case Word::friend_: add_fitting(fitting, names.friends, prefix); break;
    case Word::group: add_fitting(fitting, names.groups, prefix, "#"); break;
    case Word::person_or_group:
      add_fitting(fitting, names.people, prefix);
      add_fitting(fitting, names.groups, prefix, "#");
      break;
    case Word::command:
      for (const CommandInfo& one : commands()) {
        if (!one.script_only && one.name.substr(1).starts_with(prefix))
          fitting.emplace_back(one.name.substr(1));
      }
  }
  std::sort(fitting.begin(), fitting.end());
  fitting.erase(std::unique(fitting.begin(), fitting.end()), fitting.end());
  return fitting;
}

// What all of them begin with.
std::string common_start(const std::vector<std::string>& words) {
  std::string common = words.front();
  for (const std::string& word : words) {
    while (!starts_with_ignoring_case(word, common)) common.pop_back();
  }
  // Never half a character.
  while (!common.empty() && (static_cast<unsigned char>(common.back()) & 0x80U) != 0 &&
         to_utf8(to_wide(common)) != common) {
    common.pop_back();
  }
  return common;
}

Completion made(std::string_view before, std::string_view typed, std::vector<std::string> fitting) {
  if (fitting.empty()) return {.replacement = std::string(before) + std::string(typed), .candidates = {}};
  if (fitting.size() == 1) {
    std::string word = std::move(fitting.front());
    if (word.find(' ') != std::string::npos && !before.empty()) word = '"' + word + '"';
    return {.replacement = std::string(before) + word + " ", .candidates = {}};
  }
  const std::string common = common_start(fitting);
  return {.replacement = std::string(before) + (common.size() > typed.size() ? common : std::string(typed)),
          .candidates = std::move(fitting)};
}

}  // namespace

Completion complete(std::string_view line, const CompletionNames& names) {
  const std::size_t blank = line.find(' ');
  if (line.starts_with('/') && blank == std::string_view::npos) {
    std::vector<std::string> fitting;
    for (const CommandInfo& one : commands()) {
      if (!one.script_only && one.name.starts_with(line)) fitting.emplace_back(one.name);
    }
    return made("", line, std::move(fitting));
  }
  if (line.starts_with('/')) {
    const auto all = commands();
    const auto found = std::find_if(all.begin(), all.end(),
                                    [&](const CommandInfo& c) { return c.name == line.substr(0, blank); });
    const std::size_t start = blank + 1;
    if (found != all.end() && line.find(' ', start) == std::string_view::npos) {
      return made(line.substr(0, start), line.substr(start),
                  candidates_for(found->first, line.substr(start), names));
    }
  }
  // In a text: "@na" or the first word names somebody.
  const std::size_t last_blank = line.rfind(' ');
  const std::size_t start = last_blank == std::string_view::npos ? 0 : last_blank + 1;
  std::string_view before = line.substr(0, start);
  std::string_view typed = line.substr(start);
  if (typed.starts_with('@')) {
    before = line.substr(0, start + 1);
    typed.remove_prefix(1);
  } else if (start != 0 || typed.empty()) {
    return {.replacement = std::string(line), .candidates = {}};
  }
  return made(before, typed, candidates_for(Word::person, typed, names));
}

}  // namespace plaza::client::chat
