#include "app/logging/logging.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "app/logging/line_format.h"
#include "base/log.h"

namespace plaza::app {
namespace {

namespace fs = std::filesystem;

const LineParts kParts{std::chrono::system_clock::time_point(std::chrono::milliseconds(1'700'000'000'123)),
                       "info",
                       "edge",
                       "listening",
                       "listener.cpp",
                       12};

std::string contents(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

// Not a wait for time to pass: the deadline is only there so that a broken flush ends the test.
template <class Condition>
bool eventually(Condition condition) {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!condition()) {
    if (std::chrono::steady_clock::now() > deadline) return false;
    std::this_thread::yield();
  }
  return true;
}

class LoggingTest : public testing::Test {
 protected:
  LoggingTest() {
    config_.server.data_dir = fs::temp_directory_path() / fmt::format("plaza-logging-test-{}", getpid());
    config_.log.console = false;
    config_.log.flush_interval_ms = 3'600'000;
    fs::create_directories(config_.server.data_dir);
  }
  ~LoggingTest() override { fs::remove_all(config_.server.data_dir); }

  [[nodiscard]] std::string path() const { return config_.server.data_dir + "/logs/plaza.log"; }
  [[nodiscard]] std::unique_ptr<Logging> start() const {
    auto logging = Logging::start(config_);
    EXPECT_TRUE(logging.has_value());
    return std::move(*logging);
  }

