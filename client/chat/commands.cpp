#include "client/chat/commands.h"

#include <algorithm>
#include <array>
#include <utility>

#include "client/chat/text.h"

namespace plaza::client::chat {
namespace {

constexpr unsigned kAll = 1;  // words_max of a command whose one word is the rest

constexpr std::array kCommands = std::to_array<CommandInfo>({
    {Command::help, "/help", "[COMMAND]", "what can be typed", 0, 1, false, Word::command},
    {Command::register_, "/register", "[NAME]", "make a new account and log in", 0, 1},
    {Command::login, "/login", "[NAME]", "log in", 0, 1},
    {Command::logout, "/logout", "", "log out", 0, 0},
    {Command::msg, "/msg", "NAME|#GROUP TEXT", "send a message", 2, 2, true, Word::person_or_group},
    {Command::open, "/open", "NAME|#GROUP", "show a conversation; what you type then goes there", 1, kAll,
     true, Word::person_or_group},
    {Command::close, "/close", "", "leave the conversation for the notices", 0, 0},
    {Command::friends, "/friends", "", "your friends, who is online, who wants to be one", 0, 0},
    {Command::add, "/add", "NAME", "become friends, or ask to", 1, kAll, true, Word::person},
    {Command::accept, "/accept", "NAME", "accept somebody's request", 1, kAll, true, Word::asker},
    {Command::refuse, "/refuse", "NAME", "refuse somebody's request", 1, kAll, true, Word::asker},
    {Command::remove, "/remove", "NAME", "end a friendship, or take a request back", 1, kAll, true,
     Word::friend_},
    {Command::block, "/block", "NAME", "refuse somebody's messages and requests", 1, kAll, true,
     Word::person},
    {Command::unblock, "/unblock", "NAME", "allow them again", 1, kAll, true, Word::person},
    {Command::remark, "/remark", "NAME [NOTE]", "your own note on a friend; without NOTE it is removed", 1, 2,
     true, Word::friend_},
    {Command::groups, "/groups", "", "the groups you are in", 0, 0},
    {Command::create, "/create", "NAME [DESCRIPTION]", "make a group", 1, 2, true},
    {Command::join, "/join", "#GROUP|ID", "join a group", 1, kAll, true},
    {Command::leave, "/leave", "[#GROUP]", "leave a group", 0, kAll, true, Word::group},
    {Command::members, "/members", "[#GROUP]", "who is in a group", 0, kAll, true, Word::group},
    {Command::info, "/info", "[#GROUP]", "rules of a group, your role, its pins", 0, kAll, true, Word::group},
    {Command::set, "/set", "WHAT VALUE", "change the open group: name, join, speak, slow_mode_ms...", 2, 2,
     true},
    {Command::invite, "/invite", "NAME", "invite somebody to the open group", 1, kAll, true, Word::person},
    {Command::requests, "/requests", "", "who asks to join the open group", 0, 0},
    {Command::approve, "/approve", "NAME", "let in one who asked", 1, kAll, true, Word::person},
    {Command::decline, "/decline", "NAME", "refuse one who asked, take an invitation back", 1, kAll, true,
     Word::person},
    {Command::invitations, "/invitations", "", "the groups you were invited to", 0, 0},
    {Command::kick, "/kick", "NAME", "put somebody out of the open group", 1, kAll, true, Word::person},
    {Command::ban, "/ban", "NAME [MINUTES]", "put somebody out who may not come back", 1, 2, false,
     Word::person},
    {Command::unban, "/unban", "NAME", "lift a ban", 1, kAll, true, Word::person},
    {Command::bans, "/bans", "", "who is banned from the open group", 0, 0},
    {Command::mute, "/mute", "NAME [MINUTES]", "somebody may not speak in the open group", 1, 2, false,
     Word::person},
    {Command::unmute, "/unmute", "NAME", "let somebody speak again", 1, kAll, true, Word::person},
    {Command::muteall, "/muteall", "[MINUTES]", "only the owner and admins speak in the open group", 0, 1},
    {Command::unmuteall, "/unmuteall", "", "everybody may speak again", 0, 0},
    {Command::admin, "/admin", "NAME", "make somebody an admin of the open group", 1, kAll, true,
     Word::person},
    {Command::unadmin, "/unadmin", "NAME", "take that away", 1, kAll, true, Word::person},
    {Command::transfer, "/transfer", "NAME", "make somebody the owner of the open group", 1, kAll, true,
     Word::person},
    {Command::pin, "/pin", "NUMBER", "pin a message of the open group, by its cseq", 1, 1},
    {Command::unpin, "/unpin", "NUMBER", "take the pin off", 1, 1},
    {Command::dissolve, "/dissolve", "#GROUP", "end a group that you own", 1, kAll, true, Word::group},
    {Command::history, "/history", "[N]", "load N older messages of the open conversation (PgUp does too)", 0,
     1},
    {Command::read, "/read", "", "mark everything read", 0, 0},
    {Command::report, "/report", "[REASON]", "show the operators the last message of somebody else here", 0,
     kAll, true},
    {Command::search, "/search", "WORDS",
     "find messages: in the open conversation, or in all from the notices", 1, kAll, true},
    {Command::file, "/file", "PATH [WORDS]", "send a file to the open conversation", 1, 2, true},
    {Command::get, "/get", "NUMBER [PATH]",
     "store the file of a message of the open conversation, by its cseq", 1, 2, true},
    {Command::reply, "/reply", "TEXT", "answer the last message of somebody else here", 1, kAll, true},
    {Command::edit, "/edit", "TEXT", "change what your last message here says", 1, kAll, true},
    {Command::recall, "/recall", "[NUMBER]", "take back your last message here, or the one with this cseq", 0,
     1},
    {Command::versions, "/versions", "NUMBER", "what a message said before its edits, by its cseq", 1, 1},
    {Command::who, "/who", "", "which of your friends are online", 0, 0},
    {Command::find, "/find", "NAME|#GROUP", "look somebody or a group up", 1, kAll, true,
     Word::person_or_group},
    {Command::channels, "/channels", "", "the channels there are", 0, 0},
    {Command::subscribe, "/subscribe", "CHANNEL [N]", "follow a channel; show the newest N first", 1, 2},
    {Command::unsubscribe, "/unsubscribe", "CHANNEL", "follow it no more", 1, 1},
    {Command::publish, "/publish", "CHANNEL TEXT", "say something in a channel", 2, 2, true},
    {Command::password, "/password", "", "change your password; all other sessions end", 0, 0},
    {Command::tokens, "/tokens", "", "where you are logged in", 0, 0},
    {Command::revoke, "/revoke", "ID|DEVICE|all", "end sessions: one, those of a device, or all", 1, 1},
    {Command::nick, "/nick", "[NAME]", "your members here; with NAME enter it, or create it", 0, kAll, true},
    {Command::status, "/status", "", "connection, member, what waits to be sent", 0, 0},
    {Command::quit, "/quit", "", "end (Ctrl-D too)", 0, 0},
    {Command::wait, "/wait", "PATTERN [SECONDS]", "wait for an event line; * is anything", 1, 2, false,
     Word::none, true},
    {Command::expect, "/expect", "PATTERN", "the last command must have printed such a line", 1, 1, false,
     Word::none, true},
});

bool is_blank(char c) { return c == ' ' || c == '\t'; }

std::string_view trim(std::string_view text) {
  while (!text.empty() && is_blank(text.front())) text.remove_prefix(1);
  while (!text.empty() && is_blank(text.back())) text.remove_suffix(1);
  return text;
}

// The next word of `rest`, which moves behind it.
std::string take_word(std::string_view& rest) {
  rest = trim(rest);
  std::string word;
  const bool quoted = rest.starts_with('"');
  if (quoted) rest.remove_prefix(1);
  while (!rest.empty()) {
    const char c = rest.front();
    if (quoted ? c == '"' : is_blank(c)) break;
    rest.remove_prefix(1);
    if (quoted && c == '\\' && (rest.starts_with('"') || rest.starts_with('\\'))) {
      word += rest.front();
      rest.remove_prefix(1);
    } else {
      word += c;
    }
  }
  if (quoted && !rest.empty()) rest.remove_prefix(1);
  return word;
}

std::size_t distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t above = row[j];
      row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
      diagonal = above;
    }
  }
  return row.back();
}

