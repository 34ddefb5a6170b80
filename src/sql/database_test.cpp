#include "sql/database.h"

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <filesystem>
#include <latch>
#include <stdexcept>
#include <thread>

namespace plaza::sql {
namespace {

using ports::DirectoryCode;
using ports::DirectoryResult;

/// A database with one table, and writers that are made to wait for each other.
class WritesTogether : public testing::Test {
 protected:
  using Work = std::function<DirectoryResult<void>(Connection&)>;

  WritesTogether() {
    const auto made = database_.write([](Connection& db) -> DirectoryResult<void> {
      db.once("CREATE TABLE note (id INTEGER PRIMARY KEY)");
      return {};
    });
    EXPECT_TRUE(made);
  }
  ~WritesTogether() override { std::filesystem::remove_all(folder_); }

  static Work note(int id) {
    return [id](Connection& db) -> DirectoryResult<void> {
      db.run("INSERT INTO note (id) VALUES (:id)", id);
      return {};
    };
  }
  long long notes_in(Connection& db) { return db.value<long long>("SELECT COUNT(*) FROM note"); }
  long long committed() {
    return *database_.read([&](Connection& db) -> DirectoryResult<long long> { return notes_in(db); });
  }

  /// Carries out `works` as one group: they come, in this order, while another write is under way.
  std::vector<DirectoryResult<void>> together(const std::vector<Work>& works) {
    std::latch begun(1), all_wait(1);
    std::thread first([&] {
      const auto done = database_.write([&](Connection&) -> DirectoryResult<void> {
        begun.count_down();
        all_wait.wait();
        return {};
      });
      EXPECT_TRUE(done);
    });
    begun.wait();
    std::vector<DirectoryResult<void>> results(works.size());
    std::vector<std::thread> threads;
    for (std::size_t i = 0; i < works.size(); ++i) {
      threads.emplace_back([&, i] { results[i] = database_.write(works[i]); });
      while (database_.writes_waiting() != i + 1) std::this_thread::yield();
    }
    all_wait.count_down();
    first.join();
    for (auto& thread : threads) thread.join();
    return results;
  }

  std::filesystem::path folder_ = [] {
    std::string pattern = (std::filesystem::temp_directory_path() / "plaza-database-XXXXXX").string();
    return std::filesystem::path(mkdtemp(pattern.data()));
  }();
  Database database_{{.backend = "sqlite3", .connect_string = (folder_ / "test.db").string()}, 2};
};

TEST_F(WritesTogether, AreOneTransactionInTheOrderTheyCame) {
  std::vector<long long> seen, outside;
  const auto look = [&](Connection& db) {
    seen.push_back(notes_in(db));
    outside.push_back(committed());
  };
  std::vector<Work> works;
  for (int id = 0; id < 3; ++id) {
    works.emplace_back([&, id](Connection& db) {
      look(db);
      return note(id)(db);
    });
  }
  for (const auto& result : together(works)) EXPECT_TRUE(result);
  EXPECT_EQ(seen, (std::vector<long long>{0, 1, 2}));
  EXPECT_EQ(outside, (std::vector<long long>{0, 0, 0})) << "each had a commit of its own";
  EXPECT_EQ(committed(), 3);
}

TEST_F(WritesTogether, OneThatIsRefusedTakesBackItsOwnAlone) {
  const auto results = together({note(1),
                                 [](Connection& db) -> DirectoryResult<void> {
                                   db.run("INSERT INTO note (id) VALUES (2)");
                                   return fail(ports::DirectoryError{DirectoryCode::conflict, "no"});
                                 },
                                 note(3)});
  EXPECT_TRUE(results[0]);
  ASSERT_FALSE(results[1]);
  EXPECT_EQ(results[1].error().code, DirectoryCode::conflict);
  EXPECT_TRUE(results[2]);
  EXPECT_EQ(committed(), 2);
}

TEST_F(WritesTogether, AllRefusedLeaveNothing) {
  const Work refused = [](Connection& db) -> DirectoryResult<void> {
    db.run("INSERT INTO note (id) VALUES (2)");
    return fail(ports::DirectoryError{DirectoryCode::conflict, "no"});
  };
  for (const auto& result : together({refused, refused})) EXPECT_FALSE(result);
  EXPECT_EQ(committed(), 0);
}

TEST_F(WritesTogether, OneThatThrowsIsUnavailableAndTheOthersAreDoneOnce) {
  int thrown = 0;
  const auto results = together({note(1),
                                 [&](Connection& db) -> DirectoryResult<void> {
                                   db.run("INSERT INTO note (id) VALUES (2)");
                                   ++thrown;
                                   throw std::runtime_error("the disk is on fire");
                                 },
                                 note(3)});
  EXPECT_TRUE(results[0]);
  ASSERT_FALSE(results[1]);
  EXPECT_EQ(results[1].error().code, DirectoryCode::unavailable);
  EXPECT_EQ(results[1].error().detail, "the disk is on fire");
  EXPECT_TRUE(results[2]);
  EXPECT_EQ(thrown, 2) << "with the others, then alone";
  EXPECT_EQ(committed(), 2);
}

TEST_F(WritesTogether, ACommitThatFailsIsTriedByNobodyAgain) {
  // A reference to nothing that is only looked at when the transaction commits.
  ASSERT_TRUE(database_.write([](Connection& db) -> DirectoryResult<void> {
    db.once("CREATE TABLE mark (note INTEGER REFERENCES note(id) DEFERRABLE INITIALLY DEFERRED)");
    return {};
  }));
  int attempts = 0;
  const auto results = together({note(1), [&](Connection& db) -> DirectoryResult<void> {
                                   ++attempts;
                                   db.run("INSERT INTO mark (note) VALUES (77)");
                                   return {};
                                 }});
  for (const auto& result : results) {
    ASSERT_FALSE(result);
    EXPECT_EQ(result.error().code, DirectoryCode::unavailable);
  }
  EXPECT_EQ(attempts, 1);
  EXPECT_EQ(committed(), 0);
  EXPECT_TRUE(database_.write(note(5))) << "the next one opens the database anew";
}

TEST(WriteGroups, TakesNoMoreThanItsLimitAtOnceAndEachOnce) {
  struct Nothing final : PendingWrite {};
  std::vector<std::size_t> sizes;
  std::latch begun(1), all_wait(1);
  WriteGroups groups(2, [&](std::span<PendingWrite* const> group) {
    sizes.push_back(group.size());
    if (sizes.size() > 1) return;
    begun.count_down();
    all_wait.wait();
  });
  std::vector<std::thread> threads;
  const auto one_more = [&] {
    threads.emplace_back([&] {
      Nothing mine;
      groups.run(mine);
    });
  };
  one_more();
  begun.wait();
  for (std::size_t i = 1; i <= 5; ++i) {
    one_more();
    while (groups.waiting() != i) std::this_thread::yield();
  }
  all_wait.count_down();
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(sizes, (std::vector<std::size_t>{1, 2, 2, 1}));
}

}  // namespace
}  // namespace plaza::sql