  Config config_;
};

TEST(LineFormat, ALineForTheFileHasTimeInUtcLevelComponentTextAndSource) {
  std::string out;
  const LevelRange level = format_for_file(kParts, out);
  EXPECT_EQ(out, "2023-11-14T22:13:20.123Z info  edge      listening (listener.cpp:12)\n");
  EXPECT_EQ(out.substr(level.begin, level.end - level.begin), "info");
}

TEST(LineFormat, ALineForAPersonIsShortAndSaysTheSourceOnlyWhenAsked) {
  std::string plain;
  format_for_person(kParts, false, plain);
  EXPECT_EQ(plain.substr(8), ".123 info  edge      listening\n");
  std::string with_source;
  format_for_person(kParts, true, with_source);
  EXPECT_TRUE(with_source.ends_with("listening (listener.cpp:12)\n"));
}

TEST(LineFormat, ATextWithALineBreakStaysOneLine) {
  LineParts parts = kParts;
  parts.text = "name \"a\nb\x1b[2J\"";
  std::string text;
  format_for_file(parts, text);
  EXPECT_NE(text.find("name \"a\\nb\\x1b[2J\" (listener"), std::string::npos) << text;
  std::string json;
  format_as_json(parts, json);
  EXPECT_NE(json.find(R"("text":"name \"a\u000ab\u001b[2J\"")"), std::string::npos) << json;
}

TEST(LineFormat, JsonReplacesBytesThatAreNotUtf8AndKeepsThoseThatAre) {
  LineParts parts = kParts;
  parts.text = "\xE4\xBD\xA0 \xFF \xC0\xAF \xED\xA0\x80 \xF0\x9F\x98\x80 \xE4\xBD";
  std::string json;
  format_as_json(parts, json);
  EXPECT_NE(json.find("\"text\":\"\xE4\xBD\xA0 \\ufffd \\ufffd\\ufffd \\ufffd\\ufffd\\ufffd \xF0\x9F\x98\x80 "
                      "\\ufffd\\ufffd\""),
            std::string::npos)
      << json;
}

TEST_F(LoggingTest, EverythingLoggedBeforeTheEndIsInTheFileInOrder) {
  {
    const auto logging = start();
    for (int i = 0; i < 1000; ++i) PLAZA_LOG(info, "test", "line {}", i);
    EXPECT_EQ(logging->dropped(), 0U);
  }
  std::ifstream file(path());
  std::string line;
  for (int i = 0; i < 1000; ++i) {
    ASSERT_TRUE(std::getline(file, line));
    EXPECT_NE(line.find(fmt::format(" test      line {} (logging_test.cpp:", i)), std::string::npos) << line;
  }
  EXPECT_FALSE(std::getline(file, line));
}

TEST_F(LoggingTest, LinesBelowTheLevelAreNotWritten) {
  config_.log.level = LogLevel::warn;
  {
    const auto logging = start();
    PLAZA_LOG(info, "test", "quiet");
    PLAZA_LOG(warn, "test", "loud");
  }
  set_log_level(LogLevel::info);
  EXPECT_EQ(contents(path()).find("quiet"), std::string::npos);
  EXPECT_NE(contents(path()).find("loud"), std::string::npos);
}

TEST_F(LoggingTest, IsFlushedAfterTheNumberOfLines) {
  config_.log.flush_every_lines = 3;
  const auto logging = start();
  for (int i = 0; i < 3; ++i) PLAZA_LOG(info, "test", "line {}", i);
  EXPECT_TRUE(eventually([&] { return contents(path()).find("line 2") != std::string::npos; }));
}

TEST_F(LoggingTest, IsFlushedAfterTheInterval) {
  config_.log.flush_interval_ms = 10;
  const auto logging = start();
  PLAZA_LOG(info, "test", "one line");
  EXPECT_TRUE(eventually([&] { return contents(path()).find("one line") != std::string::npos; }));
}

TEST_F(LoggingTest, AWarningIsFlushedAtOnce) {
  const auto logging = start();
  PLAZA_LOG(warn, "test", "look at this");
  EXPECT_TRUE(eventually([&] { return contents(path()).find("look at this") != std::string::npos; }));
}

TEST_F(LoggingTest, TheFileIsSetAsideAtItsSizeAndSoManyOlderOnesAreKept) {
  config_.log.rotate_bytes = 65536;
  config_.log.rotate_files = 2;
  const std::string kilobyte(1024, 'x');
  {
    const auto logging = start();
    for (int i = 0; i < 400; ++i) PLAZA_LOG(info, "test", "{}", kilobyte);
  }
  const fs::path logs = config_.server.data_dir + "/logs";
  EXPECT_LE(fs::file_size(logs / "plaza.log"), 65536U);
  EXPECT_LE(fs::file_size(logs / "plaza.1.log"), 65536U);
  EXPECT_TRUE(fs::exists(logs / "plaza.2.log"));
  EXPECT_FALSE(fs::exists(logs / "plaza.3.log"));
}

TEST_F(LoggingTest, JsonIsOneObjectALine) {
  config_.log.format = LogFormat::json;
  {
    const auto logging = start();
    PLAZA_LOG(error, "store", "disk \"full\"");
  }
  const std::string line = contents(path());
  EXPECT_NE(
      line.find(R"("level":"error","component":"store","text":"disk \"full\"","source":"logging_test.cpp:)"),
      std::string::npos)
      << line;
  EXPECT_TRUE(line.starts_with("{\"time\":\"20"));
  EXPECT_TRUE(line.ends_with("\"}\n"));
}

TEST_F(LoggingTest, AFolderThatCannotBeIsAnErrorForAPerson) {
  std::ofstream(config_.server.data_dir + "/logs") << "a file";
  const auto logging = Logging::start(config_);
  ASSERT_FALSE(logging.has_value());
  EXPECT_NE(logging.error().find("log file"), std::string::npos) << logging.error();
}

TEST_F(LoggingTest, ManyThreadsLogWhileItStops) {
  std::atomic<bool> end{false};
  std::vector<std::thread> threads;
  set_log_level(LogLevel::info);
  auto logging = start();
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      while (!end.load()) PLAZA_LOG(info, "test", "x");
    });
  }
  EXPECT_TRUE(eventually([&] { return fs::exists(path()); }));
  set_log_level(LogLevel::off);
  logging.reset();
  end.store(true);
  for (auto& thread : threads) thread.join();
  set_log_level(LogLevel::info);
}

}  // namespace
}  // namespace plaza::app
