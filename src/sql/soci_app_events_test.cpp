#include "sql/soci_app_events.h"

#include <unistd.h>

#include <filesystem>

#include "sql/sql_directory.h"
#include "tests/contract/app_events_contract.h"

namespace plaza::contract::events {
namespace {

class SqliteHarness final : public EventsHarness {
 public:
  SqliteHarness() {
    std::string pattern = (std::filesystem::temp_directory_path() / "plaza-events-test-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
    reopen();
    chess = opened_->apps().create_app("chess")->id;
    go = opened_->apps().create_app("go")->id;
    one = zone(chess, "one");
    two = zone(chess, "two");
    other = zone(go, "one");
  }
  ~SqliteHarness() override {
    opened_.reset();
    std::filesystem::remove_all(folder_);
  }
  void reopen() {
    opened_.reset();
    auto opened = sql::SqlDirectory::open((folder_ / "directory.db").string(), {});
    EXPECT_TRUE(opened);
    opened_ = std::move(*opened);
  }
  AppEvents& events() override { return opened_->app_events(); }
  Webhooks& webhooks() override { return opened_->webhooks(); }

 private:
  ZoneId zone(AppId app, const std::string& name) {
    Zone wanted;
    wanted.app = app;
    wanted.zone_name = name;
    return opened_->apps().create_zone(wanted, 10)->zone.id;
  }

  std::filesystem::path folder_;
  std::unique_ptr<sql::SqlDirectory> opened_;
};

std::unique_ptr<EventsHarness> sqlite() { return std::make_unique<SqliteHarness>(); }
INSTANTIATE_TEST_SUITE_P(Sql, AppEventsContract, testing::Values(EventsUnderTest{"sqlite", sqlite}),
                         name_of_events);

TEST(SociAppEvents, EverythingIsThereAfterTheNextStart) {
  SqliteHarness harness;
  ASSERT_TRUE(harness.events().subscribe(harness.chess, kinds({AppEventKind::report})));
  const EventSource source{
      .app = harness.chess, .zone = harness.one, .room = RoomId{7}, .epoch = 3, .position = 9};
  ASSERT_TRUE(harness.events().watch(source, 10));
  ASSERT_TRUE(harness.events().append({{.app = harness.chess,
                                        .events = {event("{\"a\":\"'\"}", AppEventKind::report)},
                                        .from = {},
                                        .to = {}}}));
  const auto page = harness.events().read(harness.chess, 0, 10, 100);
  harness.reopen();
  EXPECT_EQ(harness.events().read(harness.chess, 0, 10, 100)->events, page->events);
  EXPECT_EQ(harness.events().log(harness.chess)->kinds, kinds({AppEventKind::report}));
  EXPECT_EQ(harness.events().sources({}, 10)->front(), source);
}

}  // namespace
}  // namespace plaza::contract::events
