#pragma once
#include <string>
#include <vector>

#include "chat/large_rooms.h"
#include "chat/test_support.h"

namespace plaza::chat {

using protocol::Chat;
using protocol::HeadPush;
using protocol::SendAck;
using protocol::SyncAck;
using Lines = std::vector<std::string>;
using Cseqs = std::vector<std::uint64_t>;

/// Three shards, and rooms that become large ones with their fifth member.
class LargeRoomsTest : public ChatTest {
 protected:
  static constexpr std::uint32_t kFanoutMax = 4;
  LargeRoomsTest() : ChatTest(3, {.rooms = {.inbox_fanout_max = kFanoutMax}}) {}

  /// A room that was a large one before anybody came, with nothing said in it.
  RoomId large_room(const std::string& name, const ports::Member& owner,
                    const std::vector<ports::Member>& others) {
    const RoomId id = room(name, owner, others);
    EXPECT_TRUE(directory.set_large(zone->id, id, 1));
    return id;
  }
  static Lines messages(TestClient& client) {
    Lines lines;
    for (const auto& frame : client.take()) {
      if (const auto* chat = frame.get<Chat>())
        lines.push_back(std::to_string(chat->cseq) + " " + chat->content);
    }
    return lines;
  }
  static std::vector<std::uint64_t> heads(TestClient& client, RoomId room) {
    std::vector<std::uint64_t> told;
    for (const auto& frame : client.take()) {
      const auto* head = frame.get<HeadPush>();
      if (head && head->groupid == room) told.push_back(head->head);
    }
    return told;
  }
  Lines synced(TestClient& client, RoomId room, std::uint64_t since) {
    protocol::Sync sync;
    sync.of.groupid = room;
    sync.since = since;
    const auto reply = client.ask(sync);
    Lines lines;
    for (const auto& chat : reply.get<SyncAck>()->messages)
      lines.push_back(std::to_string(chat.cseq) + " " + chat.content);
    return lines;
  }
  /// That the member has come or gone is told to its shard, as change `version` of the room counted from what it is now.
  void news(const ports::Member& who, RoomId room, ports::RoomMove move, std::uint64_t later) {
    ports::RoomChanged changed;
    const auto known = directory.room(zone->id, room);
    changed.room.id = room;
    changed.room.large_from = known ? known->large_from : 0;
    changed.version = (known ? known->version : 0) + later;
    changed.move = move;
    changed.member = who.id;
    hubs[home(who.id)]->large_rooms().changed(changed);
  }
  std::size_t followed_rooms() const {
    std::size_t rooms = 0;
    for (const auto& hub : hubs) rooms += hub->large_rooms().rooms();
    return rooms;
  }

  ports::Member ann = member("ann"), bob = member("bob"), cid = member("cid"), dan = member("dan");
};

}  // namespace plaza::chat
