#pragma once
#include <functional>

#include "backend/live.h"
#include "edge/edge_node.h"

namespace plaza::app {

/// What the server API does to this node's sessions and messages, on their shards.
///
/// Thread  Blocks until the shards, or the store, have answered, at most kAwaitedMs. Any thread but a shard's.
class LiveSessions final : public backend::Live {
 public:
  /// `erase`: see Live::erase().
  LiveSessions(edge::EdgeNode& edge, std::function<void()> erase) : edge_(edge), erase_(std::move(erase)) {}

  std::optional<backend::Stored> send(ports::Message message) override;
  std::optional<backend::RoomSend> send_to_room(ports::Message message) override;
  std::optional<ports::Page> read(ports::StreamId stream, std::uint64_t after, std::uint32_t limit) override;
  std::optional<std::uint32_t> kick(MemberId member, const std::string& device,
                                    const std::string& reason) override;
  std::optional<std::vector<backend::OnlineMember>> online(ZoneId zone, MemberId after,
                                                           std::uint32_t limit) override;
  [[nodiscard]] bool is_online(MemberId member) const override;
  bool member_changed(const ports::Member& member, bool shown) override;
  void erase() override { erase_(); }
  bool close_zones(const std::vector<ZoneId>& zones, bool closed) override;
  void end_sessions(AccountId account, const std::vector<ports::Token>& revoked) override;
  std::optional<backend::OverQuota> count_message(const ports::Zone& zone, backend::Kept kept) override;
  void set_quotas(AppId app, const ports::OwnQuotas& own) override;
  backend::AppFigures figures(AppId app) override;
  std::optional<backend::RoomOutcome> create_room(ZoneId zone, MemberId owner,
                                                  const ports::NewRoom& wanted) override;
  std::optional<backend::RoomOutcome> change_room(ZoneId zone, RoomId room,
                                                  const ports::RoomChange& change) override;

 private:
  std::optional<backend::RoomOutcome> on_shard(
      std::uint32_t shard, std::move_only_function<void(chat::ServerRooms&, chat::ServerRooms::Outcome)> ask);

  edge::EdgeNode& edge_;
  const std::function<void()> erase_;
};

}  // namespace plaza::app
