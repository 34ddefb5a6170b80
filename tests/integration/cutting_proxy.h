#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <list>
#include <thread>

namespace plaza::tests {

/// Passes TCP connections on to a server and cuts them at random: both sides are reset after some more bytes in either direction, so
/// that frames, requests and answers are torn anywhere.
///
/// Thread  One of its own. Limit: as many connections as come.
class CuttingProxy {
 public:
  CuttingProxy(std::uint16_t server_port, std::uint64_t seed);
  ~CuttingProxy();
  CuttingProxy(const CuttingProxy&) = delete;
  CuttingProxy& operator=(const CuttingProxy&) = delete;

  [[nodiscard]] std::uint16_t port() const { return port_; }
  /// From now on about so many connections are cut in a second; 0 = none.
  void cut_per_second(std::uint32_t cuts) { cuts_per_second_ = cuts; }
  [[nodiscard]] std::uint64_t cuts() const { return cuts_; }

 private:
  struct Pair;
  void run();
  void accept_one();
  bool pass(Pair& pair, bool up);
  void choose_cuts();

  const std::uint16_t server_port_;
  int listener_ = -1;
  std::uint16_t port_ = 0;
  // The thread's.
  std::list<Pair> pairs_;
  std::uint64_t random_;
  std::int64_t cuts_due_ms_ = 0;
  // Any thread.
  std::atomic<std::uint32_t> cuts_per_second_{0};
  std::atomic<std::uint64_t> cuts_{0};
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

/// A port of 127.0.0.1 that nothing listens on just now.
std::uint16_t free_port();

}  // namespace plaza::tests
