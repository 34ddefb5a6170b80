#include <fmt/format.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <future>
#include <sstream>

#include "app/process/data_dir_lock.h"
#include "app/process/descriptor_limit.h"
#include "app/process/ports_file.h"
#include "app/process/ready_line.h"
#include "app/process/signal_watcher.h"

namespace plaza::app {
namespace {

namespace fs = std::filesystem;

class Process : public testing::Test {
 protected:
  void SetUp() override { fs::create_directories(dir_); }
  void TearDown() override { fs::remove_all(dir_); }

  const std::string dir_ = fs::temp_directory_path() / fmt::format("plaza-process-test-{}", getpid());
};

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

TEST_F(Process, ADataDirectoryIsCreatedForItsOwnerOnly) {
  const auto lock = DataDirLock::take(dir_ + "/a/b");
  ASSERT_TRUE(lock.has_value()) << lock.error();
  EXPECT_EQ(fs::status(dir_ + "/a/b").permissions(), fs::perms::owner_all);
}

TEST_F(Process, ADataDirectoryWithRightsForOthersIsToldOf) {
  for (const unsigned mode : {0700U, 0500U}) {
    fs::permissions(dir_, static_cast<fs::perms>(mode));
    EXPECT_EQ(open_to_others(dir_), "") << mode;
  }
  for (const unsigned mode : {0755U, 0750U, 0701U}) {
    fs::permissions(dir_, static_cast<fs::perms>(mode));
    EXPECT_NE(open_to_others(dir_).find(fmt::format("mode {:04o}", mode)), std::string::npos)
        << open_to_others(dir_);
  }
}

TEST(DescriptorLimit, FewerThanTheServerNeedsItselfLeaveNoneForClients) {
  EXPECT_EQ(connections_within(200), 0U);
  EXPECT_EQ(connections_within(256), 0U);
  EXPECT_EQ(connections_within(257), 1U);
}

TEST_F(Process, ASecondLockIsRefusedNamingTheProcessThatHasIt) {
  const auto first = DataDirLock::take(dir_);
  ASSERT_TRUE(first.has_value()) << first.error();
  const auto second = DataDirLock::take(dir_);
  ASSERT_FALSE(second.has_value());
  EXPECT_NE(second.error().find(fmt::format("is in use by process {}.", getpid())), std::string::npos)
      << second.error();
}

TEST_F(Process, TheLockOfAProcessThatDiedIsFree) {
  const pid_t child = fork();
  if (child == 0) {
    const auto lock = DataDirLock::take(dir_);
    raise(lock ? SIGKILL : SIGABRT);
  }
  int status = 0;
  waitpid(child, &status, 0);
  ASSERT_EQ(WTERMSIG(status), SIGKILL);
  EXPECT_TRUE(DataDirLock::take(dir_).has_value());
}

TEST_F(Process, ADataDirectoryThatCannotBeIsRefusedWithTheReason) {
  std::ofstream(dir_ + "/file") << "x";
  const auto lock = DataDirLock::take(dir_ + "/file/data");
  ASSERT_FALSE(lock.has_value());
  EXPECT_NE(lock.error().find("Not a directory"), std::string::npos) << lock.error();
}

TEST_F(Process, ThePortsFileIsThereOnlyWhileTheServerAccepts) {
  const std::string path = dir_ + "/ports.json";
  std::ofstream(path) << "left by a killed process";
  {
    PortsFile file(dir_);
    EXPECT_FALSE(fs::exists(path));
    ASSERT_TRUE(file.write({{"tcp", 7600}, {"http", 7680}}).has_value());
    EXPECT_EQ(contents(path), "{\"tcp\":7600,\"http\":7680}\n");
    file.remove();
    EXPECT_FALSE(fs::exists(path)) << "a stop takes longer than it is true";
    ASSERT_TRUE(file.write({{"tcp", 7600}}).has_value());
  }
  EXPECT_FALSE(fs::exists(path));
}

TEST(SignalWatcher, TheFirstSigtermStopsAndSighupReloads) {
  std::promise<int> stopped;
  std::promise<void> reloaded;
  const SignalWatcher watcher(
      {[&](int signal) { stopped.set_value(signal); }, [&] { reloaded.set_value(); }});
  kill(getpid(), SIGHUP);
  ASSERT_EQ(reloaded.get_future().wait_for(std::chrono::seconds(10)), std::future_status::ready);
  kill(getpid(), SIGTERM);
  auto signal = stopped.get_future();
  ASSERT_EQ(signal.wait_for(std::chrono::seconds(10)), std::future_status::ready);
  EXPECT_EQ(signal.get(), SIGTERM);
}

// In a child: it never ends by itself, the second signal ends it.
TEST(SignalWatcher, TheSecondSignalExitsAtOnceWithItsNumber) {
  for (const auto& [signal, code] : {std::pair{SIGTERM, 143}, std::pair{SIGINT, 130}}) {
    const pid_t child = fork();
    if (child == 0) {
      std::promise<void> stopping;
      const SignalWatcher watcher({[&](int) { stopping.set_value(); }, [] {}});
      kill(getpid(), signal);
      stopping.get_future().wait();
      kill(getpid(), signal);
      for (;;) pause();
    }
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFEXITED(status));
    EXPECT_EQ(WEXITSTATUS(status), code);
  }
}

TEST(ReadyLine, SaysWhereItAcceptsOnOneLine) {
  const std::string line = ready_line({.tcp = {"127.0.0.1", 7600},
                                       .http = {"::1", 7680},
                                       .tcp_tls = true,
                                       .http_tls = false,
                                       .data_dir = "plaza-data",
                                       .shards = 2,
                                       .seconds = 0.081});
  EXPECT_EQ(line, fmt::format(
                      "plaza ready: tcp 127.0.0.1:7600 (TLS), http://[::1]:7680, data plaza-data, 2 shards, "
                      "pid {} (0.08 s)",
                      getpid()));
  const std::string with_backend = ready_line({.tcp = {"127.0.0.1", 7600},
                                               .http = {"127.0.0.1", 7680},
                                               .backend = {"10.0.0.7", 7610},
                                               .backend_tls = true,
                                               .data_dir = "d"});
  EXPECT_NE(with_backend.find("http://127.0.0.1:7680, backend 10.0.0.7:7610 (TLS), data d"),
            std::string::npos);
}

TEST(DescriptorLimit, IsRaisedToTheHardLimit) {
  const auto raised = raise_descriptor_limit();
  EXPECT_EQ(raised.soft, raised.hard);
}

}  // namespace
}  // namespace plaza::app
