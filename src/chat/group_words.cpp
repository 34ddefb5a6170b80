#include "chat/group_words.h"

#include <array>
#include <string>
#include <utility>

#include "rooms/room_event.h"

namespace plaza::chat {

using protocol::Errno;

namespace {

template <class T, std::size_t N>
using Words = std::array<std::pair<std::string_view, T>, N>;

constexpr Words<ports::RoomJoinPolicy, 3> kJoin{{{"open", ports::RoomJoinPolicy::open},
                                                 {"approval", ports::RoomJoinPolicy::approval},
                                                 {"invitation", ports::RoomJoinPolicy::invitation}}};
constexpr Words<ports::RoomSpeakPolicy, 2> kSpeak{
    {{"everyone", ports::RoomSpeakPolicy::everyone}, {"admins", ports::RoomSpeakPolicy::admins}}};
constexpr Words<ports::RoomList, 3> kLists{{{"requests", ports::RoomList::requests},
                                            {"invitations", ports::RoomList::invitations},
                                            {"bans", ports::RoomList::bans}}};

using MakeChange = ports::RoomChange (*)(MemberId member, std::int64_t until_ms);
namespace change = ports::change;
constexpr Words<MakeChange, 11> kActions{{
    {"invite", [](MemberId m, std::int64_t) -> ports::RoomChange { return change::Invite{m}; }},
    {"approve", [](MemberId m, std::int64_t) -> ports::RoomChange { return change::Approve{m}; }},
    {"refuse", [](MemberId m, std::int64_t) -> ports::RoomChange { return change::Refuse{m}; }},
    {"kick", [](MemberId m, std::int64_t) -> ports::RoomChange { return change::Kick{m}; }},
    {"ban", [](MemberId m, std::int64_t until) -> ports::RoomChange { return change::Ban{m, until}; }},
    {"unban", [](MemberId m, std::int64_t) -> ports::RoomChange { return change::Unban{m}; }},
    {"mute", [](MemberId m, std::int64_t until) -> ports::RoomChange { return change::Mute{m, until}; }},
    {"unmute", [](MemberId m, std::int64_t) -> ports::RoomChange { return change::Mute{m, 0}; }},
    {"make_admin", [](MemberId m, std::int64_t) -> ports::RoomChange { return change::MakeAdmin{m}; }},
    {"remove_admin", [](MemberId m, std::int64_t) -> ports::RoomChange { return change::RemoveAdmin{m}; }},
    {"transfer", [](MemberId m, std::int64_t) -> ports::RoomChange { return change::Transfer{m}; }},
}};

template <class T, std::size_t N>
std::optional<Refusal> word(std::string_view field, std::string_view text, const Words<T, N>& words, T& to) {
  std::string allowed;
  for (const auto& [name, value] : words) {
    if (name == text) {
      to = value;
      return std::nullopt;
    }
    allowed += (allowed.empty() ? "" : ", ") + std::string(name);
  }
  return Refusal{.error = Errno::bad_request, .field = std::string(field), .allowed = std::move(allowed)};
}

}  // namespace

std::string_view to_text(ports::RoomJoinPolicy policy) { return rooms::to_text(policy); }
std::string_view to_text(ports::RoomSpeakPolicy policy) { return rooms::to_text(policy); }

std::optional<Refusal> read_settings(const protocol::GroupSettings& from, ports::change::Set& to) {
  if (from.join) {
    if (auto why = word("join", *from.join, kJoin, to.join.emplace())) return why;
  }
  if (from.speak) {
    if (auto why = word("speak", *from.speak, kSpeak, to.speak.emplace())) return why;
  }
  if (from.avatar) to.avatar = std::string(*from.avatar);
  to.members_max = from.members_max;
  to.slow_mode_ms = from.slow_mode_ms;
  to.history_visible = from.history_visible;
  return std::nullopt;
}

std::optional<Refusal> check_description(std::string_view text, const Limits& limits, Errno error) {
  if (text.size() <= limits.room_description_bytes_max) return std::nullopt;
  return Refusal{.error = error,
                 .field = "groupdesc",
                 .allowed = "at most " + std::to_string(limits.room_description_bytes_max) + " bytes"};
}

std::optional<Refusal> read_action(std::string_view action, MemberId member, std::int64_t until_ms,
                                   ports::RoomChange& to) {
  MakeChange make = nullptr;
  if (auto why = word("action", action, kActions, make)) return why;
  to = make(member, until_ms);
  return std::nullopt;
}

std::optional<Refusal> read_list(std::string_view name, ports::RoomList& to) {
  return word("list", name, kLists, to);
}

Refusal refusal_of_change(const ports::DirectoryError& error, Errno otherwise, std::string_view field) {
  const auto about = [&](Errno why, std::string_view where) {
    return Refusal{.error = why, .message = error.detail, .field = std::string(where)};
  };
  using ports::DirectoryCode;
  switch (error.code) {
    case DirectoryCode::not_found:
      return {.error = error.detail == "member" ? Errno::no_such_peer : Errno::no_such_group,
              .field = std::string(field)};
    case DirectoryCode::not_member: return {.error = Errno::not_in_group, .field = std::string(field)};
    case DirectoryCode::forbidden: return about(Errno::not_permitted, field);
    case DirectoryCode::banned: return {.error = Errno::group_banned, .field = std::string(field)};
    case DirectoryCode::no_target: return about(Errno::no_such_peer, "id");
    case DirectoryCode::name_taken:
    case DirectoryCode::limit:
    case DirectoryCode::quota:
    case DirectoryCode::conflict:
    case DirectoryCode::unavailable: break;
  }
  Refusal why = refusal_of(error, Errno::no_such_group, otherwise, field);
  if (error.code == DirectoryCode::limit) {
    // The detail is the limit's name and value: where it is a field of the request, that one was wrong.
    const std::string_view name = std::string_view(error.detail).substr(0, error.detail.find(' '));
    if (name == "members_max" || name == "slow_mode_ms") {
      why.field = name;
      why.allowed = "at most " + error.detail.substr(name.size() + 1);
    }
  }
  return why;
}

}  // namespace plaza::chat
