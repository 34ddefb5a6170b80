#pragma once
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <thread>
#include <vector>

#include "net/timer_wheel.h"

namespace boost::asio {
class io_context;
}

namespace plaza::net {

class Mailbox;
class Pollable;
class Poller;
class ReadBuffer;
class ShardLoop;
class TurnLists;

using Task = std::move_only_function<void()>;

/// How much one turn of a shard's loop takes from each source before it goes on to the next.
struct ShardOptions {
  std::uint32_t gone_per_turn = 256;            // closed connections told and buried
  std::uint32_t arrivals_per_turn = 64;         // accepted or handed-over connections
  std::uint32_t mailbox_tasks_per_turn = 1024;  // tasks, also of a batch: a large batch is spread over turns
  std::uint32_t frames_per_turn =
      1024;  // requests of all connections together; 4 KiB read count as one, an HTTP request as 16
  std::uint32_t frames_per_connection = 64;  // requests of one connection
  std::uint32_t read_bytes_per_connection = 64 * 1024;
  std::uint32_t events_per_wait = 1024;  // readiness events noted at once
  std::uint32_t timer_tick_ms = 100;
  int cpu = -1;  // pin the thread to this CPU; -1: do not
};

/// The order of one turn: the frame of a game server's loop.
enum class TurnPhase : std::uint8_t { gone, arrivals, mailbox, requests, end_of_turn, flush };

/// A source of work of someone else (the edge's batches to the store) in a phase of every turn.
class TurnSource {
 public:
  virtual ~TurnSource() = default;
  /// Does a bounded amount of work, after the shard's own of that phase. True: there is more, do not block.
  virtual bool run_turn() = 0;
};

/// One thread that owns connections, and everything of the members who live on it.
///
/// Thread   post(), post_arrival(), post_batch(), on_shard(), running(): any thread. All others: on_shard()
///          (asserted).
/// Turn     timers; 1 gone connections, 2 arrivals, 3 mailbox, 4 requests of readable connections, 5 deferred
///          tasks, hooks, batches to other shards, 6 one gathered write per dirty connection. Then it blocks,
///          but only when no source has more. Each source has a budget (ShardOptions), so a flood in one does
///          not starve another.
/// Order    Tasks posted by one thread run in the order posted. Arrivals have a queue of their own: no order
///          between both.
/// Limit    The mailbox has no bound of its own: whoever posts on behalf of a client is bounded by that
///          client's limits.
/// Stop     stop() runs what is posted, then joins. Later tasks are destroyed with the shard, not run.
///          Connections must be gone before the shard is destroyed.
///
/// Why not Asio's sockets: see README.md of this folder, "One epoll set per shard".
class Shard {
 public:
  explicit Shard(std::uint32_t index = 0, ShardOptions options = {});
  ~Shard();
  Shard(const Shard&) = delete;
  Shard& operator=(const Shard&) = delete;

  // Life. start() and stop() from the owner's thread.
  void start();
  void stop();
  [[nodiscard]] bool running() const { return state_.load(std::memory_order_acquire) == State::running; }

  // Any thread.
  void post(Task task);
  /// All as one entry of the mailbox, with at most one wake-up.
  void post_batch(std::vector<Task> tasks);
  /// A new connection to take over (phase 2).
  void post_arrival(Task task);
  /// True on the shard's thread, and on every thread while it does not run (before start(), after stop()).
  [[nodiscard]] bool on_shard() const { return current() == this || !running(); }
  [[nodiscard]] std::uint32_t index() const { return index_; }
  [[nodiscard]] const ShardOptions& options() const { return options_; }
  /// The shard whose thread this is; null on other threads.
  [[nodiscard]] static Shard* current() { return current_; }

  // On the shard.
  /// Runs on `to`; tasks for the same shard in one turn travel as one batch at its end. Right here when `to`
  /// is this shard: at the end of this turn.
  void post_batched(Shard& to, Task task);
  /// Runs at the end of this turn, before the flush.
  void defer(Task task);
  [[nodiscard]] TimerWheel& timers() { return timers_; }
  /// Steady milliseconds, read once a turn.
  [[nodiscard]] std::int64_t now_ms() const { return now_ms_; }
  /// For what needs Asio (signals, files, clients of other servers). The first call makes the shard block in
  /// this io_context instead of in its own epoll set; a shard that nobody asks never pays for it.
  [[nodiscard]] boost::asio::io_context& io();
  void add_source(TurnPhase phase, TurnSource& source);
  void remove_source(TurnSource& source);

  // For Pollables.
  [[nodiscard]] Poller& poller() { return *poller_; }
  [[nodiscard]] ReadBuffer& read_buffer() { return *read_buffer_; }
  void mark_ready(Pollable& pollable);
  void mark_dirty(Pollable& pollable);
  void mark_gone(Pollable& pollable);

  /// One turn on the calling thread, blocking at most block_ms_max. For tests and for programs without
  /// start().
  void run_turn(std::int64_t block_ms_max = 0);

 private:
  enum class State : std::uint8_t { idle, running, stopped };

  void run();
  bool turn();
  void run_deferred();
  bool run_sources(TurnPhase phase);
  void send_batches();
  void wait(std::int64_t block_ms_max);
  void read_clock();

  static constinit thread_local Shard* current_;

  // Constant after construction.
  const std::uint32_t index_;
  const ShardOptions options_;
  // Any thread.
  std::unique_ptr<Mailbox> mailbox_;
  std::unique_ptr<Mailbox> arrivals_;
  std::atomic<State> state_{State::idle};
  std::atomic<bool> stopping_{false};
  // On the shard only.
  std::unique_ptr<Poller> poller_;
  std::unique_ptr<ReadBuffer> read_buffer_;
  std::unique_ptr<TurnLists> lists_;
  std::unique_ptr<ShardLoop> asio_;  // null until io() is asked for
  std::uint32_t turns_without_asio_ = 0;
  TimerWheel timers_;
  std::int64_t now_ms_ = 0;
  std::vector<Task> deferred_;
  struct Outgoing {
    Shard* to;
    std::vector<Task> tasks;
  };
  std::vector<Outgoing> outgoing_;
  struct Source {
    TurnPhase phase;
    TurnSource* source;
  };
  std::vector<Source> sources_;
  // The owner's thread only.
  std::thread thread_;
};

/// The shards of a process.
///
/// Thread   Built, started and stopped by the owner's thread; at() and the posts from any.
class ShardGroup {
 public:
  explicit ShardGroup(std::uint32_t shards, ShardOptions options = {});
  ~ShardGroup();

  void start();
  /// Stops all; returns when every thread has ended.
  void stop();
  [[nodiscard]] std::uint32_t size() const { return static_cast<std::uint32_t>(shards_.size()); }
  [[nodiscard]] Shard& at(std::uint32_t index) { return *shards_[index]; }
  /// The same on every shard, by copies of `task`.
  void post_all(const std::function<void(Shard&)>& task);

 private:
  std::vector<std::unique_ptr<Shard>> shards_;
};

}  // namespace plaza::net
