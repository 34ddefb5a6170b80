#include "sql/soci_erasures.h"

#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>
#include <set>

#include "sql/sql_directory.h"
#include "tests/contract/erasures_contract.h"

namespace plaza::contract::erasures {
namespace {

class SqliteHarness final : public ErasuresHarness {
 public:
  SqliteHarness() {
    std::string pattern = (std::filesystem::temp_directory_path() / "plaza-erasures-test-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    auto opened = sql::SqlDirectory::open((folder_ / "directory.db").string());
    EXPECT_TRUE(opened);
    opened_ = std::move(*opened);
  }
  ~SqliteHarness() override {
    opened_.reset();
    std::filesystem::remove_all(folder_);
  }
  Directory& directory() override { return *opened_; }
  Channels& channels() override { return *opened_; }
  Apps& apps() override { return opened_->apps(); }
  Erasures& erasures() override { return opened_->erasures(); }
  [[nodiscard]] std::string file() const { return (folder_ / "directory.db").string(); }

 private:
  std::filesystem::path folder_;
  std::unique_ptr<sql::SqlDirectory> opened_;
};

std::unique_ptr<ErasuresHarness> sqlite() { return std::make_unique<SqliteHarness>(); }

INSTANTIATE_TEST_SUITE_P(Sql, ErasuresContract, testing::Values(ErasuresUnderTest{"sqlite", sqlite}),
                         name_of_erasures);

/// All tables, read from outside.
std::set<std::string> tables_of(const std::string& file) {
  std::set<std::string> tables;
  sqlite3* db = nullptr;
  EXPECT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  const auto keep = [](void* into, int, char** row, char**) {
    static_cast<std::set<std::string>*>(into)->insert(row[0]);
    return 0;
  };
  EXPECT_EQ(sqlite3_exec(db, "SELECT name FROM sqlite_schema WHERE type = 'table'", keep, &tables, nullptr),
            SQLITE_OK);
  sqlite3_close(db);
  return tables;
}

TEST(SociErasures, EveryTableIsEitherEmptiedOfWhatIsDeletedOrKeptForAReason) {
  const std::set<std::string> emptied{"account",
                                      "account_name",
                                      "announcement",
                                      "announcement_member",
                                      "api_key",
                                      "app",
                                      "app_event",
                                      "app_log",
                                      "app_quota",
                                      "app_usage",
                                      "backend_server",
                                      "channel",
                                      "dead_letter",
                                      "event_source",
                                      "friend",
                                      "member",
                                      "repeatable_call",
                                      "report",
                                      "room",
                                      "room_event",
                                      "room_listed",
                                      "room_member",
                                      "room_pin",
                                      "sanction",
                                      "third_party",
                                      "token",
                                      "webhook",
                                      "word_rule",
                                      "zone"};
  const std::set<std::string> kept{"audit", "audit_head",              // what was done, for good
                                   "id_counter",                       // ids are not used again
                                   "installation", "schema_version"};  // of the database
  for (const std::string& table : tables_of(SqliteHarness().file())) {
    EXPECT_TRUE(emptied.contains(table) || kept.contains(table))
        << table
        << " is new: remove what a zone or an app has in it (soci_erasures.cpp), with a row of it in "
        << "tests/integration/erase_test.py, and name it here";
  }
}

}  // namespace
}  // namespace plaza::contract::erasures
