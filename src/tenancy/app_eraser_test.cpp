// What is being deleted goes, piece by piece, wherever it was interrupted.
#include "tenancy/app_eraser.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <future>
#include <map>

#include "memory/manual_clock.h"
#include "memory/memory_erasures.h"
#include "memory/memory_stream_store.h"

namespace plaza::tenancy {
namespace {

using ports::StreamId;
using Step = AppEraser::Step;

class Sink final : public ports::AppendSink {
 public:
  void appended(std::vector<ports::Appended> outcomes) override {
    for (const auto& outcome : outcomes) EXPECT_EQ(outcome.code, ports::AppendCode::accepted);
  }
};

class AppEraserTest : public testing::Test {
 protected:
  AppEraserTest() {
    EXPECT_TRUE(store.start(sink));
    app = apps.create_app("chess")->id;
    one = zone("one"), two = zone("two");
    ann = member(one, "ann"), bob = member(one, "bob"), cat = member(two, "cat"), dan = member(two, "dan");
    begin();
  }
  ~AppEraserTest() override { store.stop(); }
  /// As after a restart.
  void begin() {
    eraser = std::make_unique<AppEraser>(
        AppEraser::Parts{.erasures = erasures,
                         .streams = store,
                         .log = store,
                         .forget_words = [this](const ports::SearchScope& scope) -> AppEraser::Piece {
                           if (words_fail) return fail(std::string("no index"));
                           forgotten.push_back(scope.only.value_or(StreamId::inbox(scope.member)));
                           return false;
                         },
                         .clear_files = [this](ZoneId zone) -> AppEraser::Piece {
                           return files[zone] > 0 && --files[zone] > 0;
                         },
                         .gone = [this](const ports::Doomed& what) { gone.push_back(what); }});
  }
  ZoneId zone(const std::string& name) {
    ports::Zone wanted;
    wanted.app = app;
    wanted.zone_name = name;
    return apps.create_zone(wanted, 10)->zone.id;
  }
  MemberId member(ZoneId where, const std::string& name) {
    return directory.register_account(name, name, "", where)->id;
  }
  void say(ZoneId where, MemberId from, StreamId to, const std::string& text) {
    auto message = std::make_shared<ports::Message>();
    message->zone = where;
    message->sender = from;
    message->device = "web";
    message->conversation = to;
    message->body = text;
    ports::Append append;
    append.message = message;
    const bool pair = to.kind() == ports::StreamKind::pair;
    append.reach = pair ? ports::Reach::inboxes : ports::Reach::conversation;
    std::vector<ports::Append> batch;
    batch.push_back(std::move(append));
    store.append(std::move(batch));
    head(to);  // it is stored
  }
  std::uint64_t head(StreamId stream) {
    std::promise<std::uint64_t> answer;
    store.heads({stream}, [&](auto heads) { answer.set_value(heads->front().head); });
    return answer.get_future().get();
  }
  /// The bodies of all messages that are there.
  std::string messages() {
    std::string all;
    const auto page = store.after({}, 1'000);
    for (const auto& message : page->messages) all += message->body + ' ';
    return all;
  }
  int finish() {
    int steps = 0;
    while (eraser->step() == Step::more && steps < 1'000) ++steps;
    EXPECT_EQ(eraser->step(), Step::idle) << eraser->failure();
    return steps;
  }

  memory::ManualClock clock;
  Sink sink;
  memory::MemoryStreamStore store{clock};
  memory::MemoryDirectory directory;
  memory::MemoryApps apps{directory};
  memory::MemoryErasures erasures{directory, apps};
  std::unique_ptr<AppEraser> eraser;
  std::vector<StreamId> forgotten;
  std::map<ZoneId, int> files;
  std::vector<ports::Doomed> gone;
  bool words_fail = false;
  AppId app;
  ZoneId one, two;
  MemberId ann, bob, cat, dan;
};

TEST_F(AppEraserTest, AZoneGoesWithItsMessagesWordsAndFilesAndOthersKeepTheirs) {
  say(one, ann, StreamId::pair(ann, bob), "gone");
  say(two, cat, StreamId::pair(cat, dan), "stays");
  files[one] = 3;
  ASSERT_TRUE(apps.delete_zone(app, one));
  EXPECT_GT(finish(), 3);
  EXPECT_EQ(messages(), "stays ");
  EXPECT_EQ(head(StreamId::inbox(ann)), 0U);
  EXPECT_EQ(head(StreamId::inbox(cat)), 1U);
  EXPECT_EQ(files[one], 0);
  EXPECT_EQ(forgotten, (std::vector{StreamId::inbox(ann), StreamId::inbox(bob)}));
  EXPECT_EQ(gone, (std::vector{ports::Doomed{.app = app, .zone = one}}));
  EXPECT_FALSE(apps.zone_record(app, "one"));
  EXPECT_TRUE(apps.zone_record(app, "two"));
}

TEST_F(AppEraserTest, AnAppGoesAfterItsZones) {
  say(two, cat, StreamId::pair(cat, dan), "gone");
  ASSERT_TRUE(apps.delete_app(app));
  finish();
  EXPECT_EQ(messages(), "");
  EXPECT_EQ(gone, (std::vector{ports::Doomed{.app = app, .zone = one}, ports::Doomed{.app = app, .zone = two},
                               ports::Doomed{.app = app, .zone = {}}}));
  EXPECT_FALSE(apps.app("chess"));
}

TEST_F(AppEraserTest, MessagesOfRoomsThatWereRemovedBeforeAreFoundAmongMany) {
  for (int i = 0; i < 700; ++i) say(two, cat, StreamId::pair(cat, dan), "x");
  const StreamId dissolved = StreamId::room(RoomId{77}), removed = StreamId::channel(ChannelId{8});
  say(one, ann, dissolved, "gone");
  say(one, ann, removed, "gone");
  ASSERT_TRUE(apps.delete_zone(app, one));
  finish();
  EXPECT_EQ(messages().find("gone"), std::string::npos);
  EXPECT_EQ(head(dissolved), 0U);
  EXPECT_EQ(head(removed), 0U);
  EXPECT_EQ(head(StreamId::pair(cat, dan)), 700U);
  EXPECT_EQ(std::ranges::count(forgotten, dissolved), 1);
}

TEST_F(AppEraserTest, WhateverStepWasTheLastOfARunTheNextGoesOn) {
  for (int last = 0; last < 12; ++last) {
    const ZoneId zone_of_run = zone("run" + std::to_string(last));
    const MemberId x = member(zone_of_run, "x"), y = member(zone_of_run, "y");
    say(zone_of_run, x, StreamId::pair(x, y), "gone");
    say(zone_of_run, x, StreamId::room(RoomId{900}), "gone");
    ASSERT_TRUE(apps.delete_zone(app, zone_of_run));
    for (int i = 0; i < last; ++i) static_cast<void>(eraser->step());
    begin();
    finish();
    EXPECT_EQ(messages(), "");
    EXPECT_FALSE(directory.account_by_name("x"));
  }
}

TEST_F(AppEraserTest, WhatFailsIsSaidAndNothingThatNamesItIsRemovedBefore) {
  say(one, ann, StreamId::pair(ann, bob), "gone");
  ASSERT_TRUE(apps.delete_zone(app, one));
  words_fail = true;
  Step step = Step::more;
  for (int i = 0; i < 100 && step == Step::more; ++i) step = eraser->step();
  EXPECT_EQ(step, Step::failed);
  EXPECT_EQ(eraser->failure(), "no index");
  EXPECT_TRUE(directory.account_by_name("ann")) << "its words are found by it";
  directory.set_unavailable(true);
  EXPECT_EQ(eraser->step(), Step::failed);
  directory.set_unavailable(false);
  words_fail = false;
  finish();
  EXPECT_FALSE(directory.account_by_name("ann"));
}

}  // namespace
}  // namespace plaza::tenancy
