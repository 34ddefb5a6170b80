#pragma once
#include <memory>
#include <vector>

#include "chat/room_events.h"
#include "chat/shard_state.h"
#include "ports/stream_store.h"

namespace plaza::chat {

/// Takes what the store reports and gives it to the shards that have a sender or a recipient in it; of the rooms' events it tells
/// RoomEvents as well.
///
/// Thread  The store's. One immutable batch goes to all of them; each looks only at its own members.
class OutcomeRouter final : public ports::AppendSink {
 public:
  explicit OutcomeRouter(Node& node) : node_(node), events_(node) { node.room_events = &events_; }
  void appended(std::vector<ports::Appended> outcomes) override;
  [[nodiscard]] RoomEvents& events() { return events_; }
  void stored(const std::vector<ports::ZoneBytes>& zones) override { node_.apps.stored(zones); }

 private:
  void tell_app(const std::vector<ports::Appended>& outcomes);

  Node& node_;
  RoomEvents events_;
};

}  // namespace plaza::chat
