#include "chat/entering.h"

#include <algorithm>

#include "chat/groups.h"
#include "chat/message_view.h"
#include "chat/quota_refusals.h"
#include "chat/reply_size.h"
#include "chat/sanctions.h"

namespace plaza::chat {

using protocol::Errno;

/// What the directory knows of one who enters.
struct Entering::Loaded {
  ports::DirectoryError error;  ///< when `ok` is false
  bool ok = false;
  Relations relations;
  std::vector<ports::Room> rooms;
  struct ClassicRoom {
    ports::Room room;
    std::vector<ports::RoomMember> members;
  };
  std::vector<ClassicRoom> classic_rooms;
  std::vector<std::size_t> large;    ///< those of `rooms` that the session follows
  std::vector<ports::Place> places;  ///< where these are
};

void Entering::enter(Session& session, EnterAs as) {
  const EnterPtr entering = std::make_shared<const EnterAs>(std::move(as));
  if (!admit(session, *entering)) return session.out->resume(Resume::next);
  auto& directory = state_.node.directory;
  if (!session.classic) {
    Loaded known;
    if (remembered(session, known)) {
      if (loaded(session, entering, std::move(known)) == Verdict::done) session.out->resume(Resume::next);
      return;
    }
  }
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, me = entering->member.id, classic = session.classic,
       users_max = state_.limits.classic_group_users_max] {
        Loaded loaded;
        auto relations = read_relations(directory, zone, me);
        auto rooms = directory.rooms_of(zone, me);
        if (!relations || !rooms) {
          loaded.error = relations ? rooms.error() : relations.error();
          return loaded;
        }
        loaded.relations = std::move(*relations);
        loaded.rooms = std::move(*rooms);
        loaded.ok = true;
        if (!classic) return loaded;
        std::size_t users = 0;
        for (const auto& room : loaded.rooms) {
          // Past the bound rooms are listed without their users.
          Loaded::ClassicRoom listed{room, {}};
          if (users < users_max) {
            const auto limit = static_cast<std::uint32_t>(users_max - users);
            if (auto page = directory.members(zone, room.id, {}, limit))
              listed.members = std::move(page->members);
          }
          users += listed.members.size();
          loaded.classic_rooms.push_back(std::move(listed));
        }
        return loaded;
      },
      [this, entering](Session& s, Loaded result) { return loaded(s, entering, std::move(result)); });
  if (!started) {
    give_up(session, *entering, busy());
    session.out->resume(Resume::next);
  }
}

/// What can be had without asking anybody: a client that comes back costs no other thread.
bool Entering::remembered(const Session& session, Loaded& into) const {
  const std::uint64_t version = next_relations_version();
  auto lists = state_.node.directory.remembered(session.zone, session.member->who.id);
  if (!lists) return false;
  into.relations = {.version = version, .list = std::move(lists->relations)};
  into.rooms = std::move(lists->rooms);
  into.ok = true;
  return true;
}

