#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>
#include <vector>

#include "chat/shard_state.h"
#include "protocol/replies.h"

namespace plaza::chat {

/// Large rooms on one shard: who of its sessions follows which, and pushing to them what is said there.
///
/// A large room is one stream, its own: what is said there has no inbox entries, so its cost does not grow with the members
/// that are not there. Each client follows the stream from the position it has, by SYNC with the room's id; a push is the
/// room's newest entry, the same frame for all who follow it.
///
/// Thread  The shard's. Sessions are on their member's home shard, so a member's joining and leaving is told to that one only.
/// Owner   The hub.
/// Order   A session begins to follow before the store is asked where the room is, so whatever is stored later comes here:
///         what it was told and what is pushed to it leave no gap between them.
/// Moves   Changes of a room can be told here in another order than they were made, or before the list of rooms that a session enters
///         with, which was read earlier. So the newest moves of a member are remembered by version, and an older one is not carried out:
///         nobody who has gone is pushed anything.
/// Limit   A session follows as many rooms as its member is in. A room without a follower on this shard is forgotten.
///         Of a member's moves the newest kMovesMax are remembered, far more than can be on their way at once.
///         A session that cannot take a push is told the head once and syncs; nothing of the room is pushed to it until then.
class LargeRooms {
 public:
  static constexpr std::size_t kMovesMax = 16;

  explicit LargeRooms(ShardState& state) : state_(state) {}

  /// Whether a member's sessions follow the room: it is large, or may be at any moment. Clients are told that it is large in both
  /// cases: whoever joins while it grows does not get the event that says so.
  [[nodiscard]] static bool followed(const ports::Room& room) { return room.large_from != 0 || room.growing; }
  /// A session that enters follows its member's room, before it asks where that is; then it is told the head. False when the
  /// member has gone since the room was read.
  bool enter(Session& session, const ports::Room& room);
  void told(Session& session, const ports::Room& room, const ports::Place& place);
  /// It is pushed to from now on, and told where that leaves a gap behind what it was told before.
  void ready(Session& session);
  /// The session is not one of the member's any more.
  void leave(Session& session);

  /// A change of a room, told to all shards before it is answered: who came follows it, who went does not any more.
  void changed(const ports::RoomChanged& change);
  /// The room is no more: its followers are told, and forgotten.
  void dissolved(RoomId room, const std::string& frame, SessionId except);
  /// These were the members of a room that becomes a large one, when that was decided as its change `version`.
  void grown(const ports::RoomEventPlace& event, const std::vector<MemberId>& members);

  /// What was stored, in its order. Gives about how many sessions it was for.
  std::size_t deliver(const ports::Appended& outcome);
  /// A page of the room was answered that ends at `head`.
  void synced(Session& session, RoomId room, std::uint64_t head);

  /// Classic: a room of which the session has not everything, and up to where it has.
  struct Behind {
    RoomId room;
    std::uint64_t position = 0;
  };
  [[nodiscard]] std::optional<Behind> behind(const Session& session) const;
  /// The same of one room: up to where it has it, if it is behind there.
  [[nodiscard]] std::optional<std::uint64_t> behind(Session& session, RoomId room);
  /// Classic: the session was handed the room's entries up to this one. Remembered now and then, and at the end.
  void handed(Session& session, RoomId room, std::uint64_t cseq);

  /// Where a large room is that a member of this shard has joined; this is where all its sessions begin.
  [[nodiscard]] std::optional<protocol::LargeGroup> joined(const ports::RoomChanged& change);
  /// A session of such a member could not take the news: it is told the head, and where to begin.
  void missed_the_news(Session& session, RoomId room);
  [[nodiscard]] std::size_t rooms() const { return rooms_.size(); }

 private:
  struct Follower {
    Session* session;
    std::uint64_t
        told = 0;  ///< until it is ready: the newest position that it was told. Classic: that it was handed
    std::uint64_t begin = 0;   ///< where a client begins that does not know that the room is large
    std::uint64_t stored = 0;  ///< classic: `told` as the member's delivered mark has it
    bool pulling = false;      ///< too slow for pushes: was told the head and syncs (classic: we read for it)
  };
  struct Room {
    std::uint64_t head = 0;
    std::vector<Follower> followers;  ///< in no order
  };

  void follow(Session& session, RoomId room);
  void came(MemberState& member, RoomId room);
  static bool newest_move(MemberState& member, const RoomMoved& move);
  [[nodiscard]] Follower* find(Session& session, RoomId room);
  void remove(Session& session, RoomId room);
  void handed(Follower& follower, RoomId room, std::uint64_t cseq);
  void store_position(Follower& follower, RoomId room);
  void push(const ports::Appended& outcome, Follower& follower);
  [[nodiscard]] static bool wants(const ports::Appended& outcome, const Session& session);
  bool push_own(Session& session, const ports::Message& message);
  void tell_head(const Follower& follower, RoomId room, std::uint64_t head);
  [[nodiscard]] SharedTail& whole_frame(const ports::Message& message);

  ShardState& state_;
  std::unordered_map<RoomId, Room> rooms_;
  // The message at hand.
  std::string text_;
  SharedTail frame_;
  std::string own_prefix_, own_text_;
};

}  // namespace plaza::chat
