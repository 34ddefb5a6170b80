#pragma once
// What can be typed: the table of commands, and a line taken apart.
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace plaza::client::chat {

enum class Command : std::uint8_t {
  say,  ///< a line without '/': a message to the open conversation
  help,
  register_,
  login,
  logout,
  msg,
  open,
  close,
  friends,
  add,
  accept,
  refuse,
  remove,
  block,
  unblock,
  remark,
  groups,
  create,
  join,
  leave,
  members,
  info,
  set,
  invite,
  requests,
  approve,
  decline,
  invitations,
  kick,
  ban,
  unban,
  bans,
  mute,
  unmute,
  muteall,
  unmuteall,
  admin,
  unadmin,
  transfer,
  pin,
  unpin,
  dissolve,
  history,
  read,
  report,
  search,
  file,
  get,
  reply,
  edit,
  recall,
  versions,
  who,
  find,
  channels,
  subscribe,
  unsubscribe,
  publish,
  password,
  tokens,
  revoke,
  nick,
  status,
  quit,
  wait,
  expect,  ///< scripts only
};

/// What a word of a command stands for; Tab completes it.
enum class Word : std::uint8_t { none, person, asker, friend_, group, person_or_group, command };

/// It does something as a member: nobody who is not logged in can give it.
[[nodiscard]] bool needs_member(Command command);

struct CommandInfo {
  Command command;
  std::string_view name;       ///< with the '/'
  std::string_view arguments;  ///< for people: "NAME TEXT"
  std::string_view meaning;
  unsigned words_min = 0;  ///< needed
  unsigned words_max = 0;
  bool rest = false;  ///< the last word takes the rest of the line as it is
  Word first = Word::none;
  bool script_only = false;
};

std::span<const CommandInfo> commands();
const CommandInfo& info(Command command);

struct ParsedLine {
  Command command = Command::say;
  std::vector<std::string> words;  ///< words_max at most; of say one: the text
};

/// A typed line. The error is for a person and names the nearest command when there is none of that name. "//x" says "/x".
[[nodiscard]] Result<ParsedLine, std::string> parse_line(std::string_view line);

/// Words as a shell would cut them: blanks separate, "..." keeps them, \" and \\ inside.
[[nodiscard]] std::vector<std::string> split_words(std::string_view text);

/// What Tab makes of the line up to the cursor.
struct CompletionNames {
  std::vector<std::string> people, friends, askers, groups;  ///< groups without '#'
};
struct Completion {
  std::string replacement;              ///< for the line up to the cursor
  std::vector<std::string> candidates;  ///< when several fit
};
[[nodiscard]] Completion complete(std::string_view up_to_cursor, const CompletionNames& names);

}  // namespace plaza::client::chat
