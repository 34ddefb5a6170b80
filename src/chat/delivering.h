#pragma once
#include <deque>
#include <memory>
#include <string>
#include <vector>

#include "chat/announcing.h"
#include "chat/answers.h"
#include "chat/shard_state.h"

namespace plaza::chat {

class ChannelHomes;
class LargeRooms;
class Reading;

/// From the store to the sockets: acks to senders, pushes to the members whose home this shard is.
///
/// Thread  The shard's. committed() takes what the store reported, in its order; run() works it off, a bounded piece a turn.
/// Order   Per member by inbox position, and a sender's ack stands among its pushes where its message stands.
/// Limit   A session that cannot take a push falls to pull: it is told the head once and syncs; nothing waits for it here.
class Delivering {
 public:
  using Batch = std::shared_ptr<const std::vector<ports::Appended>>;

  Delivering(ShardState& state, Reading& reading, ChannelHomes& channels, Announcing& announcing,
             LargeRooms& large_rooms)
      : state_(state),
        reading_(reading),
        channels_(channels),
        announcing_(announcing),
        large_rooms_(large_rooms) {}

  void committed(Batch batch);
  /// Delivers at most about `deliveries_max` entries; true when there is more.
  bool run(std::size_t deliveries_max);

 private:
  struct Encoded;
  static void note_accepted(const ports::Appended& outcome, const MemberState& member);
  void acknowledge(const ports::Appended& outcome);
  void acknowledge_publication(Session& session, const Asked& asked, const ports::Appended& outcome);
  void deliver(const ports::Appended& outcome, const ports::Delivery& delivery, Encoded& encoded);
  void fall_to_pull(Session& session, const MemberState& member);

  ShardState& state_;
  Reading& reading_;
  ChannelHomes& channels_;
  Announcing& announcing_;
  LargeRooms& large_rooms_;
  std::deque<Batch> batches_;
  std::size_t next_ = 0;  ///< in the first batch
  std::string tail_;      ///< the shared part of the message at hand; keeps its capacity
  std::string prefix_;
};

}  // namespace plaza::chat
