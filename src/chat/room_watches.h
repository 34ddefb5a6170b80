#pragma once
#include <memory>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "chat/session.h"

namespace plaza::chat {

struct Node;

/// The rooms whose members' presence is watched by sessions of this shard.
///
/// A watch is of the members as they were when it began: a change of the membership ends it, and the session is told so and
/// watches again, if it still may. So nobody sees who comes and goes in a room that it has left.
///
/// Thread  The shard's.
/// Limit   Rooms by size and number where watch() is called; memory by the members that are watched.
class RoomWatches {
 public:
  using Members = std::shared_ptr<const std::vector<MemberId>>;
  explicit RoomWatches(Node& node) : node_(node) {}

  /// False when the session watches `rooms_max` others.
  [[nodiscard]] bool watch(Session& session, RoomId room, const Members& members, std::uint32_t rooms_max);
  void unwatch(Session& session, RoomId room);
  /// The session goes.
  void leave(Session& session);
  /// The room's members changed.
  void ended(RoomId room);
  /// A member came or went: for those who watch a room of it, but `told`, by id, who know already.
  void deliver(MemberId member, std::string_view frame, const std::vector<MemberId>& told);

  [[nodiscard]] std::size_t rooms() const { return rooms_.size(); }

 private:
  struct Watched {
    Members members;
    std::vector<Session*> sessions;
  };
  using Rooms = std::unordered_map<RoomId, Watched>;
  void drop(Rooms::iterator room);

  Node& node_;
  Rooms rooms_;
  std::unordered_map<MemberId, std::vector<RoomId>> by_member_;
};

}  // namespace plaza::chat
