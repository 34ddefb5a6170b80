#include "net/shard.h"

#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <atomic>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/steady_timer.hpp>
#include <latch>
#include <thread>

#include "net/pollable.h"
#include "net/poller.h"

namespace plaza::net {
namespace {

TEST(Shard, RunsTasksOfOneThreadInTheOrderPosted) {
  Shard shard;
  shard.start();
  std::vector<int> seen;
  std::latch done(1);
  for (int i = 0; i < 10'000; ++i) shard.post([&seen, i] { seen.push_back(i); });
  shard.post([&] { done.count_down(); });
  done.wait();
  ASSERT_EQ(seen.size(), 10'000u);
  EXPECT_TRUE(std::ranges::is_sorted(seen));
}

TEST(Shard, KnowsItsThread) {
  Shard shard;
  EXPECT_TRUE(shard.on_shard()) << "nobody's while it does not run";
  shard.start();
  EXPECT_FALSE(shard.on_shard());
  std::latch done(1);
  shard.post([&] {
    EXPECT_TRUE(shard.on_shard());
    EXPECT_EQ(Shard::current(), &shard);
    done.count_down();
  });
  done.wait();
  shard.stop();
  EXPECT_TRUE(shard.on_shard());
}

TEST(Shard, StopRunsWhatIsPostedAndWhatThatPosts) {
  Shard shard;
  shard.start();
  int ran = 0;
  for (int i = 0; i < 5'000; ++i) {
    shard.post([&] {
      ++ran;
      shard.post([&] { ++ran; });
    });
  }
  shard.stop();
  EXPECT_EQ(ran, 10'000);
}

TEST(Shard, ATaskPostedAfterStopIsDestroyedNotRun) {
  const auto owned = std::make_shared<int>(1);
  {
    Shard shard;
    shard.start();
    shard.stop();
    shard.post([owned] { FAIL(); });
    EXPECT_EQ(owned.use_count(), 2);
  }
  EXPECT_EQ(owned.use_count(), 1);
}

TEST(Shard, TimersFireInTime) {
  Shard shard(0, {.timer_tick_ms = 1});
  shard.start();
  std::latch done(1);
  std::int64_t armed_ms = 0, fired_ms = 0;
  CallbackTimer timer([&] {
    fired_ms = shard.now_ms();
    done.count_down();
  });
  shard.post([&] {
    armed_ms = shard.now_ms();
    shard.timers().arm(timer, 20);
  });
  done.wait();
  EXPECT_GE(fired_ms - armed_ms, 20);
}

TEST(Shard, DeferredTasksRunAtTheEndOfTheTurnInWhichTheyWereDeferred) {
  Shard shard;
  std::vector<std::string> order;
  shard.post([&] {
    shard.defer([&] { order.push_back("deferred"); });
    order.push_back("first");
  });
  shard.post([&] { order.push_back("second"); });
  shard.run_turn();
  EXPECT_EQ(order, (std::vector<std::string>{"first", "second", "deferred"}));
}

// The phases of one turn ------------------------------------------------------------------------------------

/// Writes its name when a phase reaches it.
class Recorder final : public Pollable, public TurnSource {
 public:
  Recorder(Shard& shard, std::vector<std::string>& order) : shard_(shard), order_(order) {}
  void on_events(std::uint32_t) override {}
  bool serve(TurnBudget&) override {
    order_.push_back("requests");
    shard_.mark_dirty(*this);
    return false;
  }
  void flush() override { order_.push_back("flush"); }
  void bury() override { order_.push_back("gone"); }
  bool run_turn() override {
    order_.push_back("end of turn");
    return false;
  }

 private:
  Shard& shard_;
  std::vector<std::string>& order_;
};

TEST(Shard, ATurnGoesThroughItsSourcesInOrder) {
  Shard shard;
  std::vector<std::string> order;
  Recorder ready(shard, order), gone(shard, order);
  shard.add_source(TurnPhase::end_of_turn, ready);
  shard.post([&] { order.push_back("mailbox"); });
  shard.post_arrival([&] { order.push_back("arrivals"); });
  shard.mark_ready(ready);
  shard.mark_gone(gone);
  shard.run_turn();
  EXPECT_EQ(order,
            (std::vector<std::string>{"gone", "arrivals", "mailbox", "requests", "end of turn", "flush"}));
}

/// Always has more: one frame per serve(), for ever.
class Flood final : public Pollable {
 public:
  void on_events(std::uint32_t) override {}
  bool serve(TurnBudget& budget) override {
    const std::uint32_t taken = std::min(budget.frames, 8u);
    budget.frames -= taken;
    served += taken;
    return true;
  }
  void flush() override {}
  void bury() override {}
  std::uint32_t served = 0;
};

// Goal: a flood in one source does not starve another. Method: every source is flooded at once; after one
// turn each has done exactly its budget, and all of them are still waiting for more.
TEST(Shard, EverySourceGetsItsBudgetInATurnInWhichAllAreFlooded) {
  ShardOptions options;
  options.gone_per_turn = 3;
  options.arrivals_per_turn = 5;
  options.mailbox_tasks_per_turn = 7;
  options.frames_per_turn = 16;
  Shard shard(0, options);
  int arrivals = 0, tasks = 0, batched = 0;
  std::vector<std::string> order;
  std::vector<std::unique_ptr<Recorder>> dead;
  for (int i = 0; i < 10; ++i) {
    dead.push_back(std::make_unique<Recorder>(shard, order));
    shard.mark_gone(*dead.back());
  }
  for (int i = 0; i < 100; ++i) {
    shard.post_arrival([&] { ++arrivals; });
    shard.post([&] { ++tasks; });
  }
  std::vector<Task> batch;
  for (int i = 0; i < 100; ++i) batch.emplace_back([&] { ++batched; });
  shard.post_batch(std::move(batch));
  Flood first, second, third;
  shard.mark_ready(first);
  shard.mark_ready(second);
  shard.mark_ready(third);
  shard.run_turn();
  EXPECT_EQ(order.size(), 3u);
  EXPECT_EQ(arrivals, 5);
  EXPECT_EQ(tasks, 7);
  EXPECT_EQ(first.served + second.served + third.served, 16u);
  EXPECT_EQ(third.served, 0u) << "the budget was spent before it: it is the first of the next turn";
  shard.run_turn();
  EXPECT_EQ(third.served, 8u);
  EXPECT_EQ(arrivals, 10);
  for (int i = 0; i < 13; ++i) shard.run_turn();
  EXPECT_EQ(tasks, 100);
  EXPECT_EQ(batched, 15 * 7 - 100) << "a batch is spread over turns too";
  EXPECT_EQ(first.served + second.served + third.served, 15u * 16u);
}

// Goal: the same with real threads: a mailbox that refills itself does not keep a socket from being served,
// nor the other way round. Method: both go on until each has seen the other's progress.
TEST(Shard, AMailboxThatNeverEmptiesDoesNotStarveASocket) {
  int ends[2];
  ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, ends), 0);
  struct Socket final : Pollable {
    explicit Socket(Shard& s) : shard(s) {}
    void on_events(std::uint32_t) override { shard.mark_ready(*this); }
    bool serve(TurnBudget&) override {
      served.store(true);
      return false;
    }
    void flush() override {}
    void bury() override {}
    Shard& shard;
    std::atomic<bool> served{false};
  };
  Shard shard;
  Socket socket(shard);
  ASSERT_TRUE(shard.poller().add(ends[0], socket));
  struct Endless {
    static void post(Shard& s, std::atomic<bool>& stop) {
      s.post([&] {
        if (!stop.load()) post(s, stop);
      });
    }
  };
  for (int i = 0; i < 5'000; ++i) Endless::post(shard, socket.served);
  shard.start();
  ASSERT_EQ(::write(ends[1], "x", 1), 1);
  while (!socket.served.load()) std::this_thread::yield();
  shard.stop();
  ::close(ends[0]);
  ::close(ends[1]);
}

// Between shards --------------------------------------------------------------------------------------------

TEST(ShardGroup, TasksForOneShardInOneTurnTravelAsOneBatchAtItsEnd) {
  Shard from(0), to(1);
  int ran = 0;
  from.post([&] {
    for (int i = 0; i < 3; ++i) from.post_batched(to, [&] { ++ran; });
    to.run_turn();
    EXPECT_EQ(ran, 0) << "not before the end of the turn";
  });
  from.run_turn();
  to.run_turn();
  EXPECT_EQ(ran, 3);
}

TEST(ShardGroup, PostAllReachesEveryShardOnItsOwnThread) {
  ShardGroup group(3);
  group.start();
  std::atomic<std::uint32_t> mask{0};
  std::latch done(3);
  group.post_all([&](Shard& shard) {
    EXPECT_TRUE(shard.on_shard());
    mask.fetch_or(1u << shard.index());
    done.count_down();
  });
  done.wait();
  EXPECT_EQ(mask.load(), 7u);
}

// Asio ------------------------------------------------------------------------------------------------------

TEST(Shard, SocketsMailboxAndAsioAllWakeAShardThatBlocksInItsIoContext) {
  Shard shard;
  shard.start();
  std::latch asked(1), timer_ran(1), handler_ran(1), posted(1);
  std::unique_ptr<boost::asio::steady_timer> timer;
  boost::asio::io_context* io = nullptr;
  shard.post([&] {
    io = &shard.io();
    timer = std::make_unique<boost::asio::steady_timer>(*io, std::chrono::milliseconds(5));
    timer->async_wait([&](const boost::system::error_code&) {
      EXPECT_TRUE(shard.on_shard());
      timer_ran.count_down();
    });
    asked.count_down();
  });
  asked.wait();
  timer_ran.wait();
  boost::asio::post(*io, [&] {
    EXPECT_TRUE(shard.on_shard());
    handler_ran.count_down();
  });
  handler_ran.wait();
  shard.post([&] { posted.count_down(); });
  posted.wait();
  shard.post([&] { timer.reset(); });
  shard.stop();
}

}  // namespace
}  // namespace plaza::net