/// Makes the session one of the member's, unless a ban, the bound or the zone's device policy is against it.
bool Entering::admit(Session& session, const EnterAs& as) {
  const std::int64_t now_ms = state_.node.clock.wall_ms();
  if (const auto ban = state_.sanctions.find(as.member.id, ports::SanctionKind::ban, now_ms)) {
    refuse(session, as.asked, refusal_of(*ban));
    return false;
  }
  MemberState* member = state_.member(as.member.id);
  std::vector<Session*> same_device;
  if (member) {
    for (Session* other : member->sessions) {
      if (other->device == session.device) same_device.push_back(other);
    }
    if (!same_device.empty() && as.zone->devices == ports::DevicePolicy::reject && !as.replaces) {
      refuse(session, as.asked,
             {.error = Errno::already_logged_in,
              .field = "device",
              .allowed = "another device name, or a login with this device's token"});
      return false;
    }
    if (!as.replaces && as.zone->devices != ports::DevicePolicy::kick) same_device.clear();
    if (member->sessions.size() - same_device.size() >= state_.limits.sessions_per_member_max) {
      refuse(session, as.asked,
             {.error = Errno::limit_reached, .message = "this member has too many sessions"});
      return false;
    }
  }
  // Counted before those that it replaces leave: nobody else takes their place meanwhile.
  const tenancy::SharedMeter app = state_.node.apps.of(*as.zone);
  if (!same_device.empty()) {
    app->enter_instead();
  } else if (!app->enter()) {
    refuse(session, as.asked, sessions_refused(*app));
    return false;
  }
  for (Session* other : same_device) {
    leave(*other);
    other->out->close({.error = Errno::kicked, .message = {}});
  }
  member = state_.member(as.member.id);  // the last of its sessions took it along
  if (!member) {
    auto made = std::make_unique<MemberState>();
    made->who = state_.changed.newest(as.member);
    made->zone = as.zone;
    made->app = app;
    made->rates = state_.gone_rates.take(as.member.id);
    made->mute = state_.sanctions.find(as.member.id, ports::SanctionKind::mute, now_ms);
    member = made.get();
    state_.members.emplace(as.member.id, std::move(made));
    // Of its home shard, which has heard of every change that is acknowledged.
    state_.known.add(member->who, state_.known.ticket(as.member.id));
  }
  member->sessions.push_back(&session);
  session.member = member;
  session.login = ++state_.logins;
  session.state = SessionState::entering;
  session.classic = as.style == EnterStyle::classic;
  session.pulling = false;
  session.pumping = false;
  session.pumping_room = false;
  state_.sessions.emplace(session.id, &session);
  return true;
}

Verdict Entering::loaded(Session& session, const EnterPtr& as, Loaded loaded) {
  if (!loaded.ok)
    return give_up(session, *as, refusal_of(loaded.error, Errno::no_such_peer, Errno::conflict));
  Friends::apply(state_, session.member->who.id, loaded.relations);
  std::vector<ports::StreamId> large;
  for (std::size_t i = 0; i < loaded.rooms.size(); ++i) {
    const ports::Room& room = loaded.rooms[i];
    if (!LargeRooms::followed(room) || !large_rooms_.enter(session, room)) continue;
    loaded.large.push_back(i);
    large.push_back(ports::StreamId::room(room.id));
  }
  if (large.empty()) return open_device(session, as, std::move(loaded));
  state_.node.store.places(
      session.member->who.id, std::move(large),
      state_.answer<std::vector<ports::Place>>(
          session, [this, as, loaded = std::move(loaded)](
                       Session& s, Result<std::vector<ports::Place>, ports::StoreError> places) mutable {
            if (!places) return give_up(s, *as, storage_unavailable());
            loaded.places = std::move(*places);
            return open_device(s, as, std::move(loaded));
          }));
  return Verdict::wait;
}

Verdict Entering::open_device(Session& session, const EnterPtr& as, Loaded loaded) {
  // What a session before this one of the same device has sent is decided first: last_send_id must not be told too low.
  state_.flush();
  state_.node.store.open_device(
      session.member->who.id, session.device,
      state_.answer<ports::DeviceState>(
          session, [this, as, loaded = std::move(loaded)](
                       Session& s, Result<ports::DeviceState, ports::StoreError> device) mutable {
            if (!device) return give_up(s, *as, storage_unavailable());
            return opened(s, as, std::move(loaded), *device);
          }));
  return Verdict::wait;
}

