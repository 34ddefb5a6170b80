#include "chat/reading.h"

#include <algorithm>
#include <charconv>

#include "chat/groups.h"
#include "chat/large_rooms.h"
#include "chat/message_view.h"
#include "chat/notices.h"
#include "chat/reply_size.h"
#include "chat/sending.h"

namespace plaza::chat {

using ports::Page;
using ports::StreamId;
using protocol::Errno;

namespace {
constexpr std::uint32_t kPumpEntries = 100;
constexpr std::size_t kPumpBytes = 32 * 1024;
constexpr std::uint64_t kCursorEvery = 64;
constexpr std::size_t kConversationBytes = 320;  // of one in a list, besides its last message
}  // namespace

Reading::Target Reading::target(Session& session, const Asked& asked, const protocol::ConversationRef& of) {
  if (of.groupid) {
    const rooms::RoomView* room = state_.rooms.find(*of.groupid);
    if (!room) return {{}, sending_.load_room(session, asked, *of.groupid)};
    if (room->room.zone != session.zone) {
      return {{}, refuse(session, asked, {.error = Errno::no_such_group, .field = "groupid"})};
    }
    const ports::RoomStanding* standing = room->standing(session.member->who.id);
    if (!standing) return {{}, sending_.load_room(session, asked, *of.groupid)};
    if (!standing->joined) {
      return {{}, refuse(session, asked, {.error = Errno::not_in_group, .field = "groupid"})};
    }
    return {StreamId::room(*of.groupid), Verdict::done, standing->visible_from};
  }
  if (of.friendid) {
    if (!*of.friendid) return {StreamId::notices(session.member->who.id), Verdict::done};
    if (*of.friendid != session.member->who.id && !state_.known.knows(*of.friendid, session.zone)) {
      return {{}, sending_.load_member(session, asked, *of.friendid, "friendid")};
    }
    return {StreamId::pair(session.member->who.id, *of.friendid), Verdict::done};
  }
  return {StreamId::inbox(session.member->who.id), Verdict::done};
}

/// Entries up to `hidden` are not for this reader: as if retention had removed them.
void Reading::hide(Page& page, std::uint64_t hidden, bool backward) {
  if (hidden == 0) return;
  const bool at_the_end = !page.entries.empty() && page.entries.back().seq <= hidden + 1;
  std::erase_if(page.entries, [hidden](const ports::Entry& entry) { return entry.seq <= hidden; });
  if (hidden >= page.head.head) {
    page.more = page.too_old = false;
  } else if (at_the_end && backward) {
    page.more = false;
  }
  page.head.trimmed = std::max(page.head.trimmed, std::min(hidden, page.head.head));
}

Verdict Reading::sync(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Sync>(request);
  const Asked asked = Asked::from(request);
  const Target of = target(session, asked, wanted.of);
  if (!of.stream) return of.verdict;
  ports::ReadRequest read;
  read.stream = of.stream;
  read.epoch = wanted.epoch;
  read.from = wanted.since;
  // What was said before one joined is not there for one, where the group does not show it: as if it were trimmed.
  const std::uint64_t hidden = of.visible_from > 0 ? of.visible_from - 1 : 0;
  read.from = std::max(read.from, hidden);
  read.entries_max = std::min(wanted.limit, state_.limits.page_entries_max);
  read.bytes_max = state_.limits.page_bytes_max;
  state_.node.store.read(read, state_.answer<Page>(session, [this, asked, stream = of.stream, hidden,
                                                             since = wanted.since](Session& s, auto page) {
    if (!page) return refuse(s, asked, storage_unavailable());
    page->too_old = page->too_old || since < hidden;
    hide(*page, hidden, false);
    return sync_answer(s, asked, stream, std::move(*page));
  }));
  return Verdict::wait;
}

Verdict Reading::sync_answer(Session& session, const Asked& asked, StreamId stream, Page page) {
  if (!keep_what_fits(page.entries, state_.limits.page_bytes_max)) page.more = true;
  const MemberId reader = session.member->who.id;
  const bool inbox = stream.kind() == ports::StreamKind::inbox;
  protocol::SyncAckView ack;
  ack.epoch = page.head.epoch;
  ack.head = page.head.head;
  ack.trimmed = page.head.trimmed;
  ack.too_old = page.too_old;
  ack.more = page.more;
  ack.messages.reserve(page.entries.size());
  for (const auto& entry : page.entries) {
    ack.messages.push_back(inbox ? inbox_view(*entry.message, reader, entry.seq, page.head.epoch)
                                 : view_of(*entry.message));
  }
  answer(session, asked.rid, ack);
  if (stream.kind() == ports::StreamKind::room && !page.more)
    large_rooms_.synced(session, RoomId{stream.first()}, page.head.head);
  if (!inbox || page.more || !session.pulling) return Verdict::done;
  // It has caught up with the page. What was committed while the page was read was not pushed: say so, it syncs again.
  session.pushed = std::max(session.pushed, page.head.head);
  if (session.member->head > session.pushed) {
    std::string& frame = frame_buffer();
    protocol::encode(frame, protocol::HeadPush{.epoch = session.member->epoch, .head = session.member->head});
    session.out->send(frame);
  } else {
    session.pulling = false;
  }
  return Verdict::done;
}

Verdict Reading::history(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::History>(request);
  const Asked asked = Asked::from(request);
  const Target of = target(session, asked, wanted.of);
  if (!of.stream) return of.verdict;
  ports::ReadRequest read;
  read.stream = of.stream;
  read.backward = true;
  read.from = wanted.before;
  read.entries_max = std::min(wanted.limit, state_.limits.history_entries_max);
  read.bytes_max = state_.limits.page_bytes_max;
  const std::uint64_t hidden = of.visible_from > 0 ? of.visible_from - 1 : 0;
  state_.node.store.read(read, state_.answer<Page>(session, [this, asked, hidden](Session& s, auto page) {
    if (!page) return refuse(s, asked, storage_unavailable());
    hide(*page, hidden, true);
    if (!keep_what_fits(page->entries, state_.limits.page_bytes_max)) page->more = true;
    protocol::HistoryAckView ack;
    ack.epoch = page->head.epoch;
    ack.head = page->head.head;
    ack.more = page->more;
    for (const auto& entry : page->entries) ack.messages.push_back(view_of(*entry.message));
    answer(s, asked.rid, ack);
    return Verdict::done;
  }));
  return Verdict::wait;
}

Verdict Reading::received(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Received>(request);
  const Asked asked = Asked::from(request);
  auto then = [asked](Session& s, Result<std::uint64_t, ports::StoreError> cursor) {
    if (!cursor) return refuse(s, asked, storage_unavailable());
    if (asked.rid) {
      protocol::OkReply reply;
      reply.to = asked.msgid;
      reply.received = *cursor;
      answer(s, asked.rid, reply);
    }
    return Verdict::done;
  };
  state_.node.store.received(session.member->who.id, session.device, wanted.seq,
                             state_.answer<std::uint64_t>(session, std::move(then)));
  return Verdict::wait;
}

Verdict Reading::mark(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Mark>(request);
  const Asked asked = Asked::from(request);
  const Target of = target(session, asked, wanted.of);
  if (!of.stream) return of.verdict;
  const ports::Marks marks{.delivered = std::max(wanted.delivered, wanted.read), .read = wanted.read};
  // A conversation in which nothing was said has no marks: nobody can fill the store with them.
  auto then = [this, asked, stream = of.stream, marks](
                  Session& s, Result<std::vector<ports::Head>, ports::StoreError> heads) {
    if (!heads) return refuse(s, asked, storage_unavailable());
    if (heads->front().head == 0) return move_marks(s, asked, {}, {});
    return move_marks(s, asked, stream, marks);
  };
  state_.node.store.heads({of.stream}, state_.answer<std::vector<ports::Head>>(session, std::move(then)));
  return Verdict::wait;
}

Verdict Reading::move_marks(Session& session, const Asked& asked, StreamId stream, ports::Marks marks) {
  auto reply = [asked](Session& s, const ports::Marks& now) {
    if (!asked.rid) return;
    protocol::OkReply ok_reply;
    ok_reply.to = asked.msgid;
    ok_reply.delivered = now.delivered;
    ok_reply.read = now.read;
    answer(s, asked.rid, ok_reply);
  };
  if (!stream) return reply(session, {}), Verdict::done;
  auto then = [this, asked, stream, reply](Session& s, Result<ports::Marked, ports::StoreError> marked) {
    if (!marked) return refuse(s, asked, storage_unavailable());
    reply(s, marked->marks);
    if (marked->changed) tell_receipt(s, stream, marked->marks);
    return Verdict::done;
  };
  state_.node.store.mark(session.member->who.id, stream, marks,
                         state_.answer<ports::Marked>(session, std::move(then)));
  return Verdict::wait;
}

void Reading::tell_receipt(const Session& session, StreamId stream, const ports::Marks& marks) {
  const MemberId me = session.member->who.id;
  Notices notices(state_);
  const auto encoded = [&](protocol::ReceiptPush push) {
    std::string frame;
    push.id = me;
    push.delivered = marks.delivered;
    push.read = marks.read;
    protocol::encode(frame, push);
    return frame;
  };
  protocol::ReceiptPush push;
  if (stream.kind() == ports::StreamKind::pair) {
    const MemberId peer = stream.peer_of(me);
    push.friendid = me;
    if (peer != me) notices.tell(peer, encoded(push));
    push.friendid = peer;  // the member's other devices name the conversation by the peer
    notices.tell(me, encoded(push), session.id);
    return;
  }
  if (stream.kind() == ports::StreamKind::notices) return notices.tell(me, encoded(push), session.id);
  push.groupid = RoomId{stream.first()};
  const rooms::RoomView* room = state_.rooms.find(push.groupid);
  const std::string frame = encoded(push);
  if (!room || room->larger_than(state_.limits.receipt_room_members_max))
    return notices.tell(me, frame, session.id);
  for (const MemberId member : *room->members) notices.tell(member, frame, session.id);
}

Verdict Reading::conversations(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Conversations>(request);
  const Asked asked = Asked::from(request);
  StreamId after;
  if (!wanted.after.empty()) {
    // "kind-and-id.second", as list_conversations() wrote it.
    const char* const end = wanted.after.data() + wanted.after.size();
    const auto first = std::from_chars(wanted.after.data(), end, after.a);
    const bool good = first.ec == std::errc{} && first.ptr != end && *first.ptr == '.' &&
                      std::from_chars(first.ptr + 1, end, after.b).ptr == end;
    if (!good) {
      return refuse(
          session, asked,
          {.error = Errno::bad_request, .field = "after", .allowed = "the `after` of the page before"});
    }
  }
  auto then = [this, asked](Session& s, Result<ports::ConversationPage, ports::StoreError> page) {
    if (!page) return refuse(s, asked, storage_unavailable());
    std::size_t bytes = 0, kept = 0;
    for (const auto& conversation : page->conversations) {
      bytes += kConversationBytes + (conversation.last ? listed_bytes(*conversation.last) : 0);
      if (bytes > state_.limits.page_bytes_max && kept > 0) break;
      ++kept;
    }
    if (kept < page->conversations.size()) {
      page->conversations.resize(kept);
      page->more = true;
    }
    return list_conversations(s, asked, std::move(*page));
  };
  state_.node.store.conversations(session.member->who.id, after,
                                  std::min(wanted.limit, state_.limits.history_entries_max),
                                  state_.answer<ports::ConversationPage>(session, std::move(then)));
  return Verdict::wait;
}

Verdict Reading::list_conversations(Session& session, const Asked& asked, ports::ConversationPage page) {
  struct Listed {
    ports::ConversationPage page;
    StreamId last;  // of the page as the store gave it
    std::vector<std::string> names;
  };
  auto& directory = state_.node.directory;
  const MemberId me = session.member->who.id;
  const bool started = state_.await(
      session,
      [&directory, me, zone = session.zone, page = std::move(page)]() mutable {
        Listed listed;
        listed.page.more = page.more;
        for (auto& conversation : page.conversations) {
          listed.last = conversation.stream;
          // One has a mark in a channel where one has published: it is no conversation of one's own.
          if (conversation.stream.kind() == ports::StreamKind::channel) continue;
          std::string name;
          if (conversation.stream.kind() == ports::StreamKind::room) {
            const RoomId id{conversation.stream.first()};
            const auto room = directory.room(zone, id);
            const auto standing = directory.standing(zone, id, me);
            // Of two databases one may know already that the member has left: the directory decides.
            if (standing ? !standing->joined : standing.error().code == ports::DirectoryCode::not_found)
              continue;
            if (room) name = room->name;
            // The newest is shown if it may be seen; what cannot be is not unread either.
            if (standing && standing->visible_from > 0) {
              const std::uint64_t hidden = std::min(standing->visible_from - 1, conversation.head);
              conversation.unread = std::min(conversation.unread, conversation.head - hidden);
              if (hidden == conversation.head) conversation.last = nullptr;
            }
          } else if (conversation.stream.kind() == ports::StreamKind::notices) {
            if (conversation.last) name = conversation.last->sender_name;
          } else if (const auto peer = directory.member(zone, conversation.stream.peer_of(me))) {
            name = peer->nickname;
          }
          listed.names.push_back(std::move(name));
          listed.page.conversations.push_back(std::move(conversation));
        }
        return listed;
      },
      [asked, me](Session& s, const Listed& listed) {
        protocol::ConversationsAckView ack;
        ack.more = listed.page.more;
        for (std::size_t i = 0; i < listed.page.conversations.size(); ++i) {
          const auto& from = listed.page.conversations[i];
          protocol::ConversationView view;
          if (from.stream.kind() == ports::StreamKind::room) {
            view.groupid = RoomId{from.stream.first()};
          } else {
            view.friendid = from.stream.peer_of(me);
            view.their_delivered = from.peer.delivered;
            view.their_read = from.peer.read;
          }
          view.name = listed.names[i];
          view.head = from.head;
          view.delivered = from.marks.delivered;
          view.read = from.marks.read;
          view.unread = from.unread;
          if (from.last) view.last = view_of(*from.last);
          ack.conversations.push_back(std::move(view));
        }
        if (ack.more) ack.after = std::to_string(listed.last.a) + "." + std::to_string(listed.last.b);
        answer(s, asked.rid, ack);
        return Verdict::done;
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

void Reading::pump(Session& session) {
  // A full client was told the head: it reads for itself, and is not pushed to until it has.
  if (!session.classic || session.pumping || !session.pulling || session.state != SessionState::ready) return;
  session.pumping = true;
  ports::ReadRequest read;
  read.stream = StreamId::inbox(session.member->who.id);
  read.from = session.pushed;
  read.entries_max = kPumpEntries;
  read.bytes_max = kPumpBytes;
  // Nobody waits for this page: by the time it comes the connection may be another member's.
  state_.node.store.read(
      read, [this, id = session.id, login = session.login](Result<Page, ports::StoreError> page) {
        state_.node.executor.post(state_.shard, [this, id, login, page = std::move(page)] {
          Session* s = state_.session(id, login);
          if (!s || s->state != SessionState::ready) return;
          s->pumping = false;
          // Without an answer of the store it stays on pull: the next message or writable moment tries again.
          if (page) pumped(*s, *page);
        });
      });
}

void Reading::pumped(Session& session, const Page& page) {
  const MemberId reader = session.member->who.id;
  for (const auto& entry : page.entries) {
    if (entry.seq <= session.pushed) continue;
    if (shown_to_classic(*entry.message, reader)) {
      std::string& frame = frame_buffer();
      protocol::append_chat(frame, inbox_view(*entry.message, reader, entry.seq, page.head.epoch));
      SharedTail tail{.text = frame, .shared = {}};
      if (!session.out->push({}, tail))
        return keep_cursor(session);  // the edge calls pump() when there is room
    }
    session.pushed = entry.seq;
  }
  // What retention has removed is behind it, else it would read the same nothing for ever.
  if (page.entries.empty()) session.pushed = std::max(session.pushed, page.head.trimmed);
  keep_cursor(session);
  if (page.more || session.member->head > session.pushed) return pump(session);
  session.pulling = false;
}

void Reading::keep_cursor(Session& session) {
  if (session.pushed >= session.stored_cursor + kCursorEvery) store_cursor(session);
}

void Reading::store_cursor(Session& session) {
  if (!session.classic || !session.member || session.pushed <= session.stored_cursor) return;
  session.stored_cursor = session.pushed;
  state_.node.store.received(session.member->who.id, session.device, session.pushed, [](auto) {});
}

}  // namespace plaza::chat
