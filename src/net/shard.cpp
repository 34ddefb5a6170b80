#include "net/shard.h"

#include <pthread.h>
#include <sched.h>
#include <signal.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "base/check.h"
#include "base/log.h"
#include "net/mailbox.h"
#include "net/poller.h"
#include "net/read_buffer.h"
#include "net/shard_loop.h"
#include "net/turn_lists.h"

namespace plaza::net {
namespace {

std::int64_t steady_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

// With Asio in use and no reason to block, its handlers get a look this often.
constexpr std::uint32_t kTurnsBetweenAsioPolls = 8;
// stop() runs what is posted, also what that posts; something that posts to itself for ever does not hold it.
constexpr int kTurnsAfterStop = 10'000;

// OpenSSL writes without MSG_NOSIGNAL: a client that went away would end the process. Blocked, the write
// fails with EPIPE.
void block_sigpipe() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGPIPE);
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void pin_to_cpu(int cpu, std::uint32_t shard) {
  cpu_set_t set;
  CPU_ZERO(&set);
  CPU_SET(static_cast<std::size_t>(cpu), &set);
  if (pthread_setaffinity_np(pthread_self(), sizeof set, &set) != 0) {
    PLAZA_LOG(warn, "net", "shard {} cannot be pinned to CPU {}; it runs on any", shard, cpu);
  }
}

}  // namespace

constinit thread_local Shard* Shard::current_ = nullptr;

Shard::Shard(std::uint32_t index, ShardOptions options)
    : index_(index),
      options_(options),
      mailbox_(std::make_unique<Mailbox>()),
      arrivals_(std::make_unique<Mailbox>()),
      poller_(std::make_unique<Poller>(options.events_per_wait)),
      read_buffer_(std::make_unique<ReadBuffer>()),
      lists_(std::make_unique<TurnLists>()),
      timers_(steady_ms(), options.timer_tick_ms),
      now_ms_(steady_ms()) {}

Shard::~Shard() { stop(); }

void Shard::start() {
  PLAZA_CHECK(state_.load() == State::idle);
  state_.store(State::running, std::memory_order_release);
  thread_ = std::thread([this] { run(); });
}

void Shard::stop() {
  if (!thread_.joinable()) return;
  stopping_.store(true, std::memory_order_release);
  poller_->wake();
  thread_.join();
  state_.store(State::stopped, std::memory_order_release);
}

void Shard::run() {
  current_ = this;
  pthread_setname_np(pthread_self(), ("shard-" + std::to_string(index_)).c_str());
  block_sigpipe();
  if (options_.cpu >= 0) pin_to_cpu(options_.cpu, index_);
  while (!stopping_.load(std::memory_order_acquire)) {
    const bool more = turn();
    wait(more ? 0 : -1);
  }
  for (int i = 0; i < kTurnsAfterStop; ++i) {
    if (!turn() && mailbox_->sleep_if_empty() && arrivals_->sleep_if_empty()) break;
  }
  current_ = nullptr;
}

void Shard::run_turn(std::int64_t block_ms_max) {
  PLAZA_CHECK(!running());
  Shard* const outer = std::exchange(current_, this);
  wait(block_ms_max);
  turn();
  current_ = outer;
}

// True: some source has more.
bool Shard::turn() {
  read_clock();
  timers_.advance(now_ms_);
  lists_->bury(options_.gone_per_turn);
  bool more = run_sources(TurnPhase::gone);
  arrivals_->run(options_.arrivals_per_turn);
  more |= run_sources(TurnPhase::arrivals);
  mailbox_->run(options_.mailbox_tasks_per_turn);
  more |= run_sources(TurnPhase::mailbox);
  TurnBudget budget{options_.frames_per_turn};
  lists_->serve(budget);
  more |= run_sources(TurnPhase::requests);
  run_deferred();
  more |= run_sources(TurnPhase::end_of_turn);
  send_batches();
  lists_->flush();
  more |= run_sources(TurnPhase::flush);
  return more || lists_->any() || !deferred_.empty() || !outgoing_.empty();
}

