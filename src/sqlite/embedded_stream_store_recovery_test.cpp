// The process dies, by SIGKILL, at every place of a commit, an index flush, a checkpoint and a trim in turn;
// whoever comes next finds everything that was acknowledged, once, in order, and nothing half done.
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <csignal>
#include <cstdlib>
#include <filesystem>
#include <string>
#include <vector>

#include "base/log.h"
#include "memory/manual_clock.h"
#include "sqlite/embedded_stream_store.h"
#include "sqlite/promise_checks_for_test.h"

namespace plaza::sqlite {
namespace {

struct Death {
  Stage stage;
  int after;  ///< at the n-th time the stage is reached

  static void reached(void* context, Stage stage) {
    auto& death = *static_cast<Death*>(context);
    if (stage == death.stage && --death.after == 0) ::kill(::getpid(), SIGKILL);
  }
};

EmbeddedStreamStoreOptions small_store(const std::string& path) {
  return {.path = path,
          .batch_max = 16,
          .flush_after_messages = 24,
          .flush_idle_ms = 60'000,
          .flush_rows_per_commit = 9,
          .cache_entries_max = 4,
          .recent_bytes_max = 4'000,
          .trim_rows_per_call = 40,
          .wal_checkpoint_pages = 24};
}

/// Tells the parent, through a pipe, what was acknowledged; nothing that is only in memory here survives.
class PipeSink final : public ports::AppendSink {
 public:
  explicit PipeSink(int to) : to_(to) {}
  void appended(std::vector<ports::Appended> outcomes) override {
    for (const ports::Appended& outcome : outcomes) {
      if (outcome.code != ports::AppendCode::accepted) ::_exit(2);
      const ports::Message& m = *outcome.message;
      const Acked acked{.message_id = m.id.value,
                        .sender = m.sender.value,
                        .device = static_cast<std::uint64_t>(m.device.back() - '0'),
                        .send_id = m.send_id,
                        .conversation = m.conversation,
                        .conversation_seq = m.conversation_seq,
                        .own_seq = m.inbox_seq(m.sender)};
      if (::write(to_, &acked, sizeof acked) != sizeof acked) ::_exit(3);
    }
    count_ += outcomes.size();
    count_.notify_one();
  }
  void wait_for(std::uint64_t count) {
    for (std::uint64_t now = count_; now < count; now = count_) count_.wait(now);
  }

 private:
  const int to_;
  std::atomic<std::uint64_t> count_{0};
};

/// The child: goes on where the database is, sends a random load with marks and trims between, and dies when
/// its time has come.
[[noreturn]] void live_and_die(const std::string& path, std::uint64_t seed, Death death, int to_parent) {
  set_log_level(LogLevel::off);
  memory::ManualClock clock(1'700'000'000'000 + static_cast<std::int64_t>(seed) * 1'000);
  PipeSink sink(to_parent);
  EmbeddedStreamStoreOptions options = small_store(path);
  options.hook = {.call = Death::reached, .context = &death};
  EmbeddedStreamStore store(options, clock);
  if (!store.start(sink)) ::_exit(4);
  std::mt19937_64 random(seed);
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> next;
  for (std::uint64_t member = 1; member <= kLoadMembers; ++member) {
    for (std::uint64_t device = 0; device < kLoadDevices; ++device) {
      const auto state = ask<ports::DeviceState>(
          [&](auto done) { store.open_device(MemberId{member}, load_device(device), std::move(done)); });
      next[{member, device}] = state.last_send_id + 1;
    }
  }
  for (std::uint64_t device = 0; device < kLoadDevices; ++device) {
    const auto state = ask<ports::DeviceState>(
        [&](auto done) { store.open_device(MemberId{0}, load_server_device(device), std::move(done)); });
    next[{0, device}] = state.last_send_id + 1;
  }
  std::uint64_t sent = 0;
  for (int i = 0; i < 200; ++i) {
    std::vector<ports::Append> batch;
    for (std::uint64_t n = random() % 20; n > 0; --n) batch.push_back(load_append(random, next));
    sent += batch.size();
    store.append(std::move(batch));
    const MemberId member{random() % kLoadMembers + 1};
    store.mark(member, ports::StreamId::room(kLoadRoom), {.delivered = random() % 100, .read = random() % 50},
               [](auto) {});
    store.received(member, load_device(0), random() % 100, [](auto) {});
    if (i % 7 == 0) store.trim({.message_age_max_ms = 500, .inbox_entries_max = 150}, [](auto) {});
    if (i % 7 == 3) store.trim({.inbox_entries_max = 40}, [](auto) {});
    if (random() % 3 != 0) sink.wait_for(sent);
    clock.advance_ms(20);
  }
  sink.wait_for(sent);
  store.stop();
  ::_exit(0);
}

class Recovery : public testing::TestWithParam<int> {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "plaza-recovery-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    path_ = (folder_ / "streams.db").string();
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  /// Runs one life; its acknowledged messages are added to acked_. Gives whether it died by SIGKILL.
  bool one_life(std::uint64_t seed, Death death) {
    int ends[2];
    EXPECT_EQ(::pipe(ends), 0);
    const pid_t child = ::fork();
    if (child == 0) {
      ::close(ends[0]);
      live_and_die(path_, seed, death, ends[1]);
    }
    ::close(ends[1]);
    Acked one;
    while (::read(ends[0], &one, sizeof one) == sizeof one) acked_.push_back(one);
    ::close(ends[0]);
    int status = 0;
    ::waitpid(child, &status, 0);
    const bool killed = WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL;
    EXPECT_TRUE(killed || (WIFEXITED(status) && WEXITSTATUS(status) == 0))
        << "the child ended with status " << status;
    return killed;
  }

  /// The next process: opens, checks, completes the index, and closes.
  void check() {
    struct Nobody final : ports::AppendSink {
      void appended(std::vector<ports::Appended>) override {}
    } sink;
    memory::ManualClock clock;
    {
      EmbeddedStreamStore store(small_store(path_), clock);
      const auto started = store.start(sink);
      ASSERT_TRUE(started.has_value()) << started.error().detail;
      check_promises(store, acked_);
      ask<bool>([&](auto done) { store.flush(std::move(done)); });
      check_promises(store, acked_);
      store.stop();
    }
    check_index(path_);
  }

  std::filesystem::path folder_;
  std::string path_;
  std::vector<Acked> acked_;
};

TEST_P(Recovery, NothingAcknowledgedIsLostAndNothingIsHalfDoneWhereverTheProcessDies) {
  const auto stage = static_cast<Stage>(GetParam());
  std::uint64_t seed = 100 * static_cast<std::uint64_t>(GetParam());
  int killed = 0;
  for (const int after : {1, 2, 5, 14, 40}) {
    killed += one_life(++seed, {.stage = stage, .after = after}) ? 1 : 0;
    check();
    if (HasFatalFailure() || HasNonfatalFailure())
      FAIL() << "stage " << GetParam() << " after " << after << " seed " << seed;
  }
  EXPECT_GE(killed, 3) << "the stage is hardly reached: the test does not test it";
  EXPECT_GT(acked_.size(), 20U);
}

TEST_P(Recovery, LivesThatDieOneAfterTheOtherWithoutACleanStartBetween) {
  const auto stage = static_cast<Stage>(GetParam());
  for (std::uint64_t life = 0; life < 5; ++life)
    one_life(7'000 + life, {.stage = stage, .after = static_cast<int>(3 + life * 4)});
  check();
}

INSTANTIATE_TEST_SUITE_P(AtStage, Recovery, testing::Range(0, kStages));

}  // namespace
}  // namespace plaza::sqlite