const CommandInfo* by_name(std::string_view name) {
  const CommandInfo* only = nullptr;
  int fitting = 0;
  for (const CommandInfo& one : kCommands) {
    if (one.name == name) return &one;
    if (!one.script_only && one.name.starts_with(name)) only = &one, ++fitting;
  }
  return fitting == 1 && name.size() >= 3 ? only : nullptr;
}

std::string unknown(std::string_view name) {
  const auto nearest = std::min_element(
      kCommands.begin(), kCommands.end(),
      [&](const auto& a, const auto& b) { return distance(name, a.name) < distance(name, b.name); });
  return "there is no " + std::string(name) + "; did you mean " + std::string(nearest->name) +
         "? (/help lists all)";
}

}  // namespace

bool needs_member(Command command) {
  switch (command) {
    case Command::say:  // has its own words
    case Command::help:
    case Command::register_:
    case Command::login:
    case Command::logout:
    case Command::open:
    case Command::close:
    case Command::nick:
    case Command::status:
    case Command::quit:
    case Command::wait:
    case Command::expect: return false;
    default: return true;
  }
}

std::span<const CommandInfo> commands() { return kCommands; }

const CommandInfo& info(Command command) {
  static constexpr CommandInfo kSay{Command::say, "", "TEXT", "send to the open conversation", 1, kAll, true};
  const auto found = std::find_if(kCommands.begin(), kCommands.end(),
                                  [&](const auto& c) { return c.command == command; });
  return found == kCommands.end() ? kSay : *found;
}

std::vector<std::string> split_words(std::string_view text) {
  std::vector<std::string> words;
  for (std::string_view rest = trim(text); !rest.empty(); rest = trim(rest)) words.push_back(take_word(rest));
  return words;
}

Result<ParsedLine, std::string> parse_line(std::string_view line) {
  if (!line.starts_with('/')) return ParsedLine{.command = Command::say, .words = {std::string(line)}};
  if (line.starts_with("//"))
    return ParsedLine{.command = Command::say, .words = {std::string(line.substr(1))}};
  std::string_view rest = line;
  const std::string name = take_word(rest);
  const CommandInfo* found = by_name(name);
  if (found == nullptr) return fail(unknown(name));
  ParsedLine parsed{.command = found->command, .words = {}};
  for (rest = trim(rest); !rest.empty() && parsed.words.size() < found->words_max; rest = trim(rest)) {
    const bool last = found->rest && parsed.words.size() + 1 == found->words_max;
    if (last && !(found->words_max == 1 && rest.starts_with('"'))) {
      parsed.words.emplace_back(rest);
      rest = {};
    } else {
      parsed.words.push_back(take_word(rest));
    }
  }
  if (parsed.words.size() < found->words_min || !rest.empty()) {
    return fail("usage: " + std::string(found->name) + " " + std::string(found->arguments));
  }
  return parsed;
}

}  // namespace plaza::client::chat
