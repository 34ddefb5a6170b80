#include "chat/outcome_router.h"

#include "chat/hub.h"

namespace plaza::chat {

void OutcomeRouter::appended(std::vector<ports::Appended> outcomes) {
  const auto batch = std::make_shared<const std::vector<ports::Appended>>(std::move(outcomes));
  const std::uint32_t shards = node_.executor.shards();
  std::vector<bool> concerned(shards, shards == 1);
  std::vector<RoomId> rooms;  // where messages are that somebody may follow
  for (const auto& outcome : *batch) {
    if (shards == 1) break;
    concerned[outcome.append.origin_shard] = true;
    if (outcome.code != ports::AppendCode::accepted) continue;
    // Its home is a hash of the channel's name, which is not known here.
    const ports::StreamId conversation = outcome.message->conversation;
    if (conversation.kind() == ports::StreamKind::channel) concerned.assign(shards, true);
    if (conversation.kind() == ports::StreamKind::room) {
      const RoomId room{conversation.first()};
      if (rooms.empty() || rooms.back() != room) rooms.push_back(room);
    }
    for (const auto& delivery : outcome.message->deliveries) {
      concerned[home_shard(MemberId{delivery.stream.first()}, shards)] = true;
    }
  }
  if (!rooms.empty()) node_.room_shards.mark(rooms, concerned);
  for (std::uint32_t shard = 0; shard < shards; ++shard) {
    if (concerned[shard])
      node_.executor.post(shard, [hub = node_.hubs[shard], batch] { hub->committed(batch); });
  }
  tell_app(*batch);
  // After the posts: who waits for an event's outcome answers when it has been pushed.
  bool works = false;
  for (const auto& outcome : *batch) {
    works = works || outcome.code == ports::AppendCode::accepted;
    if (outcome.append.message->kind == ports::MessageKind::event) events_.outcome(outcome);
  }
  if (works) events_.store_works();
}

/// Which rooms that an app's servers watch have grown.
void OutcomeRouter::tell_app(const std::vector<ports::Appended>& outcomes) {
  if (!node_.app_events || !node_.app_events->watches_rooms()) return;
  for (const auto& outcome : outcomes) {
    if (outcome.code != ports::AppendCode::accepted) continue;
    const auto stream = outcome.message->conversation;
    if (stream.kind() == ports::StreamKind::room) node_.app_events->room_grew(RoomId{stream.first()});
  }
}

}  // namespace plaza::chat
