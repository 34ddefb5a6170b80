#include "sql/sql_directory.h"

#include <sqlite3.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

#include "sql/first_schema_for_test.h"
#include "tests/contract/members_contract.h"
#include "tests/contract/rooms_contract.h"

namespace plaza::contract {
namespace {

using sql::SqlDirectory;

/// A folder of its own, with a space in its name, that goes with it.
class Folder {
 public:
  Folder() {
    std::string pattern = (std::filesystem::temp_directory_path() / "plaza sql test XXXXXX").string();
    path_ = mkdtemp(pattern.data());
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file() const { return (path_ / "directory.db").string(); }
  [[nodiscard]] std::filesystem::path path() const { return path_; }

 private:
  std::filesystem::path path_;
};

class SqliteHarness final : public DirectoryHarness {
 public:
  Directory& open(DirectoryLimits limits, std::uint8_t region) override {
    auto opened = SqlDirectory::open(folder_.file(), {.limits = limits, .region = region});
    EXPECT_TRUE(opened) << detail_of(opened);
    directory_ = std::move(*opened);
    return *directory_;
  }

 private:
  Folder folder_;
  std::unique_ptr<SqlDirectory> directory_;
};

std::unique_ptr<DirectoryHarness> sqlite() { return std::make_unique<SqliteHarness>(); }

INSTANTIATE_TEST_SUITE_P(Sql, DirectoryContract, testing::Values(DirectoryUnderTest{"sqlite", sqlite}),
                         name_of_directory);
INSTANTIATE_TEST_SUITE_P(Sql, MembersContract, testing::Values(DirectoryUnderTest{"sqlite", sqlite}),
                         name_of_directory);
INSTANTIATE_TEST_SUITE_P(Sql, RoomsContract, testing::Values(DirectoryUnderTest{"sqlite", sqlite}),
                         name_of_directory);

/// What somebody else does with the file while a directory has it open.
class Stranger {
 public:
  explicit Stranger(const std::string& file) { EXPECT_EQ(sqlite3_open(file.c_str(), &db_), SQLITE_OK); }
  ~Stranger() { sqlite3_close(db_); }
  Stranger(const Stranger&) = delete;
  Stranger& operator=(const Stranger&) = delete;
  void run(const std::string& statement) {
    char* message = nullptr;
    EXPECT_EQ(sqlite3_exec(db_, statement.c_str(), nullptr, nullptr, &message), SQLITE_OK) << message;
    sqlite3_free(message);
  }

