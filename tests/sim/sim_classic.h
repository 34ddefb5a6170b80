#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "client/rules/message.h"
#include "ports/clock.h"
#include "protocol/server_message.h"
#include "tests/sim/rng.h"
#include "tests/sim/sim_client.h"
#include "tests/sim/sim_network.h"
#include "tests/support/client_log.h"

namespace plaza::sim {

/// A client that knows only msgids 1 to 13: it logs in, writes without numbers, shows what it is handed, and has no way to ask
/// for more. So the server owes it, over all its connections, whatever was not on its way when one of them broke.
class SimClassic {
 public:
  SimClassic(ClientWorld& world, const ports::Clock& clock, Rng& rng, tests::RunLog& run,
             std::size_t log_index, std::uint32_t reading_percent)
      : world_(world),
        clock_(clock),
        rng_(rng),
        run_(run),
        log_index_(log_index),
        reading_percent_(reading_percent) {}

  /// One thing that can happen to it now.
  void step();
  void send(client::Conversation to);
  void cut() {
    if (link_) link_->cut(rng_);
  }
  void stall(std::int64_t ms) {
    if (link_) (rng_.percent(50) ? link_->up : link_->down).stall(clock_.steady_ms() + ms);
  }
  void read_well() { reading_percent_ = 100; }
  [[nodiscard]] bool settled() const { return online_ && link_->down.size() == 0 && link_->up.size() == 0; }
  [[nodiscard]] std::string describe() const;
  /// At the end of the run: what its connections had taken and never gave.
  void note_what_was_lost();

 private:
  static constexpr std::int64_t kLoginTimeoutMs = 5'000;

  [[nodiscard]] tests::DeviceLog& log() { return run_.devices[log_index_]; }
  void connect();
  void disconnected();
  void receive(const std::string& frame);
  [[nodiscard]] std::vector<client::Message> messages_in(const std::string& frame);

  // Constant after construction.
  ClientWorld& world_;
  const ports::Clock& clock_;
  Rng& rng_;
  tests::RunLog& run_;
  const std::size_t log_index_;
  // The run.
  std::uint32_t reading_percent_;
  protocol::ServerMessageParser parser_;
  LinkPtr link_;
  std::vector<LinkPtr> links_;  ///< all it ever had
  bool online_ = false;
  std::int64_t retry_at_ms_ = 0, login_by_ms_ = 0;
};

}  // namespace plaza::sim