Verdict Entering::opened(Session& session, const EnterPtr& as, Loaded loaded,
                         const ports::DeviceState& device) {
  MemberState& member = *session.member;
  member.epoch = device.inbox.epoch;
  member.head = std::max(member.head, device.inbox.head);
  session.pushed = session.stored_cursor = device.received;
  session.accepted_send_id = session.submitted_send_id = device.last_send_id;
  announcing_.consider(member);
  for (std::size_t i = 0; i < loaded.large.size(); ++i)
    large_rooms_.told(session, loaded.rooms[loaded.large[i]], loaded.places[i]);
  if (as->style == EnterStyle::classic) return read_offline(session, as, std::move(loaded));
  session.state = SessionState::entered;
  protocol::EnterAck ack = enter_ack(session, *as, loaded, device);
  if (as->style == EnterStyle::enter) {
    answer(session, as->asked.rid, ack);
  } else {
    protocol::LoginAck login;
    login.account = as->account_name;
    login.app = as->zone->app_name;
    login.zone = as->zone->zone_name;
    login.device = session.device;
    login.members = as->members;
    login.enter = std::move(ack);
    answer(session, as->asked.rid, login);
  }
  return Verdict::done;
}

protocol::EnterAck Entering::enter_ack(const Session& session, const EnterAs& as, const Loaded& loaded,
                                       const ports::DeviceState& device) const {
  protocol::EnterAck ack;
  ack.id = session.member->who.id;
  ack.name = session.member->who.nickname;
  ack.avatar = session.member->who.avatar;
  ack.custom = session.member->who.custom;
  ack.settings = shown(session.member->who.settings);
  ack.token = as.token;
  ack.token_expires_ms = as.token_expires_ms;
  ack.epoch = device.inbox.epoch;
  ack.head = device.inbox.head;
  ack.received = device.received;
  ack.last_send_id = device.last_send_id;
  ack.heartbeat_ms = state_.limits.heartbeat_ms;
  ack.body_bytes_max = state_.limits.body_bytes_max;
  for (const auto& relation : loaded.relations.list) {
    if (relation.friendship == ports::Friendship::none && !relation.blocked_by_me) continue;
    if (ack.friends.size() == state_.limits.list_entries_max) {
      ack.more = true;
      break;
    }
    ack.friends.push_back(friend_entry(state_.node.presence, relation));
  }
  ack.groups = group_entries(loaded.rooms);
  for (std::size_t i = 0; i < loaded.large.size(); ++i) {
    const ports::Place& place = loaded.places[i];
    ack.groups[loaded.large[i]].large = {
        .epoch = place.head.epoch, .head = place.head.head, .read = place.marks.read};
  }
  return ack;
}

/// The first page of what a classic client missed goes into its login answer; what is more is pushed after it.
Verdict Entering::read_offline(Session& session, const EnterPtr& as, Loaded loaded) {
  ports::ReadRequest read;
  read.stream = ports::StreamId::inbox(session.member->who.id);
  read.from = session.pushed;
  read.entries_max = 200;
  read.bytes_max = 64 * 1024;
  state_.node.store.read(
      read, state_.answer<ports::Page>(session, [this, as, loaded = std::move(loaded)](
                                                    Session& s, Result<ports::Page, ports::StoreError> page) {
        if (!page) return give_up(s, *as, storage_unavailable());
        const MemberId me = s.member->who.id;
        protocol::ClassicLoginAckView ack;
        ack.id = me;
        ack.name = s.member->who.nickname;
        // Lists first, as far as half of the room goes; then messages. What of these does not fit is pushed afterwards.
        const std::size_t room_bytes = state_.limits.page_bytes_max;
        std::size_t listed = add_classic_lists(ack, loaded, room_bytes / 2);
        if (!keep_what_fits(page->entries, room_bytes - listed)) page->more = true;
        for (const auto& entry : page->entries) {
          if (shown_to_classic(*entry.message, me))
            ack.offlinemsg.push_back(inbox_view(*entry.message, me, entry.seq, page->head.epoch));
        }
        const std::uint64_t upto = page->entries.empty() ? std::max(s.pushed, page->head.trimmed)
                                                         : page->entries.back().seq;
        // A login that is refused by then, as by a shutdown, has not received them.
        if (answer(s, as->asked.rid, ack)) s.pushed = upto;
        reading_.store_cursor(s);
        s.pulling = page->more || s.member->head > s.pushed;
        become_ready(s);
        reading_.pump(s);
        classic_rooms_.pump(s);
        return Verdict::done;
      }));
  return Verdict::wait;
}

