#include "chat/sending.h"

#include <algorithm>

#include "chat/group_words.h"
#include "chat/quota_refusals.h"
#include "chat/room_reading.h"
#include "chat/screening.h"
#include "rooms/rights.h"

namespace plaza::chat {

using protocol::Errno;

bool Sending::accepted_before(const Session& session, const Asked& asked) {
  return asked.send_id && *asked.send_id <= session.accepted_send_id;
}

namespace {
/// Whether the store has this send_id, or one behind it, and has not said what became of it. Another session of the device
/// may be the one that sent it: the connection before, not closed yet.
bool undecided(const Session& session, const Asked& asked) {
  if (!asked.send_id) return false;
  const auto& sessions = session.member->sessions;
  return std::any_of(sessions.begin(), sessions.end(), [&](const Session* one) {
    return one->device == session.device && one->unacknowledged > 0 &&
           *asked.send_id <= one->submitted_send_id;
  });
}
}  // namespace

Verdict Sending::one_chat(Session& session, const protocol::Request& request) {
  auto wanted = protocol::as<protocol::OneChat>(request);
  const Asked asked = Asked::from(request);
  const MemberState& sender = *session.member;
  if (wanted.id && *wanted.id != sender.who.id) {
    return refuse(session, asked,
                  {.error = Errno::not_permitted, .field = "id", .allowed = "your own member id, or no id"});
  }
  if (const auto verdict = attaching_.attach(session, asked, wanted.content)) return *verdict;
  Outgoing outgoing = outgoing_of(wanted.content, wanted.reply_to,
                                  ports::StreamId::pair(sender.who.id, wanted.toid));
  if (accepted_before(session, asked)) {
    if (!charge_request(session, asked)) return Verdict::done;
    outgoing.body = wanted.content.bytes();
    return put(session, asked, std::move(outgoing));
  }
  if (!check_mute(session, asked) || !check_content(session, asked, wanted.content)) return Verdict::done;
  if (!wanted.toid) return refuse_send(session, asked, {.error = Errno::no_such_peer, .field = "toid"});
  if (wanted.toid != sender.who.id) {
    const auto takes = state_.known.find(wanted.toid, session.zone);
    if (!takes) return load_member(session, asked, wanted.toid, "toid");
    const Peer* peer = sender.peer(wanted.toid);
    if (!check_block(session, asked, wanted.toid, "toid")) return Verdict::done;
    const bool friends_only = sender.zone->messages == ports::MessagePolicy::friends_only ||
                              *takes == ports::MessagesFrom::friends;
    if (friends_only && !(peer && peer->friends)) {
      return refuse_send(session, asked,
                         {.error = Errno::not_permitted, .field = "toid", .allowed = "a friend of yours"});
    }
  }
  if (!check_rate(session, asked) || !check_app(session, asked)) return Verdict::done;
  if (!check_words(session, asked, wanted.content)) return Verdict::done;
  outgoing.body = wanted.content.bytes();
  return put(session, asked, std::move(outgoing));
}

Verdict Sending::group_chat(Session& session, const protocol::Request& request) {
  auto wanted = protocol::as<protocol::GroupChat>(request);
  const Asked asked = Asked::from(request);
  const MemberState& sender = *session.member;
  if (wanted.id && *wanted.id != sender.who.id) {
    return refuse(session, asked,
                  {.error = Errno::not_permitted, .field = "id", .allowed = "your own member id, or no id"});
  }
  if (const auto verdict = attaching_.attach(session, asked, wanted.content)) return *verdict;
  Outgoing outgoing = outgoing_of(wanted.content, wanted.reply_to, ports::StreamId::room(wanted.groupid));
  if (accepted_before(session, asked)) {
    if (!charge_request(session, asked)) return Verdict::done;
    outgoing.body = wanted.content.bytes();
    return put(session, asked, std::move(outgoing));
  }
  if (!check_mute(session, asked) || !check_content(session, asked, wanted.content)) return Verdict::done;
  const rooms::RoomView* room = state_.rooms.find(wanted.groupid);
  if (!room) return load_room(session, asked, wanted.groupid);
  if (room->room.zone != session.zone)
    return refuse_send(session, asked, {.error = Errno::no_such_group, .field = "groupid"});
  const ports::RoomStanding* standing = room->standing(sender.who.id);
  if (!standing) return load_room(session, asked, wanted.groupid);
  if (!may_speak(session, asked, *room, *standing)) return Verdict::done;
  if (!check_reply(session, asked, wanted.reply_to, standing->visible_from)) return Verdict::done;
  if (!check_rate(session, asked) || !check_room_rate(session, asked, *room)) return Verdict::done;
  if (!check_app(session, asked) || !check_words(session, asked, wanted.content)) return Verdict::done;
  if (room->room.settings.slow_mode_ms > 0) {
    state_.slow_mode.spoke(room->room.id, sender.who.id, room->room.settings.slow_mode_ms,
                           state_.node.executor.now_ms());
  }
  outgoing.body = wanted.content.bytes();
  outgoing.fanout = room->members;
  if (room->room.large_from != 0) outgoing.reach = ports::Reach::conversation;
  return put(session, asked, std::move(outgoing));
}

bool Sending::check_room_rate(Session& session, const Asked& asked, const rooms::RoomView& room) {
  std::int64_t wait_ms = 0;
  if (room.rate->take(state_.limits.room_messages, state_.node.executor.now_ms(), wait_ms)) return true;
  refuse_send(session, asked, rate_limited(wait_ms, "this group gets too many messages"));
  return false;
}

bool Sending::check_block(Session& session, const Asked& asked, MemberId peer, std::string_view field) {
  const Peer* known = session.member->peer(peer);
  if (!known || !(known->blocked_by_them || known->blocked_by_me)) return true;
  refuse_send(session, asked,
              {.error = Errno::not_permitted,
               .message = known->blocked_by_me ? "you have blocked this member"
                                               : "this member does not take your messages",
               .field = std::string(field)});
  return false;
}

/// Whether there is such a message is the store's to know; what was said before one joined one does not see.
bool Sending::check_reply(Session& session, const Asked& asked, std::uint64_t reply_to,
                          std::uint64_t visible_from) {
  if (reply_to == 0 || reply_to >= visible_from) return true;
  refuse_send(session, asked, refusal_of(ports::AppendRefusal::no_such_message, "reply_to"));
  return false;
}

bool Sending::may_speak(Session& session, const Asked& asked, const rooms::RoomView& view,
                        const ports::RoomStanding& standing) {
  const auto refused = [&](Refusal why) {
    why.field = "groupid";
    refuse_send(session, asked, std::move(why));
    return false;
  };
  const auto muted = [&](std::int64_t until_ms, std::string message) {
    const std::int64_t left_ms = until_ms - state_.node.clock.wall_ms();
    const bool ends = until_ms != ports::kForEverMs;
    return refused({.error = Errno::group_muted,
                    .message = std::move(message),
                    .retry_after_ms = ends ? static_cast<std::uint64_t>(left_ms) : 0});
  };
  const std::int64_t now_ms = state_.node.clock.wall_ms();
  const auto acting = standing.joined ? rooms::acting_of(standing.role) : rooms::Acting::stranger;
  if (rooms::right(acting, rooms::Action::speak) != rooms::Right::yes)
    return refused({.error = Errno::not_in_group});
  if (standing.muted_until_ms > now_ms) return muted(standing.muted_until_ms, "you are muted in this group");
  if (rooms::right(acting, rooms::Action::speak_freely) == rooms::Right::yes) return true;
  const ports::Room& room = view.room;
  if (room.muted_until_ms > now_ms) return muted(room.muted_until_ms, "all are muted in this group");
  if (room.settings.speak == ports::RoomSpeakPolicy::admins) {
    return refused(
        {.error = Errno::not_permitted, .message = "only the owner and admins speak in this group"});
  }
  if (room.settings.slow_mode_ms == 0) return true;
  const std::int64_t wait_ms = state_.slow_mode.wait_ms(room.id, session.member->who.id,
                                                        state_.node.executor.now_ms());
  return wait_ms == 0 || refused(rate_limited(wait_ms, "this group is in slow mode"));
}

Verdict Sending::refuse_send(Session& session, const Asked& asked, Refusal why) {
  constexpr std::uint64_t kRetryMs = 100;
  if (accepted_before(session, asked) || undecided(session, asked))
    why = {.error = Errno::try_again,
           .message = "an earlier try of this send is stored or being stored",
           .retry_after_ms = std::max(why.retry_after_ms, kRetryMs)};
  return refuse(session, asked, std::move(why));
}

Refusal Sending::rate_limited(std::int64_t wait_ms, std::string message) {
  return {.error = Errno::rate_limited,
          .message = std::move(message),
          .retry_after_ms = static_cast<std::uint64_t>(wait_ms)};
}

bool Sending::check_mute(Session& session, const Asked& asked) {
  auto why = muted(state_, *session.member);
  if (!why) return true;
  refuse_send(session, asked, std::move(*why));
  return false;
}

bool Sending::check_words(Session& session, const Asked& asked, protocol::Content& content) {
  masked_.clear();
  auto why = screen(state_, session.zone, content, masked_);
  if (why) {
    refuse_send(session, asked, std::move(*why));
    return false;
  }
  if (!masked_.empty()) content.msg = masked_;
  return true;
}

bool Sending::check_content(Session& session, const Asked& asked, const protocol::Content& content) {
  const std::size_t size = content.bytes().size();
  const std::string field = content.kind == 0 ? "msg" : "body";
  if (size == 0) {
    refuse_send(session, asked,
                {.error = Errno::bad_request,
                 .message = "an empty message",
                 .field = field,
                 .allowed = "at least 1 byte"});
    return false;
  }
  if (size > state_.limits.body_bytes_max) {
    const std::string allowed = "at most " + std::to_string(state_.limits.body_bytes_max) + " bytes";
    refuse_send(session, asked, {.error = Errno::too_large, .field = field, .allowed = allowed});
    return false;
  }
  return true;
}

bool Sending::check_rate(Session& session, const Asked& asked) {
  std::int64_t wait_ms = 0;
  if (session.member->rates.messages.take(state_.limits.member_messages, state_.node.executor.now_ms(),
                                          wait_ms))
    return true;
  refuse_send(session, asked, rate_limited(wait_ms));
  return false;
}

bool Sending::check_app(Session& session, const Asked& asked, bool frees) {
  tenancy::AppMeter& app = *session.member->app;
  auto why = frees ? std::nullopt : storing_refused(app);
  if (!why) why = message_refused(app, state_.node.executor.now_ms());
  if (!why) return true;
  refuse_send(session, asked, std::move(*why));
  return false;
}

Sending::Outgoing Sending::outgoing_of(const protocol::Content& content, std::uint64_t reply_to,
                                       ports::StreamId conversation) {
  Outgoing outgoing{.kind = static_cast<ports::MessageKind>(content.kind),
                    .body = {},
                    .conversation = conversation,
                    .extra = nullptr,
                    .fanout = nullptr};
  if (reply_to != 0) {
    ports::MessageExtra extra;
    extra.reply_to = reply_to;
    outgoing.extra = std::make_shared<const ports::MessageExtra>(std::move(extra));
  }
  return outgoing;
}

Verdict Sending::put(Session& session, const Asked& asked, Outgoing outgoing) {
  auto message = std::make_shared<ports::Message>();
  message->zone = session.zone;
  message->sender = session.member->who.id;
  message->sender_name = session.member->who.nickname;
  message->device = session.device;
  message->send_id = asked.send_id.value_or(0);
  session.submitted_send_id = std::max(session.submitted_send_id, message->send_id);
  message->kind = outgoing.kind;
  message->conversation = outgoing.conversation;
  message->body = std::move(outgoing.body);
  message->extra = std::move(outgoing.extra);
  state_.outbox.push_back({.message = std::move(message),
                           .reach = outgoing.reach,
                           .fanout = std::move(outgoing.fanout),
                           .origin_shard = state_.shard,
                           .origin_session = session.id,
                           .origin_login = session.login,
                           .rid = asked.rid.value_or(0),
                           .wants_rid = asked.rid.has_value(),
                           .wants_ack = asked.rid.has_value() || asked.send_id.has_value()});
  // The acks reopen the window: a client that sends without reading them is not read either.
  if (++session.unacknowledged < state_.limits.send_window_max) return Verdict::done;
  session.window_full = true;
  return Verdict::wait;
}

/// A repeated send, and looking up what may not exist, count as requests and not as messages.
bool Sending::charge_request(Session& session, const Asked& asked) {
  std::int64_t wait_ms = 0;
  if (session.member->rates.requests.take(state_.limits.member_requests, state_.node.executor.now_ms(),
                                          wait_ms))
    return true;
  refuse_send(session, asked, rate_limited(wait_ms));
  return false;
}

Verdict Sending::load_member(Session& session, const Asked& asked, MemberId member, std::string_view field) {
  if (!charge_request(session, asked)) return Verdict::done;
  auto& directory = state_.node.directory;
  const std::uint32_t ticket = state_.known.ticket(member);
  const bool started = state_.await(
      session, [&directory, zone = session.zone, member] { return directory.member(zone, member); },
      [this, asked, ticket, field = std::string(field)](Session& s,
                                                        ports::DirectoryResult<ports::Member> found) {
        if (!found)
          return refuse_send(s, asked,
                             refusal_of(found.error(), Errno::no_such_peer, Errno::no_such_peer, field));
        state_.known.add(*found, ticket);
        return Verdict::again;
      });
  return started ? Verdict::again : refuse(session, asked, busy());
}

Verdict Sending::load_room(Session& session, const Asked& asked, RoomId room) {
  if (!charge_request(session, asked)) return Verdict::done;
  auto& directory = state_.node.directory;
  const std::uint32_t generation = state_.rooms.generation(room);
  const MemberId me = session.member->who.id;
  const bool known = state_.rooms.find(room) != nullptr;
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, room, me, known] {
        return read_room(directory, zone, room, me, known);
      },
      [this, asked, room, me, generation](Session& s, ports::DirectoryResult<LoadedRoom> loaded) {
        if (!loaded)
          return refuse_send(s, asked, refusal_of_change(loaded.error(), Errno::no_such_group, "groupid"));
        // When the room changed meanwhile what was read is dropped, and the request comes here once more.
        if (loaded->view) {
          loaded->view->rate = state_.node.room_rates.of(room, state_.node.executor.now_ms());
          state_.rooms.put(std::move(*loaded->view), generation);
        }
        state_.rooms.put_standing(room, me, loaded->standing, generation);
        return Verdict::again;
      });
  return started ? Verdict::again : refuse(session, asked, busy());
}

}  // namespace plaza::chat
