// What owners and admins of groups do.
#include <array>
#include <charconv>
#include <limits>
#include <utility>

#include "client/chat/chat_session.h"
#include "protocol/group_requests.h"

namespace plaza::client::chat {
namespace {

/// The action of CHANGE_GROUP_MEMBER that a command asks for, and how it is told.
struct Act {
  Command command;
  std::string_view action;
  std::string_view done;
};
constexpr std::array kActs = std::to_array<Act>({
    {Command::invite, "invite", "You invited "},
    {Command::approve, "approve", "You let in "},
    {Command::decline, "refuse", "You refused "},
    {Command::kick, "kick", "You put out "},
    {Command::ban, "ban", "You banned "},
    {Command::unban, "unban", "You lifted the ban of "},
    {Command::mute, "mute", "You muted "},
    {Command::unmute, "unmute", "You let speak again "},
    {Command::admin, "make_admin", "You made an admin of "},
    {Command::unadmin, "remove_admin", "You made an ordinary member of "},
    {Command::transfer, "transfer", "You handed the group over to "},
});

const Act& act_of(Command command) {
  for (const Act& one : kActs) {
    if (one.command == command) return one;
  }
  return kActs.front();
}

std::optional<std::uint64_t> number(const std::string& text) {
  std::uint64_t value = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), value);
  if (read.ec != std::errc{} || read.ptr != text.data() + text.size()) return std::nullopt;
  return value;
}

/// Minutes as typed, in ms; nothing when there is no such word. False: it is no number.
bool minutes(const ParsedLine& line, std::size_t word, std::optional<std::uint64_t>& for_ms) {
  if (line.words.size() <= word) return true;
  const auto value = number(line.words[word]);
  if (!value || *value > 1'000'000) return false;
  for_ms = *value * 60'000;
  return true;
}

/// One setting as it is typed: "join approval". False: no such setting, or not such a value.
bool read_setting(const std::string& name, const std::string& value, protocol::SetGroup& to) {
  const auto count = number(value);
  const bool is_count = count && *count <= std::numeric_limits<std::uint32_t>::max();
  if (name == "name") return to.groupname = value, true;
  if (name == "description") return to.groupdesc = value, true;
  if (name == "avatar") return to.settings.avatar = value, true;
  if (name == "join") return to.settings.join = value, true;
  if (name == "speak") return to.settings.speak = value, true;
  if (name == "members_max" && is_count)
    return to.settings.members_max = static_cast<std::uint32_t>(*count), true;
  if (name == "slow_mode_ms" && is_count)
    return to.settings.slow_mode_ms = static_cast<std::uint32_t>(*count), true;
  if (name != "history_visible" || (value != "true" && value != "false")) return false;
  to.settings.history_visible = value == "true";
  return true;
}

}  // namespace

/// Everything that is done to a member of the open group.
void ChatSession::act_on_member(const ParsedLine& line, Done done) {
  const Act& act = act_of(line.command);
  std::optional<std::uint64_t> for_ms;
  if (!minutes(line, 1, for_ms))
    return failed("how many minutes? a number, or nothing: for ever", std::move(done));
  with_group({}, std::move(done), [this, &act, for_ms, name = line.words[0]](Conversation key, Done then) {
    with_person(name, std::move(then), [this, &act, for_ms, name, key](std::uint64_t member, Done after) {
      ask_server(
          protocol::ChangeGroupMember{
              .groupid = RoomId{key.id}, .id = MemberId{member}, .action = act.action, .for_ms = for_ms},
          std::move(after), [this, &act, name, key](const Reply&, Done last) {
            succeeded(Record("ok")
                          .add("command", std::string(info(act.command).name))
                          .add("group", model_.title(key).substr(1))
                          .add("name", name),
                      std::string(act.done) + name + ".", std::move(last), key);
          });
    });
  });
}

template <class Request>
void ChatSession::change_group(const ParsedLine& line, const Request& request, const std::string& human,
                               Done done) {
  ask_server(request, std::move(done), [this, command = line.command, human](const Reply&, Done then) {
    succeeded(Record("ok").add("command", std::string(info(command).name)), human, std::move(then),
              model_.open());
  });
}

void ChatSession::set_group(const ParsedLine& line, Done done) {
  with_group({}, std::move(done), [this, line](Conversation key, Done then) {
    protocol::SetGroup request{.groupid = RoomId{key.id}, .groupname = {}, .groupdesc = {}};
    if (!read_setting(line.words[0], line.words[1], request)) {
      return failed(
          "what can be set: name, description, avatar, join open|approval|invitation, speak everyone|admins, "
          "members_max N, slow_mode_ms N, history_visible true|false",
          std::move(then));
    }
    change_group(line, request, "Changed.", std::move(then));
  });
}