/// Friends and groups with their users, as many as fit into about `bytes_max`. Gives the bytes they take.
std::size_t Entering::add_classic_lists(protocol::ClassicLoginAckView& ack, const Loaded& loaded,
                                        std::size_t bytes_max) const {
  constexpr std::size_t kEntryBytes = 72;
  std::size_t bytes = 0;
  const auto fits = [&](std::size_t more) {
    if (bytes + more > bytes_max) return false;
    bytes += more;
    return true;
  };
  for (const auto& relation : loaded.relations.list) {
    if (relation.friendship != ports::Friendship::friends) continue;
    if (!fits(kEntryBytes + json_bytes(relation.peer_name))) break;
    ack.friends.push_back(friend_entry(state_.node.presence, relation));
  }
  for (const auto& room : loaded.classic_rooms) {
    if (!fits(kEntryBytes + json_bytes(room.room.name) + json_bytes(room.room.description))) break;
    std::size_t users = 0;
    while (users < room.members.size() && fits(kEntryBytes + json_bytes(room.members[users].name))) ++users;
    ack.groups.push_back(
        {.id = room.room.id,
         .groupname = room.room.name,
         .groupdesc = room.room.description,
         .users = user_entries(
             state_.node.presence,
             {room.members.begin(), room.members.begin() + static_cast<std::ptrdiff_t>(users)})});
    // A classic login is online at once: its friends are told so after this answer.
    for (auto& user : ack.groups.back().users) user.online = user.online || user.id == ack.id;
  }
  return bytes;
}

Verdict Entering::give_up(Session& session, const EnterAs& as, Refusal why) {
  remove(session);
  session.state = as.style == EnterStyle::enter ? SessionState::authenticated : SessionState::logged_out;
  return refuse(session, as.asked, std::move(why));
}

Verdict Entering::ready(Session& session, const protocol::Request& request) {
  const MemberState& member = *session.member;
  if (session.state == SessionState::entered) {
    session.pushed = member.head;
    become_ready(session);
    answer(session, request.rid(), protocol::ReadyAck{.epoch = member.epoch, .head = session.pushed});
    large_rooms_.ready(session);
    return Verdict::done;
  }
  answer(session, request.rid(), protocol::ReadyAck{.epoch = member.epoch, .head = session.pushed});
  return Verdict::done;
}

void Entering::become_ready(Session& session) {
  session.state = SessionState::ready;
  MemberState& member = *session.member;
  if (member.announced) return;
  member.announced = true;
  state_.node.presence.joined(state_.node.id, member.who.id);
  news_.changed(member, true);
  tell_app(member, true);
}

/// The app's servers, if they want to know.
void Entering::tell_app(const MemberState& member, bool online) {
  if (auto* events = state_.node.app_events)
    events->presence(*member.zone, member.who.id, member.who.nickname, online);
}

void Entering::remove(Session& session) {
  large_rooms_.leave(session);
  MemberState* member = std::exchange(session.member, nullptr);
  if (!member) return;
  state_.fans.leave(session);
  state_.watches.leave(session);
  state_.sessions.erase(session.id);
  std::erase(member->sessions, &session);
  session.unacknowledged = 0;
  session.window_full = false;
  member->app->leave();
  const bool here = std::any_of(member->sessions.begin(), member->sessions.end(),
                                [](const Session* other) { return other->state == SessionState::ready; });
  if (member->announced && !here) {
    member->announced = false;
    state_.node.presence.left(state_.node.id, member->who.id);
    news_.changed(*member, false);
    tell_app(*member, false);
  }
  if (!member->sessions.empty()) return;
  state_.gone_rates.keep(member->who.id, member->rates, state_.node.executor.now_ms());
  state_.members.erase(member->who.id);
}

void Entering::leave(Session& session) {
  if (!session.member) return;
  reading_.store_cursor(session);
  session.state = SessionState::logged_out;
  remove(session);
}

}  // namespace plaza::chat
