#include "chat/group_admin.h"

#include <algorithm>
#include <utility>
#include <variant>

#include "chat/group_words.h"
#include "chat/reply_size.h"
#include "login/name_rules.h"
#include "rooms/rights.h"

namespace plaza::chat {

using ports::DirectoryResult;
using ports::RoomChanged;
using protocol::Errno;
using protocol::GroupEventKind;

// Changes ---------------------------------------------------------------------------------------------------------------

Verdict GroupAdmin::change(Session& session, const Asked& asked, RoomId room, ports::RoomChange change,
                           Told told) {
  return changing_.run(
      session, asked, changing_.changing(session, room, std::move(change)),
      [asked](Session& s, const ports::DirectoryError& error) {
        Refusal why = refusal_of_change(error, Errno::conflict, "groupid");
        if (error.code == ports::DirectoryCode::name_taken) {
          why.error = Errno::name_taken;
          why.field = "groupname";
        }
        refuse(s, asked, std::move(why));
      },
      [this, asked, told](Session& s, const RoomChanged& changed) {
        ok(s, asked);
        if (told) (this->*told)(s, changed);
      });
}

Verdict GroupAdmin::set(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::SetGroup>(request);
  const Asked asked = Asked::from(request);
  ports::change::Set set;
  if (wanted.groupname) {
    const auto name = login::check_name(*wanted.groupname);
    if (!name) {
      return refuse(session, asked,
                    {.error = Errno::name_invalid,
                     .message = "the name of the group: " + name.error().detail,
                     .field = "groupname",
                     .allowed = name.error().allowed});
    }
    set.name = name->display;
    set.name_key = name->key;
  }
  if (wanted.groupdesc) {
    if (auto why = check_description(*wanted.groupdesc, state_.limits, Errno::too_large))
      return refuse(session, asked, std::move(*why));
    set.description = std::string(*wanted.groupdesc);
  }
  if (auto why = read_settings(wanted.settings, set)) return refuse(session, asked, std::move(*why));
  return change(session, asked, wanted.groupid, std::move(set));
}

std::int64_t GroupAdmin::until(std::optional<std::uint64_t> for_ms) const {
  if (!for_ms) return ports::kForEverMs;
  return state_.node.clock.wall_ms() + static_cast<std::int64_t>(*for_ms);
}

Verdict GroupAdmin::change_member(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::ChangeGroupMember>(request);
  const Asked asked = Asked::from(request);
  ports::RoomChange wish;
  if (auto why = read_action(wanted.action, wanted.id, until(wanted.for_ms), wish))
    return refuse(session, asked, std::move(*why));
  Told told = &GroupAdmin::tell_of_member;
  if (std::holds_alternative<ports::change::Invite>(wish)) told = &GroupAdmin::tell_of_invitation;
  if (std::holds_alternative<ports::change::Refuse>(wish)) told = &GroupAdmin::tell_of_refusal;
  return change(session, asked, wanted.groupid, std::move(wish), told);
}

void GroupAdmin::tell_of_member(Session& session, const RoomChanged& changed) {
  if (changed.move == ports::RoomMove::came) groups_.tell(changed, GroupEventKind::joined, session);
  if (changed.move == ports::RoomMove::went) groups_.tell(changed, GroupEventKind::removed, session);
}

void GroupAdmin::tell_of_invitation(Session& session, const RoomChanged& changed) {
  if (changed.move == ports::RoomMove::came) return tell_of_member(session, changed);  // had asked to join
  groups_.tell_only(changed, GroupEventKind::invited, session);
}

void GroupAdmin::tell_of_refusal(Session& session, const RoomChanged& changed) {
  if (changed.member != session.member->who.id) groups_.tell_only(changed, GroupEventKind::refused, session);
}

Verdict GroupAdmin::dissolve(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::DissolveGroup>(request);
  return change(session, Asked::from(request), wanted.groupid, ports::change::Dissolve{},
                &GroupAdmin::tell_of_end);
}

void GroupAdmin::tell_of_end(Session& session, const RoomChanged& changed) {
  groups_.tell_all(changed, GroupEventKind::dissolved, session);
}

Verdict GroupAdmin::mute(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::MuteGroup>(request);
  return change(session, Asked::from(request), wanted.groupid, ports::change::MuteAll{until(wanted.for_ms)});
}

Verdict GroupAdmin::pin(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Pin>(request);
  const Asked asked = Asked::from(request);
  if (!wanted.pinned) return change(session, asked, wanted.groupid, ports::change::Unpin{wanted.cseq});
  // The room first: of another zone's, or one that it is not in, a member learns nothing, also not how long it is.
  auto& directory = state_.node.directory;
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, me = session.member->who.id, room = wanted.groupid] {
        return not_in_room(directory, zone, room, me);
      },
      [this, asked, wanted](Session& s, const std::optional<ports::DirectoryError>& why) {
        if (why) return refuse(s, asked, refusal_of_change(*why, Errno::conflict, "groupid"));
        return find_and_pin(s, asked, wanted);
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

Verdict GroupAdmin::find_and_pin(Session& session, const Asked& asked, const protocol::Pin& wanted) {
  ports::ReadRequest read;
  read.stream = ports::StreamId::room(wanted.groupid);
  read.backward = true;
  read.from = wanted.cseq + 1;
  read.entries_max = 1;
  auto then = [this, asked, wanted](Session& s, Result<ports::Page, ports::StoreError> page) {
    if (!page) return refuse(s, asked, storage_unavailable());
    if (page->entries.empty() || page->entries.front().seq != wanted.cseq) {
      return refuse(s, asked,
                    {.error = Errno::conflict,
                     .message = "there is no such message",
                     .field = "cseq",
                     .allowed = "the position of a message in the group"});
    }
    return change(s, asked, wanted.groupid,
                  ports::change::Pin{.cseq = wanted.cseq, .message = page->entries.front().message->id});
  };
  state_.node.store.read(read, state_.answer<ports::Page>(session, std::move(then)));
  return Verdict::wait;
}

// Looking ---------------------------------------------------------------------------------------------------------------

namespace {
struct Info {
  ports::Room room;
  ports::RoomStanding standing;
  std::vector<ports::RoomPin> pins;
};

DirectoryResult<Info> read_info(ports::Directory& directory, ZoneId zone, RoomId room, MemberId me) {
  if (auto why = not_in_room(directory, zone, room, me)) return fail(std::move(*why));
  auto found = directory.room(zone, room);
  if (!found) return fail(found.error());
  const auto standing = directory.standing(zone, room, me);
  if (!standing) return fail(standing.error());
  auto pins = directory.pins(zone, room);
  if (!pins) return fail(pins.error());
  return Info{.room = std::move(*found), .standing = *standing, .pins = std::move(*pins)};
}
}  // namespace

Verdict GroupAdmin::info(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::GroupInfo>(request);
  const Asked asked = Asked::from(request);
  auto& directory = state_.node.directory;
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, room = wanted.groupid, me = session.member->who.id] {
        return read_info(directory, zone, room, me);
      },
      [this, asked](Session& s, DirectoryResult<Info> info) {
        if (!info) return refuse(s, asked, refusal_of_change(info.error(), Errno::conflict, "groupid"));
        const std::int64_t now_ms = state_.node.clock.wall_ms();
        const auto while_muted = [now_ms](std::int64_t until_ms) { return until_ms > now_ms ? until_ms : 0; };
        const ports::Room& room = info->room;
        protocol::GroupInfoAck ack{.groupid = room.id,
                                   .groupname = room.name,
                                   .groupdesc = room.description,
                                   .avatar = room.avatar,
                                   .join = std::string(to_text(room.settings.join)),
                                   .speak = std::string(to_text(room.settings.speak)),
                                   .members_max = room.settings.members_max,
                                   .slow_mode_ms = room.settings.slow_mode_ms,
                                   .history_visible = room.settings.history_visible,
                                   .owner = room.owner,
                                   .member_count = room.members,
                                   .version = room.version,
                                   .muted_until_ms = while_muted(room.muted_until_ms),
                                   .role = shown(info->standing.role),
                                   .own_muted_until_ms = while_muted(info->standing.muted_until_ms),
                                   .pins = {}};
        for (const auto& pin : info->pins)
          ack.pins.push_back({.cseq = pin.cseq, .mid = pin.message, .id = pin.by, .time_ms = pin.time_ms});
        answer(s, asked.rid, ack);
        return Verdict::done;
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

Verdict GroupAdmin::list(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::GroupList>(request);
  const Asked asked = Asked::from(request);
  ports::RoomList list{};
  if (auto why = read_list(wanted.list, list)) return refuse(session, asked, std::move(*why));
  auto& directory = state_.node.directory;
  const bool started = state_.await(
      session,
      [&directory, list, zone = session.zone, room = wanted.groupid, me = session.member->who.id,
       after = wanted.after_id, limit = std::min(wanted.limit, state_.limits.list_entries_max),
       now_ms = state_.node.clock.wall_ms()]() -> DirectoryResult<ports::RoomListPage> {
        const auto standing = directory.standing(zone, room, me);
        if (!standing) return fail(standing.error());
        const auto acting = standing->joined ? rooms::acting_of(standing->role) : rooms::Acting::stranger;
        switch (rooms::right(acting, rooms::Action::look_lists)) {
          case rooms::Right::yes: return directory.listed(zone, room, list, after, limit, now_ms);
          case rooms::Right::not_in_room:
            return fail(ports::DirectoryError{ports::DirectoryCode::not_member, "not in the room"});
          case rooms::Right::not_permitted:
          case rooms::Right::wrong_target: break;
        }
        return fail(
            ports::DirectoryError{ports::DirectoryCode::forbidden, "only the owner and admins see it"});
      },
      [asked, room = wanted.groupid, name = std::string(wanted.list)](
          Session& s, DirectoryResult<ports::RoomListPage> page) {
        if (!page) return refuse(s, asked, refusal_of_change(page.error(), Errno::conflict, "groupid"));
        protocol::GroupListAck ack{.groupid = room, .list = name, .entries = {}, .more = page->more};
        for (auto& entry : page->entries) {
          ack.entries.push_back({.id = entry.id,
                                 .name = std::move(entry.name),
                                 .by = entry.by,
                                 .time_ms = entry.time_ms,
                                 .until_ms = entry.until_ms == ports::kForEverMs ? 0 : entry.until_ms});
        }
        answer(s, asked.rid, ack);
        return Verdict::done;
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

Verdict GroupAdmin::invitations(Session& session, const protocol::Request& request) {
  const Asked asked = Asked::from(request);
  auto& directory = state_.node.directory;
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, me = session.member->who.id] {
        return directory.invitations_of(zone, me);
      },
      [asked](Session& s, DirectoryResult<std::vector<ports::RoomInvitation>> found) {
        if (!found) return refuse(s, asked, refusal_of_change(found.error(), Errno::conflict));
        protocol::InvitationsAck ack;
        std::size_t described = 0;
        for (auto& one : *found) {
          described += json_bytes(one.room.description);
          if (described > kDescriptionsBytesMax) one.room.description.clear();
          ack.invitations.push_back({.groupid = one.room.id,
                                     .groupname = std::move(one.room.name),
                                     .groupdesc = std::move(one.room.description),
                                     .members = one.room.members,
                                     .by = one.by,
                                     .time_ms = one.time_ms});
        }
        answer(s, asked.rid, ack);
        return Verdict::done;
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

}  // namespace plaza::chat