 private:
  sqlite3* db_ = nullptr;
};

class SqlDirectoryFile : public testing::Test {
 protected:
  std::unique_ptr<SqlDirectory> open() {
    auto opened = SqlDirectory::open(folder_.file(), {.busy_timeout_ms = 1});
    EXPECT_TRUE(opened) << detail_of(opened);
    return opened ? std::move(*opened) : nullptr;
  }
  static ZoneId put_zone(Directory& d) {
    Zone wanted;
    wanted.app_name = "app";
    wanted.zone_name = "zone";
    const auto made = d.put_zone(wanted);
    EXPECT_TRUE(made) << detail_of(made);
    return made ? made->id : ZoneId{};
  }
  Folder folder_;
};

TEST_F(SqlDirectoryFile, KeepsEverythingOverAReopening) {
  MemberId ann;
  ZoneId zone;
  {
    auto d = open();
    zone = put_zone(*d);
    ann = d->register_account("Ann", "ann", "h", zone)->id;
    ASSERT_TRUE(d->create_room(zone, ann, ann, {.name = "Go", .name_key = "go"}, 1));
  }
  auto d = open();
  EXPECT_EQ(d->member(zone, ann)->nickname, "Ann");
  EXPECT_EQ(d->rooms_of(zone, ann)->size(), 1u);
  EXPECT_EQ(d->register_account("bob", "bob", "h", zone)->id.value, ann.value + 1);
  EXPECT_FALSE(std::filesystem::exists(folder_.file() + "-journal"));
}

TEST_F(SqlDirectoryFile, BringsADatabaseOfTheFirstReleaseToTheNewestSchemaWithAllThatIsInIt) {
  {
    Stranger first(folder_.file());
    for (const char* statement : sql::kFirstSchemaForTest) first.run(statement);
  }
  auto d = open();
  ASSERT_TRUE(d);
  const MemberId ann{1}, bob{2};
  const ZoneId zone = d->zone("app", "zone")->id;
  const auto rooms = d->rooms_of(zone, bob);
  ASSERT_EQ(rooms->size(), 1u);
  const Room& room = rooms->front();
  EXPECT_EQ(room.owner, bob);
  EXPECT_EQ(room.role, RoomRole::owner);
  EXPECT_EQ(room.members, 2u);
  EXPECT_EQ(room.description, "stones");
  EXPECT_EQ(room.settings, RoomSettings{}) << "open, everybody speaks, history is visible";
  EXPECT_EQ(d->standing(zone, room.id, ann).value_or(RoomStanding{}), (RoomStanding{.joined = true}));
  const auto changed = d->change(zone, bob, room.id, change::Transfer{ann}, 1);
  ASSERT_TRUE(changed) << detail_of(changed);
  EXPECT_EQ(changed->version, 1u);
  EXPECT_EQ(d->register_account("cid", "cid", "h", zone)->id.value, 3u);
  d.reset();
  EXPECT_EQ(open()->room(zone, RoomId{1})->owner, ann) << "brought up once";
}

TEST_F(SqlDirectoryFile, RefusesANewerSchemaAndSaysWhatToDo) {
  { open(); }
  const auto newer = std::to_string(sql::directory_schema_version() + 1);
  Stranger(folder_.file()).run("UPDATE schema_version SET version = " + newer + " WHERE part = 'directory'");
  const auto refused = SqlDirectory::open(folder_.file());
  EXPECT_EQ(code_of(refused), DirectoryCode::conflict);
  EXPECT_NE(detail_of(refused).find("newer plaza"), std::string::npos) << detail_of(refused);
}

TEST_F(SqlDirectoryFile, RefusesAFileThatIsNoDatabase) {
  std::ofstream(folder_.file()) << std::string(10'000, 'x');
  const auto refused = SqlDirectory::open(folder_.file());
  EXPECT_EQ(code_of(refused), DirectoryCode::unavailable);
  EXPECT_NE(detail_of(refused).find("not a database"), std::string::npos) << detail_of(refused);
}

TEST_F(SqlDirectoryFile, RefusesAFolderThatDoesNotExistAndATargetItDoesNotKnow) {
  EXPECT_EQ(code_of(SqlDirectory::open((folder_.path() / "nowhere" / "d.db").string())),
            DirectoryCode::unavailable);
  EXPECT_NE(detail_of(SqlDirectory::open("oracle://x")).find("oracle"), std::string::npos);
  EXPECT_EQ(code_of(SqlDirectory::open("a\"b")), DirectoryCode::unavailable);
  EXPECT_TRUE(SqlDirectory::open("sqlite3://db=\"" + folder_.file() + "\""));
}

TEST_F(SqlDirectoryFile, IsUnavailableWhileAnotherProcessHoldsTheLockAndRecovers) {
  auto d = open();
  const ZoneId zone = put_zone(*d);
  Stranger stranger(folder_.file());
  stranger.run("BEGIN IMMEDIATE");
  EXPECT_EQ(code_of(d->register_account("ann", "ann", "h", zone)), DirectoryCode::unavailable);
  EXPECT_TRUE(d->zone(zone)) << "reading goes on";
  stranger.run("ROLLBACK");
  EXPECT_TRUE(d->register_account("ann", "ann", "h", zone));
}

TEST_F(SqlDirectoryFile, IsUnavailableWhileATableIsGoneAndRecovers) {
  auto d = open();
  const ZoneId zone = put_zone(*d);
  Stranger stranger(folder_.file());
  stranger.run("ALTER TABLE member RENAME TO hidden");
  EXPECT_EQ(code_of(d->register_account("ann", "ann", "h", zone)), DirectoryCode::unavailable);
  EXPECT_EQ(code_of(d->member(zone, MemberId{1})), DirectoryCode::unavailable);
  stranger.run("ALTER TABLE hidden RENAME TO member");
  EXPECT_EQ(d->register_account("ann", "ann", "h", zone)->id, MemberId{1})
      << "the failed one left nothing behind";
}

// A disk that is full: the database may not grow any more.
TEST_F(SqlDirectoryFile, AFailureInTheMiddleOfATransactionLeavesNothingOfIt) {
  auto d = open();
  const ZoneId zone = put_zone(*d);
  Stranger stranger(folder_.file());
  // The account's row is written before this fires.
  stranger.run("CREATE TRIGGER full BEFORE INSERT ON member BEGIN SELECT RAISE(FAIL, 'disk full'); END");
  const auto refused = d->register_account("ann", "ann", "secret hash", zone);
  EXPECT_EQ(code_of(refused), DirectoryCode::unavailable);
  EXPECT_EQ(detail_of(refused).find("secret"), std::string::npos) << detail_of(refused);
  EXPECT_EQ(code_of(d->account_by_name("ann")), DirectoryCode::not_found);
  stranger.run("DROP TRIGGER full");
  EXPECT_TRUE(d->register_account("ann", "ann", "h", zone));
}

TEST_F(SqlDirectoryFile, AFullDiskRefusesWritesReadsGoOnAndNothingAcknowledgedIsLost) {
  const auto disk = folder_.path() / "disk";
  std::filesystem::create_directory(disk);
  if (mount("plaza-test", disk.c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "needs the right to mount";
  const std::string file = (disk / "directory.db").string();
  {
    auto opened = SqlDirectory::open(file);
    ASSERT_TRUE(opened) << detail_of(opened);
    auto& d = **opened;
    const ZoneId zone = put_zone(d);
    std::vector<MemberId> acknowledged;
    DirectoryCode end = DirectoryCode::conflict;
    for (int i = 0; i < 20'000; ++i) {
      const std::string name = "member " + std::to_string(i);
      const auto member = d.register_account(name, name, std::string(150, 'h'), zone);
      if (!member) {
        end = member.error().code;
        break;
      }
      acknowledged.push_back(member->id);
    }
    EXPECT_EQ(end, DirectoryCode::unavailable);
    ASSERT_FALSE(acknowledged.empty());
    for (const MemberId id : acknowledged) ASSERT_TRUE(d.member(zone, id));

    ASSERT_EQ(mount("plaza-test", disk.c_str(), "tmpfs", MS_REMOUNT, "size=8m"), 0);
    const auto member = d.register_account("later", "later", "h", zone);
    ASSERT_TRUE(member) << detail_of(member);
    EXPECT_EQ(member->id.value, acknowledged.back().value + 1);
    for (const MemberId id : acknowledged) ASSERT_TRUE(d.member(zone, id));
  }
  umount(disk.c_str());
}

TEST_F(SqlDirectoryFile, AReadOnlyFileIsRefusedAtTheStart) {
  const auto disk = folder_.path() / "disk";
  std::filesystem::create_directory(disk);
  if (mount("plaza-test", disk.c_str(), "tmpfs", 0, "size=1m") != 0)
    GTEST_SKIP() << "needs the right to mount";
  const std::string file = (disk / "directory.db").string();
  { ASSERT_TRUE(SqlDirectory::open(file)); }
  ASSERT_EQ(mount("plaza-test", disk.c_str(), "tmpfs", MS_REMOUNT | MS_RDONLY, ""), 0);
  const auto refused = SqlDirectory::open(file);
  EXPECT_EQ(code_of(refused), DirectoryCode::unavailable);
  EXPECT_FALSE(detail_of(refused).empty());
  umount(disk.c_str());
}

// A SELECT that is left half-way keeps its snapshot, and the connection would show the past from then on.
TEST_F(SqlDirectoryFile, EveryReaderSeesWhatWasCommittedBeforeItsCall) {
  auto d = open();
  const ZoneId zone = put_zone(*d);
  for (int i = 0; i < 50; ++i) {
    const std::string name = "n" + std::to_string(i);
    const auto member = d->register_account(name, name, "h", zone);
    ASSERT_TRUE(member);
    std::atomic<int> seen = 0;
    together(4, [&](int) { seen += d->member(zone, member->id) && d->relations(zone, member->id) ? 1 : 0; });
    EXPECT_EQ(seen, 4);
  }
}

}  // namespace
}  // namespace plaza::contract
