// Two databases are copied while somebody writes to one and then to the other: the copies are of one moment.
#include "sqlite/online_copy.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <atomic>
#include <filesystem>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "sqlite/connection.h"

namespace plaza::sqlite {
namespace {

namespace fs = std::filesystem;

class OnlineCopyOfSeveral : public testing::Test {
 protected:
  OnlineCopyOfSeveral() {
    std::string pattern = (fs::temp_directory_path() / "plaza-copy-XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    // Those in between have nothing to do but to take time: the snapshots of the two are never beside each other by chance.
    names_.emplace_back("first.db");
    for (int i = 0; i < 30; ++i) names_.push_back(fmt::format("between{}.db", i));
    names_.emplace_back("second.db");
    for (const auto& name : names_) {
      Connection connection = opened(name);
      EXPECT_EQ(connection.run("PRAGMA synchronous = OFF; PRAGMA journal_mode = WAL; CREATE TABLE count (n "
                               "INTEGER); CREATE TABLE "
                               "pages (data BLOB); INSERT INTO count VALUES (0)"),
                SQLITE_OK);
      if (name.starts_with("between")) continue;
      fill(connection, "INSERT INTO pages VALUES (randomblob(4096))", 200);
    }
  }
  ~OnlineCopyOfSeveral() override { fs::remove_all(folder_); }

  [[nodiscard]] std::string path(const std::string& name) const { return (folder_ / name).string(); }
  [[nodiscard]] Connection opened(const std::string& name) const {
    Connection connection;
    EXPECT_EQ(connection.open(path(name), Connection::Mode::create, {}, 5'000), SQLITE_OK);
    return connection;
  }
  static void fill(Connection& connection, const char* insert, int times) {
    EXPECT_EQ(connection.run("BEGIN"), SQLITE_OK);
    for (int i = 0; i < times; ++i) EXPECT_EQ(connection.run(insert), SQLITE_OK);
    EXPECT_EQ(connection.run("COMMIT"), SQLITE_OK);
  }
  [[nodiscard]] std::int64_t count(const std::string& name) const {
    std::int64_t n = -1;
    Connection connection = opened(name);
    EXPECT_EQ(connection.query_int("SELECT n FROM count", n), SQLITE_ROW);
    return n;
  }
  [[nodiscard]] Result<OnlineCopy, std::string> copy(const std::string& into,
                                                     OnlineCopyOptions options = {}) const {
    fs::create_directory(path(into));
    std::vector<FileCopy> files;
    for (const auto& name : names_) files.push_back({path(name), path(into + "/" + name)});
    return copy_together(files, options);
  }
  /// Counts in the first and then in the second, again and again, while `meanwhile` runs.
  void while_written(const std::function<void()>& meanwhile) const {
    std::atomic<bool> stop{false};
    std::atomic<int> refused{0};
    std::thread writer([&] {
      Connection first = opened("first.db");
      Connection second = opened("second.db");
      // As fast as it goes: the moments between two snapshots must not be idle by chance.
      for (Connection* one : {&first, &second}) EXPECT_EQ(one->run("PRAGMA synchronous = OFF"), SQLITE_OK);
      while (!stop) {
        for (Connection* one : {&first, &second}) {
          if (one->run("BEGIN IMMEDIATE; UPDATE count SET n = n + 1; COMMIT") != SQLITE_OK) ++refused;
        }
      }
    });
    while (count("second.db") == 0) std::this_thread::yield();
    meanwhile();
    stop = true;
    writer.join();
    EXPECT_EQ(refused, 0) << "a writer did not get its lock in time";
  }

  fs::path folder_;
  std::vector<std::string> names_;
};

TEST_F(OnlineCopyOfSeveral, AreOfOneMomentWhileBothAreWritten) {
  while_written([this] {
    for (int round = 0; round < 6; ++round) {
      const std::string into = fmt::format("copy{}", round);
      const std::int64_t before = count("first.db");
      const auto done = copy(into, {.pages_per_step = 8});
      ASSERT_TRUE(done) << done.error();
      const std::int64_t first = count(into + "/first.db");
      const std::int64_t second = count(into + "/second.db");
      EXPECT_GE(first, before);  // what was committed before is in it
      EXPECT_GE(first, second) << "the second has what follows from something the first does not have";
      EXPECT_LE(first, second + 1);
      EXPECT_GT(done->bytes,
                fs::file_size(path(into + "/first.db")) + fs::file_size(path(into + "/second.db")));
    }
  });
}

TEST_F(OnlineCopyOfSeveral, WaitForWhoHoldsALockAndThenSayWhichFile) {
  Connection holder = opened("second.db");
  ASSERT_EQ(holder.run("BEGIN IMMEDIATE"), SQLITE_OK);
  const auto refused = copy("copy", {.wait_ms = 30, .attempt_ms = 10});
  ASSERT_FALSE(refused);
  EXPECT_NE(refused.error().find(path("second.db")), std::string::npos) << refused.error();
  EXPECT_NE(refused.error().find("another program has held a lock"), std::string::npos) << refused.error();
  // Nothing of the other one is held any more.
  Connection other = opened("first.db");
  EXPECT_EQ(other.run("BEGIN IMMEDIATE; COMMIT"), SQLITE_OK);
  ASSERT_EQ(holder.run("ROLLBACK"), SQLITE_OK);
  EXPECT_TRUE(copy("copy").has_value());
}

TEST_F(OnlineCopyOfSeveral, AFileThatIsMissingIsNotMadeAndADamagedOneIsNotCopiedInSilence) {
  fs::remove(path("second.db"));
  const auto missing = copy("copy");
  ASSERT_FALSE(missing);
  EXPECT_NE(missing.error().find("there is no such file"), std::string::npos) << missing.error();
  EXPECT_FALSE(fs::exists(path("second.db")));

  {
    Connection again = opened("second.db");
    ASSERT_EQ(again.run("CREATE TABLE t (a TEXT); CREATE INDEX i ON t (a)"), SQLITE_OK);
    fill(again, "INSERT INTO t VALUES ('a text that is long enough ' || random())", 2000);
  }
  {
    // A page in the middle is of another file now, as after a write that went astray.
    std::FILE* file = std::fopen(path("second.db").c_str(), "r+b");
    ASSERT_NE(file, nullptr);
    std::fseek(file, 4096 * 5, SEEK_SET);
    for (int i = 0; i < 4096; ++i) std::fputc(0x5A, file);
    std::fclose(file);
  }
  fs::remove_all(path("copy"));
  const auto damaged = copy("copy");
  ASSERT_FALSE(damaged);
  EXPECT_NE(damaged.error().find("second.db: it is damaged"), std::string::npos) << damaged.error();
}

}  // namespace
}  // namespace plaza::sqlite
