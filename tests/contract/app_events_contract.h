#pragma once
// The contracts of ports::AppEvents and ports::Webhooks as tests. Every implementation runs them:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, AppEventsContract, testing::Values(EventsUnderTest{"maps", make}), name_of_events);
#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <vector>

#include "ports/webhooks.h"

namespace plaza::contract::events {

using namespace ports;  // NOLINT: a test file that is about nothing else

/// One implementation with its storage, which has the apps and zones below and nothing else.
class EventsHarness {
 public:
  virtual ~EventsHarness() = default;
  virtual AppEvents& events() = 0;
  virtual Webhooks& webhooks() = 0;
  AppId chess, go;
  ZoneId one, two;  ///< of chess
  ZoneId other;     ///< of go
};
struct EventsUnderTest {
  std::string name;
  std::unique_ptr<EventsHarness> (*make)() = nullptr;
};
inline std::string name_of_events(const testing::TestParamInfo<EventsUnderTest>& info) {
  return info.param.name;
}

template <class T>
DirectoryCode refused(const DirectoryResult<T>& result) {
  EXPECT_FALSE(result.has_value()) << "was not refused";
  return result ? DirectoryCode::unavailable : result.error().code;
}

inline AppEventKinds kinds(std::initializer_list<AppEventKind> list) {
  AppEventKinds wanted;
  for (const auto kind : list) wanted.add(kind);
  return wanted;
}
inline AppEvent event(std::string body, AppEventKind kind = AppEventKind::room_message,
                      std::int64_t time_ms = 5) {
  return {.seq = 0, .time_ms = time_ms, .kind = kind, .zone = "one", .body = std::move(body)};
}

class AppEventsContract : public testing::TestWithParam<EventsUnderTest> {
 protected:
  AppEventsContract() : harness_(GetParam().make()) {}
  AppEvents& e() { return harness_->events(); }
  Webhooks& w() { return harness_->webhooks(); }
  AppId chess() { return harness_->chess; }
  AppId go() { return harness_->go; }
  void append(AppId app, const std::vector<std::string>& bodies, std::int64_t time_ms = 5) {
    EventBatch batch{.app = app, .events = {}, .from = {}, .to = {}};
    for (const auto& body : bodies) batch.events.push_back(event(body, AppEventKind::room_message, time_ms));
    ASSERT_TRUE(e().append({batch}));
  }
  void want_messages(AppId app) { ASSERT_TRUE(e().subscribe(app, kinds({AppEventKind::room_message}))); }
  /// "1a 2b ...": numbers and bodies.
  std::string shown(AppId app, std::uint64_t after = 0, std::uint32_t limit = 100,
                    std::size_t bytes_max = 100'000) {
    const auto page = e().read(app, after, limit, bytes_max);
    EXPECT_TRUE(page);
    std::string text;
    for (const auto& one : page->events) text += std::to_string(one.seq) + one.body + ' ';
    return text;
  }
  std::vector<AppEvent> events_of(AppId app) { return e().read(app, 0, 100, 100'000)->events; }
  EventSource room(std::uint64_t id, std::uint64_t position = 0) {
    return {.app = chess(), .zone = harness_->one, .room = RoomId{id}, .epoch = 1, .position = position};
  }
  Webhook hook(AppId app, std::uint32_t webhooks_max = 10) {
    return w()
        .add_webhook({.id = {},
                      .app = app,
                      .url = "https://example.org/in",
                      .sealed_secret = "sealed",
                      .created_ms = 7,
                      .position = 0},
                     webhooks_max)
        .value();
  }
  Webhook hook_again(const Webhook& one) {
    const auto all = w().webhooks(one.app, {}, 100);
    for (const auto& other : *all) {
      if (other.id == one.id) return other;
    }
    return {};
  }
  std::string letters(AppId app) {
    std::string text;
    for (const auto& letter : *w().dead_letters(app, {}, 100)) {
      text += std::to_string(letter.event.seq) + letter.event.body + (letter.again ? "! " : " ");
    }
    return text;
  }

  std::unique_ptr<EventsHarness> harness_;
};

// The log

TEST_P(AppEventsContract, EachAppHasNumbersOfItsOwnWithoutAHole) {
  want_messages(chess());
  want_messages(go());
  append(chess(), {"a", "b"});
  append(go(), {"x"});
  append(chess(), {"c"});
  EXPECT_EQ(shown(chess()), "1a 2b 3c ");
  EXPECT_EQ(shown(go()), "1x ");
  EXPECT_EQ(shown(chess(), 2), "3c ");
  EXPECT_EQ(shown(chess(), 0, 2), "1a 2b ");
  EXPECT_EQ(shown(chess(), 3), "");
  AppEvent first = event("a");
  first.seq = 1;
  EXPECT_EQ(events_of(chess()).front(), first);
  EXPECT_EQ(e().log(chess())->head, 3U);
}

TEST_P(AppEventsContract, APageHasAboutSoManyBytesButAlwaysOneEvent) {
  want_messages(chess());
  append(chess(), {"12345", "12345", "1"});
  EXPECT_EQ(shown(chess(), 0, 100, 10), "112345 212345 ");
  EXPECT_EQ(shown(chess(), 0, 100, 9), "112345 ");
  EXPECT_EQ(shown(chess(), 0, 100, 1), "112345 ");
}

TEST_P(AppEventsContract, WhatAnAppDoesNotWantIsLeftOutAndAGapIsNotWithoutAnyWish) {
  append(chess(), {"nobody asked"});
  EXPECT_EQ(*e().log(chess()), EventLogState{.app = chess()});
  ASSERT_TRUE(
      e().append({{.app = chess(), .events = {event("g", AppEventKind::gap)}, .from = {}, .to = {}}}));
  EXPECT_EQ(shown(chess()), "");
  ASSERT_TRUE(e().subscribe(chess(), kinds({AppEventKind::member_online})));
  ASSERT_TRUE(e().append(
      {{.app = chess(),
        .events = {event("m"), event("o", AppEventKind::member_online), event("g", AppEventKind::gap)},
        .from = {},
        .to = {}}}));
  EXPECT_EQ(shown(chess()), "1o 2g ");
  ASSERT_TRUE(e().subscribe(chess(), {}));
  append(chess(), {"m"});
  EXPECT_EQ(shown(chess()), "1o 2g ") << "what is there stays";
  const auto logs = e().logs();
  ASSERT_EQ(logs->size(), 1U);
  EXPECT_EQ(logs->front(), *e().log(chess()));
}

TEST_P(AppEventsContract, TheOldestAreTrimmedByAgeAndByCountAPieceAtATimeAndNumbersGoOn) {
  want_messages(chess());
  append(chess(), {"a", "b"}, 10);
  append(chess(), {"c", "d", "e"}, 20);
  EXPECT_EQ(e().trim(chess(), 10, 5, 100).value(), 0U) << "at the edge of both";
  EXPECT_EQ(e().trim(chess(), 11, 5, 1).value(), 1U);
  EXPECT_EQ(shown(chess()), "2b 3c 4d 5e ");
  EXPECT_EQ(e().log(chess())->trimmed, 1U);
  EXPECT_EQ(e().trim(chess(), 11, 5, 100).value(), 1U);
  EXPECT_EQ(e().trim(chess(), 0, 2, 100).value(), 1U);
  EXPECT_EQ(shown(chess()), "4d 5e ");
  EXPECT_EQ(e().trim(chess(), 100, 2, 100).value(), 2U);
  append(chess(), {"f"});
  EXPECT_EQ(shown(chess()), "6f ");
  EXPECT_EQ(e().read(chess(), 0, 10, 100)->state.trimmed, 5U) << "a reader sees what it has missed";
}

// Sources

TEST_P(AppEventsContract, ABatchGoesInOnceHoweverOftenItIsAppended) {
  want_messages(chess());
  ASSERT_TRUE(e().watch(room(7, 3), 10));
  const EventBatch batch{
      .app = chess(), .events = {event("a"), event("b")}, .from = room(7, 3), .to = room(7, 5)};
  ASSERT_TRUE(e().append({batch}));
  ASSERT_TRUE(e().append({batch}));
  EXPECT_EQ(shown(chess()), "1a 2b ");
  EXPECT_EQ(e().watched(chess(), harness_->one, {}, 10)->front().position, 5U);
  EventBatch other_epoch = batch;
  other_epoch.from = room(7, 5);
  other_epoch.from->epoch = 2;
  ASSERT_TRUE(e().append({other_epoch}));
  EXPECT_EQ(shown(chess()), "1a 2b ");
}

TEST_P(AppEventsContract, OneBatchOfManyThatDoesNotFitIsLeftOutAlone) {
  want_messages(chess());
  ASSERT_TRUE(e().watch(room(7), 10));
  ASSERT_TRUE(e().watch(room(8), 10));
  ASSERT_TRUE(e().append({{.app = chess(), .events = {event("old")}, .from = room(7, 4), .to = room(7, 5)},
                          {.app = chess(), .events = {event("unwatched")}, .from = room(9), .to = room(9, 5)},
                          {.app = chess(), .events = {event("good")}, .from = room(8), .to = room(8, 1)}}));
  EXPECT_EQ(shown(chess()), "1good ");
}

TEST_P(AppEventsContract, ASourceMovesAlsoWhenItsEventsAreNotWanted) {
  ASSERT_TRUE(e().watch(room(7), 10));
  ASSERT_TRUE(e().append({{.app = chess(), .events = {event("a")}, .from = room(7), .to = room(7, 1)}}));
  want_messages(chess());
  ASSERT_TRUE(e().append({{.app = chess(), .events = {event("b")}, .from = room(7, 1), .to = room(7, 2)}}));
  EXPECT_EQ(shown(chess()), "1b ");
}

TEST_P(AppEventsContract, WatchingAgainKeepsThePositionAndTheLimitIsForRoomsOfTheApp) {
  EXPECT_EQ(e().watch(room(7, 3), 2)->position, 3U);
  EXPECT_EQ(e().watch(room(7, 9), 2)->position, 3U);
  ASSERT_TRUE(e().watch(room(8), 2));
  EXPECT_EQ(refused(e().watch(room(9), 2)), DirectoryCode::limit);
  EXPECT_TRUE(e().watch(room(8), 2)) << "it is there";
  EventSource reports = room(0);
  EXPECT_TRUE(e().watch(reports, 2)) << "is no room";
  EXPECT_TRUE(e().watch({.app = go(), .zone = harness_->other, .room = RoomId{1}}, 2));
  EXPECT_TRUE(e().unwatch(chess(), harness_->one, RoomId{7}).value());
  EXPECT_FALSE(e().unwatch(chess(), harness_->one, RoomId{7}).value());
  EXPECT_TRUE(e().watch(room(9), 2));
}

TEST_P(AppEventsContract, SourcesAreListedInPages) {
  ASSERT_TRUE(e().watch(room(7), 10));
  ASSERT_TRUE(e().watch(room(0), 10));
  ASSERT_TRUE(e().watch({.app = chess(), .zone = harness_->two, .room = RoomId{3}}, 10));
  ASSERT_TRUE(e().watch({.app = go(), .zone = harness_->other, .room = RoomId{1}}, 10));
  std::vector<std::uint64_t> rooms;
  EventSource last;
  for (int page = 0; page < 4; ++page) {
    const auto found = e().sources(last, 1);
    ASSERT_EQ(found->size(), 1U);
    last = found->front();
    rooms.push_back(last.room.value);
  }
  EXPECT_EQ(rooms, (std::vector<std::uint64_t>{0, 7, 3, 1}));
  EXPECT_TRUE(e().sources(last, 1)->empty());
  EXPECT_EQ(e().watched(chess(), harness_->one, {}, 10)->size(), 1U) << "the reports are no room";
  EXPECT_TRUE(e().watched(chess(), harness_->one, RoomId{7}, 10)->empty());
  EXPECT_TRUE(e().watched(go(), harness_->one, {}, 10)->empty());
}

// Webhooks

TEST_P(AppEventsContract, AWebhookBeginsWithWhatHappensNextAndNeverGoesBack) {
  want_messages(chess());
  append(chess(), {"a", "b"});
  const Webhook made = hook(chess());
  EXPECT_EQ(made.position, 2U);
  EXPECT_EQ(hook_again(made), made);
  ASSERT_TRUE(w().delivered(made.id, 5));
  ASSERT_TRUE(w().delivered(made.id, 4));
  EXPECT_EQ(hook_again(made).position, 5U);
  EXPECT_EQ(hook(go()).position, 0U);
}

TEST_P(AppEventsContract, WebhooksAreListedChangedAndRemovedInTheirAppUpToALimit) {
  const Webhook first = hook(chess(), 2), second = hook(chess(), 2);
  EXPECT_EQ(refused(w().add_webhook(first, 2)), DirectoryCode::limit);
  const Webhook foreign = hook(go(), 2);
  EXPECT_EQ(w().webhooks(chess(), first.id, 10)->size(), 1U);
  EXPECT_EQ(w().webhooks({}, {}, 10)->size(), 3U);
  EXPECT_EQ(w().webhooks({}, {}, 2)->size(), 2U);
  EXPECT_EQ(refused(w().set_secret(chess(), foreign.id, "new")), DirectoryCode::not_found);
  EXPECT_EQ(w().set_secret(chess(), second.id, "new")->sealed_secret, "new");
  EXPECT_EQ(hook_again(foreign).sealed_secret, "sealed");
  EXPECT_EQ(refused(w().remove_webhook(chess(), foreign.id)), DirectoryCode::not_found);
  ASSERT_TRUE(w().remove_webhook(chess(), first.id));
  EXPECT_EQ(refused(w().remove_webhook(chess(), first.id)), DirectoryCode::not_found);
  EXPECT_EQ(w().webhooks(chess(), {}, 10)->front().id, second.id);
}

TEST_P(AppEventsContract, WhatIsGivenUpBecomesLettersOnceAndThePositionMoves) {
  want_messages(chess());
  const Webhook made = hook(chess());
  append(chess(), {"a", "b", "c"});
  auto events = events_of(chess());
  events.pop_back();
  EXPECT_EQ(w().give_up(made, events, "no answer", 99, 10).value(), 0U);
  EXPECT_EQ(hook_again(made).position, 2U);
  EXPECT_EQ(w().give_up(made, events_of(chess()), "no answer", 99, 10).value(), 0U);
  EXPECT_EQ(letters(chess()), "1a 2b 3c ") << "what was given up before is not again";
  const auto letter = w().dead_letters(chess(), {}, 1)->front();
  EXPECT_EQ(letter.event, events.front());
  EXPECT_EQ(letter.why, "no answer");
  EXPECT_EQ(letter.failed_ms, 99);
  EXPECT_EQ(letter.webhook, made.id);
  EXPECT_EQ(w().dead_letters(chess(), letter.id, 10)->size(), 2U);
  EXPECT_EQ(letters(go()), "");
  ASSERT_TRUE(w().remove_webhook(chess(), made.id));
  EXPECT_EQ(letters(chess()), "");
  EXPECT_EQ(refused(w().give_up(made, events, "late", 99, 10)), DirectoryCode::not_found);
}

TEST_P(AppEventsContract, AnAppKeepsSoManyLettersAndTheOldestGo) {
  want_messages(chess());
  const Webhook made = hook(chess());
  append(chess(), {"a", "b", "c"});
  EXPECT_EQ(w().give_up(made, events_of(chess()), "w", 1, 2).value(), 1U);
  EXPECT_EQ(letters(chess()), "2b 3c ");
  append(chess(), {"d"});
  EXPECT_EQ(w().give_up(made, events_of(chess()), "w", 1, 2).value(), 1U);
  EXPECT_EQ(letters(chess()), "3c 4d ");
}

TEST_P(AppEventsContract, LettersAreTriedAgainWhenAskedAndStayOrGo) {
  want_messages(chess());
  want_messages(go());
  const Webhook made = hook(chess()), foreign = hook(go());
  append(chess(), {"a", "b", "c"});
  append(go(), {"x"});
  ASSERT_TRUE(w().give_up(made, events_of(chess()), "w", 1, 10));
  ASSERT_TRUE(w().give_up(foreign, events_of(go()), "w", 1, 10));
  const auto all = *w().dead_letters(chess(), {}, 10);
  const DeadLetterId theirs = w().dead_letters(go(), {}, 10)->front().id;
  EXPECT_EQ(refused(w().redeliver(chess(), theirs)), DirectoryCode::not_found);
  EXPECT_EQ(refused(w().drop_letters(chess(), theirs)), DirectoryCode::not_found);
  EXPECT_EQ(w().redeliver(chess(), all[1].id).value(), 1U);
  EXPECT_EQ(letters(chess()), "1a 2b! 3c ");
  EXPECT_EQ(w().redeliver(chess(), {}).value(), 3U);
  EXPECT_EQ(w().letters_again(made.id, 2)->size(), 2U);
  EXPECT_TRUE(w().letters_again(foreign.id, 2)->empty());
  ASSERT_TRUE(w().settle_letters({all[0].id}, "", 5));
  ASSERT_TRUE(w().settle_letters({all[1].id}, "again no answer", 5));
  EXPECT_EQ(letters(chess()), "2b 3c! ");
  EXPECT_EQ(w().dead_letters(chess(), {}, 1)->front().why, "again no answer");
  EXPECT_EQ(w().dead_letters(chess(), {}, 1)->front().failed_ms, 5);
  EXPECT_EQ(w().drop_letters(chess(), all[2].id).value(), 1U);
  EXPECT_EQ(w().drop_letters(chess(), {}).value(), 1U);
  EXPECT_EQ(letters(chess()), "");
  EXPECT_EQ(letters(go()), "1x ");
}

}  // namespace plaza::contract::events
