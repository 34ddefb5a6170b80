#include "chat/classic_rooms.h"

#include <algorithm>

#include "chat/answers.h"
#include "chat/message_view.h"

namespace plaza::chat {

namespace {
constexpr std::uint32_t kPumpEntries = 100;
constexpr std::size_t kPumpBytes = 32 * 1024;
}  // namespace

void ClassicRooms::pump(Session& session) {
  if (!session.classic || session.pumping_room || session.state != SessionState::ready) return;
  const auto behind = large_rooms_.behind(session);
  if (!behind) return;
  session.pumping_room = true;
  ports::ReadRequest read;
  read.stream = ports::StreamId::room(behind->room);
  read.from = behind->position;
  read.entries_max = kPumpEntries;
  read.bytes_max = kPumpBytes;
  // Nobody waits for this page: by the time it comes the connection may be another member's.
  state_.node.store.read(read, [this, id = session.id, login = session.login,
                                room = behind->room](Result<ports::Page, ports::StoreError> page) {
    state_.node.executor.post(state_.shard, [this, id, login, room, page = std::move(page)] {
      Session* s = state_.session(id, login);
      if (!s || s->state != SessionState::ready) return;
      s->pumping_room = false;
      // Without an answer of the store it stays behind: the next writable moment tries again.
      if (page) pumped(*s, room, *page);
    });
  });
}

void ClassicRooms::pumped(Session& session, RoomId room, const ports::Page& page) {
  const MemberId reader = session.member->who.id;
  const auto position = large_rooms_.behind(session, room);
  // It has left the room since this page was asked for, and is perhaps in it again and pushed to.
  if (!position) return pump(session);
  for (const auto& entry : page.entries) {
    if (entry.seq <= *position) continue;
    const ports::Message& message = *entry.message;
    if (shown_to_classic(message, reader) && message.inbox_seq(reader) == 0) {
      std::string& frame = frame_buffer();
      protocol::append_chat(frame, view_of(message));
      SharedTail tail{.text = frame, .shared = {}};
      if (!session.out->push({}, tail)) return;  // the edge calls pump() when there is room
    }
    large_rooms_.handed(session, room, entry.seq);
  }
  // What retention has removed is behind it, else it would read the same nothing for ever.
  if (page.entries.empty()) large_rooms_.handed(session, room, std::max(page.head.trimmed, page.head.head));
  if (!page.more) large_rooms_.synced(session, room, page.head.head);
  pump(session);
}

}  // namespace plaza::chat
