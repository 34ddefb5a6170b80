// The feed on the twins of its ports: what is in the log, once and in order, whatever fails or dies in between.
#include "events/event_feed.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <latch>

#include "memory/manual_clock.h"
#include "memory/memory_app_events.h"
#include "memory/memory_apps.h"
#include "memory/memory_moderation.h"
#include "memory/memory_stream_store.h"

namespace plaza::events {
namespace {

namespace json = boost::json;
using ports::AppEventKind;

ports::AppEventKinds kinds(std::initializer_list<AppEventKind> list) {
  ports::AppEventKinds wanted;
  for (const auto kind : list) wanted.add(kind);
  return wanted;
}
const ports::AppEventKinds kPresence = kinds({AppEventKind::member_online, AppEventKind::member_offline});
const ports::AppEventKinds kRoom = kinds({AppEventKind::room_message, AppEventKind::room_change});

/// An app with a zone "one" and a feed without its thread.
class Feed : public testing::Test, public ports::AppendSink {
 protected:
  Feed() {
    EXPECT_TRUE(store_.start(*this));
    app_ = apps_.create_app("chess")->id;
    zone_ = zone(app_, "one");
    restart();
  }
  ~Feed() override { store_.stop(); }
  void appended(std::vector<ports::Appended> outcomes) override {
    for (const auto& outcome : outcomes) {
      if (outcome.code == ports::AppendCode::accepted) stored_->count_down();
    }
  }
  ports::Zone zone(AppId app, const std::string& name) {
    ports::Zone wanted;
    wanted.app = app;
    wanted.zone_name = name;
    return apps_.create_zone(wanted, 10)->zone;
  }
  /// What a start after a crash sees: the stores, and nothing that was in memory.
  void restart(FeedOptions options = {}) {
    feed_ = std::make_unique<EventFeed>(
        FeedParts{
            .events = events_, .apps = apps_, .moderation = moderation_, .store = *use_, .clock = clock_},
        options, [this](AppId app) { told_.push_back(app); });
    EXPECT_TRUE(feed_->load());
  }
  /// Stored in the room; the feed is not told.
  void store(RoomId room, const std::string& text, ports::MessageKind kind = ports::MessageKind::text) {
    auto message = std::make_shared<ports::Message>();
    message->zone = zone_.id;
    message->sender = kind == ports::MessageKind::event ? MemberId{} : MemberId{5};
    message->sender_name = message->sender ? "Ann" : "";
    message->device = message->sender ? "web" : "@room";
    message->kind = kind;
    message->conversation = ports::StreamId::room(room);
    message->body = text;
    std::latch stored(1);
    stored_ = &stored;
    ports::Append append;
    append.message = std::move(message);
    append.reach = ports::Reach::conversation;
    std::vector<ports::Append> batch;
    batch.push_back(std::move(append));
    use_->append(std::move(batch));
    stored.wait();
  }
  void say(RoomId room, const std::string& text) {
    store(room, text);
    if (feed_->watches_rooms()) feed_->room_grew(room);
  }
  void work() {
    for (int i = 0; i < 1000 && feed_->has_work(); ++i) EXPECT_TRUE(feed_->round());
    EXPECT_FALSE(feed_->has_work());
  }
  std::vector<ports::AppEvent> log(AppId app) { return events_.read(app, 0, 10'000, 10'000'000)->events; }
  static json::object data(const ports::AppEvent& event) { return json::parse(event.body).as_object(); }
  /// "room.message:hello room.changed:renamed gap:trimmed ..."
  std::string shown(AppId app) {
    std::string text;
    for (const auto& event : log(app)) {
      const json::object body = data(event);
      std::string what(ports::kAppEventNames[static_cast<std::size_t>(event.kind)]);
      for (const char* name : {"msg", "nickname", "reason", "why"}) {
        if (const auto* value = body.if_contains(name)) what += ":" + std::string(value->as_string());
      }
      if (const auto* change = body.if_contains("change"))
        what += ":" + std::string(change->at("event").as_string());
      text += (text.empty() ? "" : " ") + what;
    }
    return text;
  }
  ports::Report report(const std::string& reason, std::uint64_t message) {
    return {.id = {},
            .zone = zone_.id,
            .reporter = {},
            .time_ms = 5,
            .reason = reason,
            .conversation = ports::StreamId::room(RoomId{7}),
            .conversation_seq = message,
            .message = MessageId{message},
            .sender = MemberId{5},
            .sender_name = "Ann",
            .sent_ms = 4,
            .kind = ports::MessageKind::text,
            .body = "bad word"};
  }

  memory::ManualClock clock_;
  memory::MemoryDirectory directory_;
  memory::MemoryApps apps_{directory_};
  memory::MemoryAppEvents events_;
  memory::MemoryModeration moderation_{directory_};
  memory::MemoryStreamStore store_{clock_};
  memory::MemoryStreamStore* use_ = &store_;
  std::latch* stored_ = nullptr;
  AppId app_;
  ports::Zone zone_;
  std::vector<AppId> told_;
  std::unique_ptr<EventFeed> feed_;
};

// Rooms

TEST_F(Feed, AWatchedRoomIsToldFromThenOnInItsOrder) {
  ASSERT_TRUE(feed_->subscribe(app_, kRoom));
  say(RoomId{7}, "before");
  ASSERT_TRUE(feed_->watch(zone_, RoomId{7}, {}));
  say(RoomId{7}, "one");
  say(RoomId{8}, "of another room");
  store(RoomId{7}, R"({"event":"renamed","name":"Lobby"})", ports::MessageKind::event);
  say(RoomId{7}, "two");
  work();
  EXPECT_EQ(shown(app_), "room.message:one room.changed:renamed room.message:two");
  EXPECT_EQ(told_.back(), app_);
  const auto events = log(app_);
  EXPECT_EQ(events[0].zone, "one");
  EXPECT_EQ(
      events[0].body,
      R"({"room":7,"cseq":2,"message":2,"from":{"member":5,"nickname":"Ann"},"kind":"text","msg":"one"})");
  EXPECT_FALSE(data(events[1]).contains("from"));
}

TEST_F(Feed, FromAPositionItTellsWhatWasSaidBefore) {
  ASSERT_TRUE(feed_->subscribe(app_, kRoom));
  for (const char* text : {"a", "b", "c"}) say(RoomId{7}, text);
  EXPECT_EQ(feed_->watch(zone_, RoomId{7}, 1)->position, 1U);
  work();
  EXPECT_EQ(shown(app_), "room.message:b room.message:c");
  EXPECT_EQ(feed_->watch(zone_, RoomId{7}, 0)->position, 3U) << "it goes on where it is";
  EXPECT_EQ(feed_->watch(zone_, RoomId{8}, 99)->position, 0U) << "not past the room's head";
}

TEST_F(Feed, NothingIsLostWhenItDiesBetweenTheStoreAndTheLogAndNothingTwice) {
  ASSERT_TRUE(feed_->subscribe(app_, kRoom));
  ASSERT_TRUE(feed_->watch(zone_, RoomId{7}, {}));
  say(RoomId{7}, "a");
  work();
  store(RoomId{7}, "nobody was told of this one");
  restart();
  work();
  EXPECT_EQ(shown(app_), "room.message:a room.message:nobody was told of this one");
  restart();
  work();
  say(RoomId{7}, "b");
  work();
  EXPECT_EQ(log(app_).size(), 3U);
}

TEST_F(Feed, WhileTheLogCannotBeWrittenNothingIsLostOrDoubled) {
  ASSERT_TRUE(feed_->subscribe(app_, kinds({AppEventKind::room_message, AppEventKind::member_online})));
  ASSERT_TRUE(feed_->watch(zone_, RoomId{7}, {}));
  work();
  say(RoomId{7}, "a");
  feed_->presence(zone_, MemberId{5}, "Ann", true);
  events_.set_unavailable(true);
  EXPECT_FALSE(feed_->round());
  say(RoomId{7}, "b");
  EXPECT_FALSE(feed_->round());
  events_.set_unavailable(false);
  work();
  EXPECT_EQ(shown(app_), "member.online:Ann room.message:a room.message:b");
}

TEST_F(Feed, WhatRetentionHasRemovedUnreadIsAGap) {
  ASSERT_TRUE(feed_->subscribe(app_, kRoom));
  ASSERT_TRUE(feed_->watch(zone_, RoomId{7}, {}));
  for (int n = 1; n <= 5; ++n) store(RoomId{7}, std::to_string(n));
  for (bool more = true; more;) {
    std::latch trimmed(1);
    store_.trim({.message_age_max_ms = 0, .inbox_entries_max = 2},
                [&](Result<bool, ports::StoreError> result) {
                  more = result.value_or(false);
                  trimmed.count_down();
                });
    trimmed.wait();
  }
  restart();
  work();
  EXPECT_EQ(shown(app_), "gap:trimmed room.message:4 room.message:5");
  EXPECT_EQ(log(app_).front().body,
            R"({"kinds":["room.message","room.changed"],"why":"trimmed","room":7,"after":0,"before":4})");
}

TEST_F(Feed, ARoomThatIsWatchedNoMoreIsNotTold) {
  ASSERT_TRUE(feed_->subscribe(app_, kRoom));
  ASSERT_TRUE(feed_->watch(zone_, RoomId{7}, {}));
  EXPECT_TRUE(feed_->watches_rooms());
  say(RoomId{7}, "a");
  EXPECT_TRUE(feed_->unwatch(zone_, RoomId{7}).value());
  EXPECT_FALSE(feed_->unwatch(zone_, RoomId{7}).value());
  EXPECT_FALSE(feed_->watches_rooms());
  say(RoomId{7}, "b");
  work();
  EXPECT_EQ(shown(app_), "");
  restart();
  EXPECT_FALSE(feed_->watches_rooms());
}

TEST_F(Feed, ARoomThatGrowsAllTheTimeDoesNotKeepTheOthersWaiting) {
  restart({.rooms_per_round = 1, .page_entries_max = 1});
  ASSERT_TRUE(feed_->subscribe(app_, kRoom));
  for (const std::uint64_t room : {1, 2, 3}) ASSERT_TRUE(feed_->watch(zone_, RoomId{room}, {}));
  work();
  for (int n = 0; n < 5; ++n) say(RoomId{1}, "busy");
  say(RoomId{2}, "quiet");
  say(RoomId{3}, "silent");
  for (int n = 0; n < 3; ++n) EXPECT_TRUE(feed_->round());
  const std::string seen = shown(app_);
  EXPECT_NE(seen.find("quiet"), std::string::npos) << seen;
  EXPECT_NE(seen.find("silent"), std::string::npos) << seen;
  work();
  EXPECT_EQ(log(app_).size(), 7U);
}

TEST_F(Feed, WhenAnOlderCopyWasPutBackARoomGoesOnFromThereAndNothingOldIsToldAgain) {
  for (const std::uint32_t epoch : {2U, 1U}) {  // with `plaza new-epoch`, and without
    const RoomId room{7 + epoch};
    ASSERT_TRUE(feed_->subscribe(app_, kRoom));
    ASSERT_TRUE(feed_->watch(zone_, room, {}));
    for (const char* text : {"a", "b", "c"}) say(room, text);
    work();
    const std::size_t before = log(app_).size();
    memory::MemoryStreamStore copy(clock_, {.epoch = epoch});
    ASSERT_TRUE(copy.start(*this));
    use_ = &copy;
    store(room, "a");
    restart();
    say(room, "another b");
    work();
    const auto events = log(app_);
    ASSERT_EQ(events.size(), before + 2);
    EXPECT_EQ(events[before].body, R"({"kinds":["room.message","room.changed"],"why":"restored","room":)" +
                                       std::to_string(room.value) + R"(,"after":1})");
    EXPECT_EQ(data(events[before + 1]).at("msg").as_string(), "another b");
    ASSERT_TRUE(feed_->unwatch(zone_, room));
    use_ = &store_;
    restart();
    copy.stop();
  }
}

// Presence

TEST_F(Feed, ComingsAndGoingsAreToldToTheAppThatWantsThemOnly) {
  const AppId other = apps_.create_app("go")->id;
  const ports::Zone theirs = zone(other, "one");
  ASSERT_TRUE(feed_->subscribe(app_, kPresence));
  feed_->presence(zone_, MemberId{5}, "Ann", true);
  feed_->presence(theirs, MemberId{6}, "Bob", true);
  feed_->presence(zone_, MemberId{5}, "Ann", false);
  work();
  EXPECT_EQ(shown(app_), "member.online:Ann member.offline:Ann");
  EXPECT_EQ(log(app_).front().body, R"({"member":5,"nickname":"Ann"})");
  EXPECT_EQ(shown(other), "");
  ASSERT_TRUE(feed_->subscribe(app_, {}));
  feed_->presence(zone_, MemberId{5}, "Ann", true);
  EXPECT_FALSE(feed_->has_work());
}

TEST_F(Feed, WhatIsTooMuchOfThemIsAGapWithItsNumberAndOneAppsFloodIsNotTheOthers) {
  const AppId other = apps_.create_app("go")->id;
  const ports::Zone theirs = zone(other, "one");
  restart({.presence_waiting_max = 2});
  ASSERT_TRUE(feed_->subscribe(app_, kPresence));
  ASSERT_TRUE(feed_->subscribe(other, kPresence));
  for (int n = 0; n < 5; ++n) feed_->presence(zone_, MemberId{5}, "Ann", n % 2 == 0);
  feed_->presence(theirs, MemberId{6}, "Bob", true);
  work();
  EXPECT_EQ(shown(app_), "member.online:Ann member.offline:Ann gap:overflow");
  EXPECT_EQ(data(log(app_).back()).at("lost").as_int64(), 3);
  EXPECT_EQ(shown(other), "member.online:Bob");
}

TEST_F(Feed, AStartIsAGapForThoseWhoWantToKnowWhoIsThere) {
  ASSERT_TRUE(feed_->subscribe(app_, kPresence));
  restart();
  work();
  EXPECT_EQ(shown(app_), "gap:restart");
  ASSERT_TRUE(feed_->subscribe(app_, kRoom));
  restart();
  work();
  EXPECT_EQ(shown(app_), "gap:restart") << "nobody wants to know";
}

// Reports

TEST_F(Feed, ReportsAreToldOnceBeginningWithThoseThatAreOpen) {
  ASSERT_TRUE(moderation_.put_report(report("closed", 1)));
  ASSERT_TRUE(moderation_.put_report(report("open", 2)));
  ASSERT_TRUE(moderation_.close_report(zone_.id, ReportId{1}, "operator", "", 6));
  ASSERT_TRUE(feed_->subscribe(app_, kinds({AppEventKind::report})));
  work();
  ASSERT_TRUE(moderation_.put_report(report("next", 3)));
  feed_->reported(zone_.id);
  feed_->reported(zone_.id);
  work();
  EXPECT_EQ(shown(app_), "report.made:open report.made:next");
  ASSERT_TRUE(moderation_.put_report(report("told to nobody", 4)));
  restart();
  work();
  EXPECT_EQ(shown(app_), "report.made:open report.made:next report.made:told to nobody");
  EXPECT_EQ(
      log(app_).front().body,
      R"({"report":2,"reporter":0,"reason":"open","message":{"message":2,"cseq":2,"from":{"member":5,"nickname":"Ann"},"time_ms":4,"kind":"text","msg":"bad word"}})");
}

TEST_F(Feed, AZoneThatIsMadeLaterIsKnownByItsFirstReport) {
  ASSERT_TRUE(feed_->subscribe(app_, kinds({AppEventKind::report})));
  work();
  zone_ = zone(app_, "two");
  ASSERT_TRUE(moderation_.put_report(report("first", 1)));
  feed_->reported(zone_.id);
  work();
  EXPECT_EQ(shown(app_), "report.made:first");
  EXPECT_EQ(log(app_).front().zone, "two");
}

TEST_F(Feed, TheReportsOfAnotherAppAreNotTold) {
  const AppId other = apps_.create_app("go")->id;
  zone_ = zone(other, "one");
  ASSERT_TRUE(feed_->subscribe(app_, kinds({AppEventKind::report})));
  ASSERT_TRUE(moderation_.put_report(report("theirs", 1)));
  feed_->reported(zone_.id);
  work();
  EXPECT_EQ(shown(app_), "");
  EXPECT_EQ(shown(other), "");
}

TEST_F(Feed, AZonesNewNameIsInTheNextEvent) {
  ASSERT_TRUE(feed_->subscribe(app_, kRoom));
  ASSERT_TRUE(feed_->watch(zone_, RoomId{7}, {}));
  say(RoomId{7}, "a");
  work();
  ASSERT_TRUE(apps_.rename_zone(app_, zone_.id, "new"));
  feed_->zones_changed();
  say(RoomId{7}, "b");
  work();
  EXPECT_EQ(log(app_)[0].zone, "one");
  EXPECT_EQ(log(app_)[1].zone, "new");
}

TEST_F(Feed, TrimmingKeepsTheNewest) {
  restart({.kept_ms = 1000, .kept_max = 2});
  ASSERT_TRUE(feed_->subscribe(app_, kPresence));
  for (int n = 0; n < 3; ++n) feed_->presence(zone_, MemberId{5}, "Ann", true);
  work();
  feed_->trim();
  EXPECT_EQ(log(app_).size(), 2U);
  clock_.advance_ms(1001);
  feed_->trim();
  EXPECT_TRUE(log(app_).empty());
}

TEST_F(Feed, ItsThreadDoesTheSame) {
  ASSERT_TRUE(feed_->subscribe(app_, kRoom));
  std::latch told(1);
  feed_ = std::make_unique<EventFeed>(
      FeedParts{
          .events = events_, .apps = apps_, .moderation = moderation_, .store = store_, .clock = clock_},
      FeedOptions{}, [&](AppId) { told.count_down(); });
  ASSERT_TRUE(feed_->load());
  feed_->start();
  ASSERT_TRUE(feed_->watch(zone_, RoomId{7}, {}));
  say(RoomId{7}, "a");
  told.wait();
  feed_->stop();
  EXPECT_EQ(shown(app_), "room.message:a");
}

}  // namespace
}  // namespace plaza::events
