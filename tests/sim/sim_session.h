#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "chat/session.h"
#include "protocol/request.h"
#include "tests/sim/sim_network.h"

namespace plaza::sim {

class SimNode;

/// The node's end of a connection: what edge::Session does on sockets, done on a simulated link. It pauses, holds and repeats
/// requests, bounds what waits to be sent, and tells the domain when there is room again, by the same rules.
///
/// Thread  Its shard, which changes once: at login it moves to its member's home.
class SimSession final : public chat::SessionOut {
 public:
  SimSession(SimNode& node, chat::SessionId id, LinkPtr link, std::uint32_t shard);

  /// One thing that can happen to it now; false when nothing can.
  bool step();
  [[nodiscard]] chat::Session& chat() { return chat_; }
  [[nodiscard]] chat::SessionId id() const { return chat_.id; }
  [[nodiscard]] std::uint32_t shard() const { return shard_; }
  [[nodiscard]] bool closing() const { return closing_; }
  [[nodiscard]] Link& link() { return *link_; }
  /// Where it stands, for a person who looks for why a run does not end.
  [[nodiscard]] std::string describe() const;

  // chat::SessionOut
  bool send(std::string_view frame) override;
  bool push(std::string_view head, chat::SharedTail& tail) override;
  void close(const protocol::GoodbyePush& said) override;
  void resume(chat::Resume with) override;

 private:
  enum Pause : std::uint8_t { request = 1, backlog = 2 };
  void on_frame(std::string json);
  chat::Verdict handle(const protocol::Request& request);
  chat::Verdict log_in(const protocol::Request& request);
  void run(const std::string& json);
  void abort();
  void on_closed();

  SimNode& node_;
  LinkPtr link_;
  chat::Session chat_;
  std::uint32_t shard_;
  std::optional<std::string> held_;
  std::int64_t heartbeat_at_ms_ = 0;
  std::int64_t broken_since_ms_ = 0;
  std::uint8_t paused_ = 0;
  bool in_frame_ = false;
  bool resumed_ = false;
  bool closing_ = false;
  bool moving_ = false;
  bool owes_writable_ = false;
};

}  // namespace plaza::sim