void Shard::wait(std::int64_t block_ms_max) {
  std::int64_t timeout_ms = block_ms_max;
  if (timeout_ms != 0) {
    const std::int64_t timer_ms = timers_.sleep_ms_max(now_ms_);
    if (timer_ms >= 0 && (timeout_ms < 0 || timer_ms < timeout_ms)) timeout_ms = timer_ms;
    // Both are asked, so that both know that we sleep.
    const bool mailbox_empty = mailbox_->sleep_if_empty();
    const bool arrivals_empty = arrivals_->sleep_if_empty();
    if (!mailbox_empty || !arrivals_empty) timeout_ms = 0;
  }
  if (!asio_) {
    poller_->wait(timeout_ms);
    return;
  }
  const bool found = poller_->wait(0) > 0;
  if (!found && timeout_ms != 0) {
    asio_->block(timeout_ms);
    poller_->wait(0);
    turns_without_asio_ = 0;
  } else if (++turns_without_asio_ >= kTurnsBetweenAsioPolls) {
    asio_->poll();
    turns_without_asio_ = 0;
  }
}

void Shard::read_clock() { now_ms_ = steady_ms(); }

void Shard::run_deferred() {
  // What they defer in turn runs in the next turn.
  std::vector<Task> tasks = std::exchange(deferred_, {});
  for (Task& task : tasks) task();
}

bool Shard::run_sources(TurnPhase phase) {
  bool more = false;
  for (std::size_t i = 0; i < sources_.size(); ++i) {  // by index: a source may add one
    if (sources_[i].phase == phase && sources_[i].source != nullptr) more |= sources_[i].source->run_turn();
  }
  return more;
}

void Shard::add_source(TurnPhase phase, TurnSource& source) {
  PLAZA_CHECK(on_shard());
  sources_.push_back({phase, &source});
}

void Shard::remove_source(TurnSource& source) {
  PLAZA_CHECK(on_shard());
  for (Source& item : sources_) {
    if (item.source == &source) item.source = nullptr;  // not erased: a loop over them may be running
  }
}

void Shard::post(Task task) {
  if (mailbox_->push(std::move(task))) poller_->wake();
}

void Shard::post_batch(std::vector<Task> tasks) {
  if (!tasks.empty() && mailbox_->push_batch(std::move(tasks))) poller_->wake();
}

void Shard::post_arrival(Task task) {
  if (arrivals_->push(std::move(task))) poller_->wake();
}

void Shard::defer(Task task) {
  PLAZA_CHECK(on_shard());
  deferred_.push_back(std::move(task));
}

void Shard::post_batched(Shard& to, Task task) {
  PLAZA_CHECK(on_shard());
  if (&to == this) {
    deferred_.push_back(std::move(task));
    return;
  }
  const auto found = std::ranges::find(outgoing_, &to, &Outgoing::to);
  if (found != outgoing_.end()) {
    found->tasks.push_back(std::move(task));
  } else {
    outgoing_.push_back({&to, {}});
    outgoing_.back().tasks.push_back(std::move(task));
  }
}

void Shard::send_batches() {
  for (Outgoing& batch : outgoing_) batch.to->post_batch(std::move(batch.tasks));
  outgoing_.clear();
}

boost::asio::io_context& Shard::io() {
  PLAZA_CHECK(on_shard());
  if (!asio_) asio_ = std::make_unique<ShardLoop>(poller_->fd());
  return asio_->io();
}

void Shard::mark_ready(Pollable& pollable) { lists_->mark_ready(pollable); }
void Shard::mark_dirty(Pollable& pollable) { lists_->mark_dirty(pollable); }
void Shard::mark_gone(Pollable& pollable) { lists_->mark_gone(pollable); }

ShardGroup::ShardGroup(std::uint32_t shards, ShardOptions options) {
  for (std::uint32_t i = 0; i < shards; ++i) shards_.push_back(std::make_unique<Shard>(i, options));
}

ShardGroup::~ShardGroup() { stop(); }

void ShardGroup::start() {
  for (auto& shard : shards_) shard->start();
}

void ShardGroup::stop() {
  for (auto& shard : shards_) shard->stop();
}

void ShardGroup::post_all(const std::function<void(Shard&)>& task) {
  for (auto& shard : shards_) shard->post([task, target = shard.get()] { task(*target); });
}

}  // namespace plaza::net
