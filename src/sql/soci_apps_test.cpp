#include "sql/soci_apps.h"

#include <sqlite3.h>
#include <unistd.h>

#include <filesystem>

#include "sql/sql_directory.h"
#include "tests/contract/apps_contract.h"

namespace plaza::contract::apps {
namespace {

class SqliteHarness final : public AppsHarness {
 public:
  explicit SqliteHarness(const DirectoryLimits& limits = {}) : limits_(limits) {
    std::string pattern = (std::filesystem::temp_directory_path() / "plaza-apps-test-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    reopen();
  }
  ~SqliteHarness() override {
    opened_.reset();
    std::filesystem::remove_all(folder_);
  }
  void reopen() {
    opened_.reset();
    auto opened = sql::SqlDirectory::open(file(), {.limits = limits_, .audit_key = kAuditKey});
    EXPECT_TRUE(opened);
    opened_ = std::move(*opened);
  }
  [[nodiscard]] std::string file() const { return (folder_ / "directory.db").string(); }
  Directory& directory() override { return *opened_; }
  Apps& apps() override { return opened_->apps(); }
  Idempotency& idempotency() override { return opened_->idempotency(); }
  AuditLog& audit() override { return opened_->audit(); }

 private:
  const DirectoryLimits limits_;
  std::filesystem::path folder_;
  std::unique_ptr<sql::SqlDirectory> opened_;
};

std::unique_ptr<AppsHarness> sqlite() { return std::make_unique<SqliteHarness>(); }
const auto kAll = testing::Values(AppsUnderTest{"sqlite", sqlite});

INSTANTIATE_TEST_SUITE_P(Sql, AppsContract, kAll, name_of_apps);
INSTANTIATE_TEST_SUITE_P(Sql, IdempotencyContract, kAll, name_of_apps);
INSTANTIATE_TEST_SUITE_P(Sql, AuditContract, kAll, name_of_apps);

/// Runs a statement from outside, as somebody who has the file.
void tamper(const std::string& file, const char* statement) {
  sqlite3* db = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &db), SQLITE_OK);
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(db, statement, nullptr, nullptr, &error), SQLITE_OK) << error;
  sqlite3_close(db);
}

TEST(SociAudit, WhatWasDoneToTheFileIsFoundAfterTheNextStart) {
  for (const char* statement :
       {"UPDATE audit SET target = 'another' WHERE seq = 2", "DELETE FROM audit WHERE seq = 2",
        "DELETE FROM audit WHERE seq = 4", "UPDATE audit SET seq = -seq; UPDATE audit SET seq = 5 + seq",
        "INSERT INTO audit SELECT 5, time_ms, app, actor, action, target, outcome, digest, hash FROM audit "
        "WHERE seq = 1",
        "UPDATE audit_head SET seq = 3"}) {
    SqliteHarness harness;
    for (int n = 0; n < 4; ++n) {
      ASSERT_TRUE(harness.audit().append({.seq = 0,
                                          .time_ms = n,
                                          .app = {},
                                          .actor = "operator:0",
                                          .action = "a",
                                          .target = std::to_string(n),
                                          .outcome = "asked",
                                          .digest = "",
                                          .hash = ""}));
    }
    harness.reopen();
    EXPECT_EQ(verify_audit(harness.audit(), kAuditKey)->wrong, "");
    tamper(harness.file(), statement);
    EXPECT_NE(verify_audit(harness.audit(), kAuditKey)->wrong, "") << statement;
  }
}

TEST(SociApps, WhatIsCountedIsRightAfterTheNextStartAndAfterAnUpgradeOfTheSchema) {
  SqliteHarness harness;
  const AppId chess = harness.apps().create_app("chess")->id;
  Zone wanted;
  wanted.app = chess;
  wanted.zone_name = "one";
  const ZoneId one = harness.apps().create_zone(wanted, 10)->zone.id;
  const auto ann = *harness.directory().register_account("ann", "ann", "", one);
  ASSERT_TRUE(harness.directory().register_account("bob", "bob", "", one));
  const auto make = [&](const std::string& name) {
    return harness.directory()
        .create_room(one, ann.id, ann.id,
                     {.name = name, .name_key = name, .description = {}, .avatar = {}, .settings = {}}, 1)
        ->room.id;
  };
  make("a"), make("b");
  ASSERT_TRUE(harness.directory().change(one, ann.id, make("c"), change::Dissolve{}, 2));
  const AppUsage right{.members = 2, .rooms = 2};
  harness.reopen();
  EXPECT_EQ(*harness.apps().usage(chess), right);
  // As it was before there were quotas.
  tamper(harness.file(),
         "DROP TABLE app_usage; DROP TABLE app_quota;"
         "ALTER TABLE member DROP COLUMN custom; ALTER TABLE member DROP COLUMN version;"
         "ALTER TABLE member DROP COLUMN friends_from; ALTER TABLE member DROP COLUMN messages_from;"
         "DROP INDEX account_name_account; DROP INDEX third_party_account; DROP INDEX friend_peer;"
         "UPDATE schema_version SET version = 8 WHERE part = 'directory'");
  harness.reopen();
  EXPECT_EQ(*harness.apps().usage(chess), right);
}

TEST(SociApps, AnAppWithoutQuotasOfItsOwnHasThoseOfTheSettings) {
  ports::DirectoryLimits limits;
  limits.app.set(Quota::members, 1);
  SqliteHarness harness(limits);
  const AppId chess = harness.apps().create_app("chess")->id;
  Zone wanted;
  wanted.app = chess;
  wanted.zone_name = "one";
  const ZoneId one = harness.apps().create_zone(wanted, 10)->zone.id;
  ASSERT_TRUE(harness.directory().register_account("ann", "ann", "", one));
  EXPECT_EQ(refused(harness.directory().register_account("bob", "bob", "", one)), DirectoryCode::quota);
  OwnQuotas none;
  none.of(Quota::members) = 0;
  ASSERT_TRUE(harness.apps().set_quotas(chess, none));
  harness.reopen();
  EXPECT_TRUE(harness.directory().register_account("bob", "bob", "", one));
}

TEST(SociApps, EverythingIsThereAfterTheNextStart) {
  SqliteHarness harness;
  const AppId app = harness.apps().create_app("chess")->id;
  const auto server = harness.apps().register_server(
      {.id = {}, .app = app, .name = "one", .networks = {"10.0.0.0/8", "::1/128"}, .created_ms = 5}, 10);
  ASSERT_TRUE(server);
  ASSERT_TRUE(harness.apps().add_key(
      app, {.id = "k", .server = server->id, .sealed_secret = "s", .created_ms = 1, .revoked_ms = 0}));
  ASSERT_TRUE(harness.apps().disable_app(app, true));
  harness.reopen();
  EXPECT_EQ(harness.apps().key_holder("k")->server, *server);
  EXPECT_TRUE(harness.apps().app("chess")->disabled);
}

}  // namespace
}  // namespace plaza::contract::apps
