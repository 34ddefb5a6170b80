#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "client/client.h"
#include "net/shard.h"
#include "tests/support/client_log.h"

namespace plaza::tests {

struct CrowdOptions {
  client::Endpoint endpoint;
  std::uint32_t pairs = 50;
  std::uint32_t groups = 5;
  std::uint32_t group_members = 8;
  std::uint32_t growing_groups = 2;  ///< besides: of one at first; grow() brings more into them
  std::uint32_t window = 4;          ///< sends of one user without an outcome
  std::uint64_t seed = 1;
};

/// Pairs of users who write to each other and to their groups through the client library, and note what they sent and saw.
///
/// Thread  The methods are the test's thread's; users live on one shard of their own.
/// Wait    Every wait has a deadline that only ends a broken run; it gives false then, and why() tells.
class Crowd {
 public:
  explicit Crowd(CrowdOptions options);
  ~Crowd();
  Crowd(const Crowd&) = delete;
  Crowd& operator=(const Crowd&) = delete;

  /// Registers and logs in everybody; makes the groups.
  [[nodiscard]] bool come_in();
  /// Everybody whose window has room writes, to the partner mostly.
  void talk();
  [[nodiscard]] std::uint64_t acknowledged() const { return acknowledged_.load(); }
  /// Recalls and edits among them.
  [[nodiscard]] std::uint64_t changed() const { return changed_.load(); }
  [[nodiscard]] std::uint64_t reconnects() const { return reconnects_.load(); }
  /// So many more users join each of the growing groups, as soon as they can.
  void grow(std::uint32_t users);
  [[nodiscard]] std::size_t large_groups() const { return run_.large_groups.size(); }
  /// Waits until this many more are acknowledged while everybody goes on talking.
  [[nodiscard]] bool talk_until_acknowledged(std::uint64_t more);
  /// Nobody writes any more: waits until every send has an outcome, reads every inbox from the server page by page, and waits until
  /// every application has seen all of its inbox.
  [[nodiscard]] bool come_to_rest();
  /// For the checker, after come_to_rest().
  [[nodiscard]] const RunLog& log() const { return run_; }
  [[nodiscard]] const std::string& why() const { return why_; }

 private:
  class User;
  bool wait(const std::function<bool()>& condition, const std::string& what);
  /// Runs it on the shard and waits for it.
  void on_shard(const std::function<void()>& work);
  [[nodiscard]] bool read_large_groups();
  bool all(const std::function<bool(User&)>& condition, const std::string& what);

  const CrowdOptions options_;
  net::Shard shard_;
  // On the shard only, but while it waits for nothing the test's thread reads.
  std::vector<std::unique_ptr<User>> users_;
  std::vector<std::uint64_t> groups_;  ///< the growing ones come last
  std::size_t grown_by_ = 0;           ///< so many users were asked to join each of these
  std::size_t groups_read_ = 0;
  RunLog run_;
  Moment moment_ = 0;
  std::uint64_t random_;
  // Any thread.
  std::atomic<std::uint64_t> acknowledged_{0}, changed_{0}, reconnects_{0};
  // The test's thread.
  std::string why_;
};

}  // namespace plaza::tests
