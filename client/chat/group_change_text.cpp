#include "client/chat/group_change_text.h"

#include <array>
#include <utility>

namespace plaza::client::chat {
namespace {

// BY did it, to WHOM.
constexpr std::array kTexts = std::to_array<std::pair<std::string_view, std::string_view>>({
    {"created", "BY made the group"},
    {"left", "WHOM left"},
    {"kicked", "BY put WHOM out"},
    {"banned", "BY banned WHOM"},
    {"unbanned", "BY lifted the ban of WHOM"},
    {"muted", "BY muted WHOM"},
    {"unmuted", "BY lets WHOM speak again"},
    {"all_muted", "BY muted everybody"},
    {"all_unmuted", "BY lets everybody speak again"},
    {"admin_added", "BY made WHOM an admin"},
    {"admin_removed", "WHOM is no admin any more, says BY"},
    {"owner_changed", "BY made WHOM the owner"},
    {"changed", "BY changed the settings"},
    {"pinned", "BY pinned a message"},
    {"unpinned", "BY took a pin off"},
    {"grown", "this is a large group now"},
    {"dissolved", "BY dissolved the group"},
});

std::string filled(std::string_view text, const protocol::GroupChange& change) {
  std::string out;
  while (!text.empty()) {
    if (text.starts_with("BY")) {
      out += change.by_name;
      text.remove_prefix(2);
    } else if (text.starts_with("WHOM")) {
      out += change.member_name;
      text.remove_prefix(4);
    } else {
      out += text.front();
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

std::string group_change_text(const protocol::GroupChange& change) {
  if (change.event == "joined")
    return filled(change.by == change.member ? "WHOM joined" : "BY let WHOM in", change);
  if (change.event == "changed" && !change.groupname.empty())
    return filled("BY named the group ", change) + change.groupname;
  for (const auto& [event, text] : kTexts) {
    if (event == change.event) return filled(text, change);
  }
  return filled("BY: ", change) + change.event;
}

std::string group_change_text(std::string_view body) {
  const auto change = protocol::read_group_change(body);
  return change ? group_change_text(*change) : std::string(body);
}

}  // namespace plaza::client::chat
