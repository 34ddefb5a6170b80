#include "chat/changing.h"

#include <algorithm>
#include <utility>

#include "chat/group_words.h"
#include "chat/message_view.h"
#include "rooms/rights.h"

namespace plaza::chat {

using ports::AppendRefusal;
using ports::ChangeAction;
using ports::StreamId;
using protocol::Errno;

namespace {

StreamId stream_of(const Session& session, const protocol::ConversationRef& of) {
  if (of.groupid) return StreamId::room(*of.groupid);
  const MemberId me = session.member->who.id;
  return *of.friendid ? StreamId::pair(me, *of.friendid) : StreamId::notices(me);
}

Refusal too_late(std::int64_t window_ms, const char* what) {
  constexpr std::int64_t kSecondMs = 1000;
  return {.error = Errno::too_late,
          .message = {},
          .field = "cseq",
          .allowed = window_ms == 0 ? std::string("nothing: messages are not ") + what + " here"
                                    : "up to " + std::to_string(window_ms / kSecondMs) + " s after sending"};
}

}  // namespace

Verdict Changing::recall(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Recall>(request);
  const Asked asked = Asked::from(request);
  Wish wish = wish_of(session, asked, wanted.of, ChangeAction::recall, wanted.cseq);
  if (Sending::accepted_before(session, asked)) {
    if (!sending_.charge_request(session, asked)) return Verdict::done;
    return put(session, std::move(wish));
  }
  const Reading::Target of = reading_.target(session, asked, wanted.of);
  if (!of.stream) return of.verdict;
  if (!check_rates(session, wish)) return Verdict::done;
  return look(session, std::move(wish), of.visible_from);
}

Verdict Changing::edit(Session& session, const protocol::Request& request) {
  auto wanted = protocol::as<protocol::Edit>(request);
  const Asked asked = Asked::from(request);
  Wish wish = wish_of(session, asked, wanted.of, ChangeAction::edit, wanted.cseq);
  if (const auto verdict = sending_.attach(session, asked, wanted.content)) return *verdict;
  wish.change.kind = static_cast<ports::MessageKind>(wanted.content.kind);
  wish.outgoing.body = wanted.content.bytes();
  if (Sending::accepted_before(session, asked)) {
    if (!sending_.charge_request(session, asked)) return Verdict::done;
    return put(session, std::move(wish));
  }
  const Reading::Target of = reading_.target(session, asked, wanted.of);
  if (!of.stream) return of.verdict;
  if (!may_edit(session, wish, wanted.content) || !check_rates(session, wish) ||
      !sending_.check_words(session, asked, wanted.content))
    return Verdict::done;
  wish.outgoing.body = wanted.content.bytes();
  return look(session, std::move(wish), of.visible_from);
}

Changing::Wish Changing::wish_of(const Session& session, const Asked& asked,
                                 const protocol::ConversationRef& of, ChangeAction action,
                                 std::uint64_t cseq) {
  return {.asked = asked,
          .change = {.action = action, .target = cseq},
          .outgoing = {.kind = ports::MessageKind::change,
                       .body = {},
                       .conversation = stream_of(session, of),
                       .extra = nullptr,
                       .fanout = nullptr},
          .room = of.groupid.value_or(RoomId{})};
}

/// An edit says something: what holds for saying it holds for this.
bool Changing::may_edit(Session& session, const Wish& wish, protocol::Content& content) {
  if (!sending_.check_mute(session, wish.asked) || !sending_.check_content(session, wish.asked, content))
    return false;
  const StreamId stream = wish.outgoing.conversation;
  if (stream.kind() == ports::StreamKind::pair)
    return Sending::check_block(session, wish.asked, stream.peer_of(session.member->who.id), "friendid");
  if (stream.kind() != ports::StreamKind::room) return true;
  const rooms::RoomView* room = state_.rooms.find(wish.room);
  const ports::RoomStanding* standing = room ? room->standing(session.member->who.id) : nullptr;
  return standing && sending_.may_speak(session, wish.asked, *room, *standing);
}

bool Changing::check_rates(Session& session, const Wish& wish) {
  if (!sending_.check_rate(session, wish.asked)) return false;
  const rooms::RoomView* room = wish.room ? state_.rooms.find(wish.room) : nullptr;
  if (room && !sending_.check_room_rate(session, wish.asked, *room)) return false;
  return sending_.check_app(session, wish.asked, wish.change.action == ChangeAction::recall);
}

Verdict Changing::look(Session& session, Wish wish, std::uint64_t visible_from) {
  const Asked asked = wish.asked;
  const std::uint64_t cseq = wish.change.target;
  if (cseq == 0 || cseq < visible_from)
    return Sending::refuse_send(session, asked, refusal_of(AppendRefusal::no_such_message, "cseq"));
  state_.flush();  // what was sent before is looked at as well
  ports::ReadRequest read;
  read.stream = wish.outgoing.conversation;
  read.backward = true;
  read.from = cseq + 1;
  read.entries_max = 1;
  auto then = [this, wish = std::move(wish)](Session& s,
                                             Result<ports::Page, ports::StoreError> page) mutable {
    if (!page) return refuse(s, wish.asked, storage_unavailable());
    const bool there = !page->entries.empty() && page->entries.front().seq == wish.change.target;
    if (there) return decide(s, std::move(wish), *page->entries.front().message);
    return Sending::refuse_send(s, wish.asked, refusal_of(AppendRefusal::no_such_message, "cseq"));
  };
  state_.node.store.read(read, state_.answer<ports::Page>(session, std::move(then)));
  return Verdict::wait;
}

Verdict Changing::decide(Session& session, Wish wish, const ports::Message& target) {
  const bool edit = wish.change.action == ChangeAction::edit;
  const auto refused = [&](AppendRefusal why) {
    return Sending::refuse_send(session, wish.asked, refusal_of(why, "cseq"));
  };
  if (target.from_server() || target.change() || (edit && target.kind != wish.change.kind))
    return refused(AppendRefusal::not_changeable);
  if (target.recalled()) return refused(AppendRefusal::recalled);
  if (target.sender == session.member->who.id) return decide_own(session, std::move(wish), target);
  if (!edit && wish.room) return decide_as_admin(session, std::move(wish), target.sender);
  return Sending::refuse_send(session, wish.asked,
                              {.error = Errno::not_permitted,
                               .message = "another member's message",
                               .field = "cseq",
                               .allowed = "your own message"});
}

Verdict Changing::decide_own(Session& session, Wish wish, const ports::Message& target) {
  const bool recall = wish.change.action == ChangeAction::recall;
  const std::int64_t window_ms = recall ? state_.limits.recall_window_ms : state_.limits.edit_window_ms;
  if (state_.node.clock.wall_ms() - target.time_ms >= window_ms) {
    // Who may recall the messages of others is not bound to a time.
    if (recall && wish.room) return decide_as_admin(session, std::move(wish), target.sender);
    return Sending::refuse_send(session, wish.asked, too_late(window_ms, recall ? "recalled" : "edited"));
  }
  if (!recall && target.extra && target.extra->edits.size() >= state_.limits.edits_max) {
    return Sending::refuse_send(session, wish.asked,
                                {.error = Errno::limit_reached,
                                 .message = "this message was edited too often",
                                 .field = "cseq",
                                 .allowed = std::to_string(state_.limits.edits_max) + " edits"});
  }
  return put(session, std::move(wish));
}

namespace {
struct Standings {
  ports::RoomStanding own, author;
};

ports::DirectoryResult<Standings> read_standings(ports::Directory& directory, ZoneId zone, RoomId room,
                                                 MemberId me, MemberId author) {
  const auto own = directory.standing(zone, room, me);
  if (!own) return fail(own.error());
  const auto theirs = directory.standing(zone, room, author);
  if (!theirs) return fail(theirs.error());
  return Standings{.own = *own, .author = *theirs};
}
}  // namespace

Verdict Changing::decide_as_admin(Session& session, Wish wish, MemberId author) {
  auto& directory = state_.node.directory;
  const MemberId me = session.member->who.id;
  const Asked asked = wish.asked;
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, room = wish.room, me, author] {
        return read_standings(directory, zone, room, me, author);
      },
      [this, me, author, wish = std::move(wish)](Session& s,
                                                 const ports::DirectoryResult<Standings>& found) mutable {
        if (!found)
          return refuse(s, wish.asked, refusal_of_change(found.error(), Errno::not_permitted, "groupid"));
        const auto acting = found->own.joined ? rooms::acting_of(found->own.role) : rooms::Acting::stranger;
        const auto target = found->author.joined ? rooms::target_of(found->author.role)
                                                 : rooms::Target::stranger;
        const bool above = acting >= rooms::Acting::admin;
        if (author == me && !above)
          return Sending::refuse_send(s, wish.asked, too_late(state_.limits.recall_window_ms, "recalled"));
        switch (
            rooms::right(acting, rooms::Action::recall, author == me ? rooms::Target::stranger : target)) {
          case rooms::Right::yes: return put(s, std::move(wish));
          case rooms::Right::not_in_room:
            return refuse(s, wish.asked, {.error = Errno::not_in_group, .field = "groupid"});
          case rooms::Right::not_permitted:
          case rooms::Right::wrong_target: break;
        }
        return Sending::refuse_send(s, wish.asked,
                                    {.error = Errno::not_permitted,
                                     .message = "your role does not allow that",
                                     .field = "cseq",
                                     .allowed = "your own message, or one of a member below you"});
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

/// The room may have changed while the message was looked at: who gets the change is decided now.
Verdict Changing::put(Session& session, Wish wish) {
  ports::MessageExtra extra;
  extra.change = wish.change;
  wish.outgoing.extra = std::make_shared<const ports::MessageExtra>(std::move(extra));
  if (wish.room && !Sending::accepted_before(session, wish.asked)) {
    const rooms::RoomView* room = state_.rooms.find(wish.room);
    const ports::RoomStanding* standing = room ? room->standing(session.member->who.id) : nullptr;
    if (!standing) return refuse(session, wish.asked, busy());
    if (!standing->joined)
      return refuse(session, wish.asked, {.error = Errno::not_in_group, .field = "groupid"});
    wish.outgoing.fanout = room->members;
    if (room->room.large_from != 0) wish.outgoing.reach = ports::Reach::conversation;
  }
  const Verdict verdict = sending_.put(session, wish.asked, std::move(wish.outgoing));
  state_.flush();
  return verdict;
}

// ---- versions -------------------------------------------------------------------------------------

Verdict Changing::versions(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Versions>(request);
  const Asked asked = Asked::from(request);
  const Reading::Target of = reading_.target(session, asked, wanted.of);
  if (!of.stream) return of.verdict;
  const auto not_there = [asked](Session& s) {
    return refuse(s, asked, refusal_of(AppendRefusal::no_such_message, "cseq"));
  };
  if (wanted.cseq == 0 || wanted.cseq < of.visible_from) return not_there(session);
  constexpr std::uint64_t kNumberMax = 0xffffffff;
  const ports::VersionsRequest read{.conversation = of.stream,
                                    .cseq = wanted.cseq,
                                    .before = static_cast<std::uint32_t>(std::min(wanted.before, kNumberMax)),
                                    .versions_max = wanted.limit,
                                    // In JSON a byte may become six.
                                    .bytes_max = state_.limits.page_bytes_max / 6};
  auto then = [asked, not_there](Session& s, Result<ports::VersionPage, ports::StoreError> page) {
    if (!page) return refuse(s, asked, storage_unavailable());
    if (!page->message) return not_there(s);
    const ports::Message& message = *page->message;
    protocol::VersionsAckView ack;
    ack.cseq = message.conversation_seq;
    ack.id = message.sender;
    ack.kind = static_cast<std::uint8_t>(content_kind(message));
    if (message.recalled()) {
      ack.recalled_ms = message.extra->recalled_ms;
      ack.recalled_by = message.extra->recalled_by;
    }
    for (const auto& version : page->versions)
      ack.versions.push_back({.number = version.number, .time_ms = version.time_ms, .content = version.body});
    ack.more = page->more;
    answer(s, asked.rid, ack);
    return Verdict::done;
  };
  state_.node.store.versions(read, state_.answer<ports::VersionPage>(session, std::move(then)));
  return Verdict::wait;
}

}  // namespace plaza::chat