void ChatSession::mute_group(const ParsedLine& line, Done done) {
  std::optional<std::uint64_t> for_ms;
  if (line.command == Command::unmuteall) for_ms = 0;
  if (line.command == Command::muteall && !minutes(line, 0, for_ms))
    return failed("how many minutes? a number, or nothing: until /unmuteall", std::move(done));
  with_group({}, std::move(done), [this, line, for_ms](Conversation key, Done then) {
    const bool ends = line.command == Command::unmuteall;
    change_group(line, protocol::MuteGroup{.groupid = RoomId{key.id}, .for_ms = for_ms},
                 ends ? "Everybody may speak again." : "Only the owner and admins speak now.",
                 std::move(then));
  });
}

void ChatSession::pin(const ParsedLine& line, Done done) {
  const auto cseq = number(line.words[0]);
  if (!cseq) return failed("which message? its number in the group (cseq)", std::move(done));
  with_group({}, std::move(done), [this, line, cseq](Conversation key, Done then) {
    const bool pinned = line.command == Command::pin;
    change_group(line, protocol::Pin{.groupid = RoomId{key.id}, .cseq = *cseq, .pinned = pinned},
                 pinned ? "Pinned." : "The pin is off.", std::move(then));
  });
}

void ChatSession::dissolve(const ParsedLine& line, Done done) {
  with_group(line.words[0], std::move(done), [this, line](Conversation key, Done then) {
    change_group(line, protocol::DissolveGroup{.groupid = RoomId{key.id}}, "The group is gone.",
                 std::move(then));
  });
}

void ChatSession::group_info(const std::string& what, Done done) {
  with_group(what, std::move(done), [this](Conversation key, Done then) {
    ask_server(
        protocol::GroupInfo{.groupid = RoomId{key.id}}, std::move(then),
        [this](const Reply& reply, Done after) {
          const auto& info = *reply.get<protocol::GroupInfoAck>();
          std::string human = "#" + info.groupname + (info.groupdesc.empty() ? "" : ": " + info.groupdesc) +
                              "\n  " + std::to_string(info.member_count) + " members, owner " +
                              model_.name_of(info.owner.value) + ", you are " +
                              std::string(protocol::to_text(info.role)) + "\n  join " + info.join +
                              ", speak " + info.speak + ", slow_mode_ms " +
                              std::to_string(info.slow_mode_ms) + ", history_visible " +
                              (info.history_visible ? "true" : "false");
          if (info.muted_until_ms != 0) human += "\n  everybody is muted";
          if (info.own_muted_until_ms != 0) human += "\n  you are muted";
          for (const auto& pinned : info.pins) human += "\n  pinned: message " + std::to_string(pinned.cseq);
          Record record("info");
          record.add("group", info.groupname)
              .add("owner", info.owner.value)
              .add("members", std::uint64_t{info.member_count});
          record.add("role", protocol::to_text(info.role)).add("join", info.join).add("speak", info.speak);
          tell(record.add("version", info.version).add("pins", std::uint64_t{info.pins.size()}));
          succeeded(Record("ok").add("command", "/info"), human, std::move(after));
        });
  });
}

void ChatSession::group_list(const ParsedLine& line, Done done) {
  with_group({}, std::move(done), [this, line](Conversation key, Done then) {
    const std::string list = line.command == Command::bans ? "bans" : "requests";
    ask_server(protocol::GroupList{.groupid = RoomId{key.id}, .list = list, .after_id = {}}, std::move(then),
               [this, line](const Reply& reply, Done after) {
                 std::string human;
                 for (const auto& entry : reply.get<protocol::GroupListAck>()->entries) {
                   model_.person(entry.id.value, entry.name);
                   tell(Record("listed").add("name", entry.name).add("id", entry.id.value));
                   human += (human.empty() ? "  " : "\n  ") + entry.name;
                 }
                 if (reply.get<protocol::GroupListAck>()->more) human += "\n  and more";
                 if (human.empty())
                   human = line.command == Command::bans ? "Nobody is banned." : "Nobody asks to join.";
                 succeeded(Record("ok").add("command", std::string(info(line.command).name)), human,
                           std::move(after));
               });
  });
}

void ChatSession::invitations(Done done) {
  ask_server(protocol::Invitations{}, std::move(done), [this](const Reply& reply, Done then) {
    std::string human;
    for (const auto& one : reply.get<protocol::InvitationsAck>()->invitations) {
      model_.group(one.groupid.value, one.groupname);
      tell(Record("invitation").add("group", one.groupname).add("id", one.groupid.value));
      human += std::string(human.empty() ? "" : "\n") + "  #" + one.groupname + ": /join #" + one.groupname;
    }
    if (human.empty()) human = "Nobody has invited you.";
    succeeded(Record("ok").add("command", "/invitations"), human, std::move(then));
  });
}

}  // namespace plaza::client::chat
