// The webhooks' sender on a poster that answers as it is told: order, repetition, waiting, dead letters.
#include "events/webhook_sender.h"

#include <gtest/gtest.h>

#include <boost/json/parse.hpp>

#include "base/digest.h"
#include "events/webhook_rules.h"
#include "memory/manual_clock.h"
#include "memory/memory_app_events.h"
#include "memory/memory_apps.h"

namespace plaza::events {
namespace {

namespace json = boost::json;

TEST(WebhookRules, TheSignatureHasTimeAndBody) {
  const std::string good = webhook_signature("secret", 5, "{}");
  EXPECT_EQ(good, to_hex(hmac_sha256("secret", "PLAZA-WEBHOOK-SHA256\n5\n" + to_hex(sha256("{}")))));
  EXPECT_NE(webhook_signature("Secret", 5, "{}"), good);
  EXPECT_NE(webhook_signature("secret", 6, "{}"), good);
  EXPECT_NE(webhook_signature("secret", 5, "{ }"), good);
}

TEST(WebhookRules, TheWaitDoublesUpToTheLongestAndIsBetweenHalfAndWhole) {
  const std::uint64_t most = ~std::uint64_t{0};
  const auto bounds = [&](std::uint32_t failures) {
    std::int64_t low = backoff_ms(failures, 1000, 60'000, 0), high = low;
    for (std::uint64_t random = 0; random < 70'000; random += 7) {
      low = std::min(low, backoff_ms(failures, 1000, 60'000, random));
      high = std::max(high, backoff_ms(failures, 1000, 60'000, random));
    }
    return std::pair(low, high);
  };
  EXPECT_EQ(backoff_ms(1, 1000, 60'000, 0), 500);
  EXPECT_EQ(backoff_ms(1, 1000, 60'000, 500), 1000);
  EXPECT_EQ(backoff_ms(1, 1000, 60'000, 501), 500);
  EXPECT_GE(bounds(3).first, 2000);
  EXPECT_LE(bounds(3).second, 4000);
  EXPECT_LE(backoff_ms(1000, 1000, 60'000, most), 60'000);
  EXPECT_GE(backoff_ms(1000, 1000, 60'000, 0), 30'000);
}

/// Keeps the posts until it is told how they are answered.
class FakePoster final : public net::HttpPoster {
 public:
  void post(net::HttpPost post, net::HttpPostDone done) override {
    posts.push_back(std::move(post));
    waiting_.push_back(std::move(done));
  }
  void answer(int status) {
    auto done = std::move(waiting_.front());
    waiting_.erase(waiting_.begin());
    done({.status = status, .error = status == 0 ? "no answer in time" : "", .body = {}});
  }
  [[nodiscard]] std::size_t waiting() const { return waiting_.size(); }

  std::vector<net::HttpPost> posts;

 private:
  std::vector<net::HttpPostDone> waiting_;
};

class Sender : public testing::Test {
 protected:
  Sender() {
    app_ = apps_.create_app("chess")->id;
    ports::AppEventKinds kinds;
    kinds.add(ports::AppEventKind::report);
    EXPECT_TRUE(events_.subscribe(app_, kinds));
    restart();
  }
  void restart(SenderOptions options = {.events_per_post = 3,
                                        .retry_first_ms = 1000,
                                        .retry_longest_ms = 8000,
                                        .retry_for_ms = 60'000}) {
    sender_ = std::make_unique<WebhookSender>(SenderParts{.events = events_,
                                                          .webhooks = events_,
                                                          .apps = apps_,
                                                          .poster = poster_,
                                                          .box = box_,
                                                          .clock = clock_},
                                              options);
  }
  ports::WebhookId hook(AppId app, const std::string& url = "https://example.org/in") {
    const auto made = events_.add_webhook({.id = {},
                                           .app = app,
                                           .url = url,
                                           .sealed_secret = box_.seal("the secret"),
                                           .created_ms = 1,
                                           .position = 0},
                                          10);
    sender_->changed();
    return made->id;
  }
  void happen(AppId app, int count = 1) {
    for (int n = 0; n < count; ++n) {
      EXPECT_TRUE(events_.append({{.app = app,
                                   .events = {{.seq = 0,
                                               .time_ms = clock_.wall_ms(),
                                               .kind = ports::AppEventKind::report,
                                               .zone = "one",
                                               .body = "{}"}},
                                   .from = {},
                                   .to = {}}}));
    }
    sender_->happened(app);
  }
  /// "1 2 3", "again 2", "lost 5: 6" of the post.
  std::string numbers(std::size_t post) {
    const json::object body = json::parse(poster_.posts.at(post).body).as_object();
    std::string text;
    if (body.contains("again")) text += "again ";
    if (body.contains("lost")) text += "lost " + std::to_string(body.at("lost").as_int64()) + ": ";
    for (const auto& event : body.at("events").as_array())
      text += std::to_string(event.at("seq").as_int64()) + " ";
    return text.substr(0, text.size() - 1);
  }
  void answer(int status) {
    poster_.answer(status);
    sender_->turn();
  }
  /// Until the sender's next post; gives how long that took.
  std::int64_t wait_for_post() {
    const std::size_t before = poster_.posts.size();
    std::int64_t waited = 0;
    for (int i = 0; i < 1000 && poster_.posts.size() == before; ++i) {
      const std::int64_t wait_ms = sender_->turn();
      if (poster_.posts.size() != before) break;
      clock_.advance_ms(wait_ms);
      waited += wait_ms;
    }
    return waited;
  }
  std::string letters() {
    std::string text;
    for (const auto& letter : *events_.dead_letters(app_, {}, 100))
      text += std::to_string(letter.event.seq) + ":" + letter.why + " ";
    return text;
  }

  memory::ManualClock clock_;
  memory::MemoryDirectory directory_;
  memory::MemoryApps apps_{directory_};
  memory::MemoryAppEvents events_;
  SecretBox box_{std::string(32, 'k')};
  FakePoster poster_;
  AppId app_;
  std::unique_ptr<WebhookSender> sender_;
};

TEST_F(Sender, PostsWhatHappensInOrderSignedOnePostAtATime) {
  const auto id = hook(app_);
  happen(app_, 4);
  sender_->turn();
  happen(app_);
  sender_->turn();
  ASSERT_EQ(poster_.posts.size(), 1U) << "the next one waits for the answer";
  answer(200);
  answer(204);
  EXPECT_EQ(numbers(0), "1 2 3");
  EXPECT_EQ(numbers(1), "4 5");
  EXPECT_EQ(poster_.posts.size(), 2U) << "there is nothing more";
  EXPECT_EQ(events_.webhooks({}, {}, 10)->front().position, 5U);
  const auto& post = poster_.posts[0];
  EXPECT_EQ(post.url.host, "example.org");
  const std::string time = std::to_string(clock_.wall_ms());
  const std::vector<std::pair<std::string, std::string>> headers{
      {"Content-Type", "application/json"},
      {"Plaza-Webhook", std::to_string(id.value)},
      {"Plaza-Time", time},
      {"Plaza-Signature", webhook_signature("the secret", clock_.wall_ms(), post.body)}};
  EXPECT_EQ(post.headers, headers);
  EXPECT_TRUE(post.body.starts_with(R"({"app":"chess","webhook":1,"events":[{"seq":1,"time_ms":)"))
      << post.body;
}

TEST_F(Sender, WhatIsNotTakenIsPostedAgainLaterAndLater) {
  hook(app_);
  happen(app_, 2);
  sender_->turn();
  std::vector<std::int64_t> waits;
  for (const int status : {500, 404, 0, 302, 199, 400}) {
    answer(status);
    waits.push_back(wait_for_post());
    EXPECT_EQ(numbers(poster_.posts.size() - 1), "1 2");
  }
  const std::vector<std::int64_t> whole{1000, 2000, 4000, 8000, 8000, 8000};
  for (std::size_t i = 0; i < whole.size(); ++i) {
    EXPECT_GE(waits[i], whole[i] / 2);
    EXPECT_LE(waits[i], whole[i]);
  }
  happen(app_);
  answer(200);
  EXPECT_EQ(numbers(poster_.posts.size() - 1), "3") << "at once, now that it takes them";
  answer(500);
  EXPECT_LE(wait_for_post(), 1000) << "the first wait again";
}

TEST_F(Sender, OneThatDoesNotAnswerCostsTheOthersNothing) {
  const AppId other = apps_.create_app("go")->id;
  ports::AppEventKinds kinds;
  kinds.add(ports::AppEventKind::report);
  ASSERT_TRUE(events_.subscribe(other, kinds));
  hook(app_);
  hook(other);
  happen(app_);
  happen(other, 4);
  sender_->turn();
  ASSERT_EQ(poster_.posts.size(), 2U);
  poster_.answer(0);  // the first one's
  sender_->turn();
  answer(200);
  EXPECT_EQ(numbers(2), "4") << "the other app goes on while the first one waits";
}

TEST_F(Sender, OneThatIsFarBehindTakesOnePageATurnAndAllOfItGoesOn) {
  const AppId other = apps_.create_app("go")->id;
  ports::AppEventKinds kinds;
  kinds.add(ports::AppEventKind::report);
  ASSERT_TRUE(events_.subscribe(other, kinds));
  hook(app_);
  hook(other, "https://go.example.org/in");
  happen(app_, 30);
  sender_->turn();
  answer(500);
  clock_.advance_ms(61'000);
  happen(other);
  const std::size_t before = poster_.posts.size();
  EXPECT_EQ(sender_->turn(), 0) << "there is more to give up";
  EXPECT_EQ(letters(), "1:status 500 2:status 500 3:status 500 ") << "a page of it";
  ASSERT_EQ(poster_.posts.size(), before + 1);
  EXPECT_EQ(poster_.posts.back().url.host, "go.example.org") << "the other app's turn";
  EXPECT_EQ(poster_.posts.back().share, other.value);
  int turns = 1;
  while (sender_->turn() == 0) ++turns;
  EXPECT_EQ(turns, 10);
  EXPECT_EQ(events_.dead_letters(app_, {}, 100)->size(), 30U);
}

TEST_F(Sender, AfterAStartItGoesOnWhereItWasAndWhatHadNoAnswerComesAgain) {
  hook(app_);
  happen(app_, 5);
  sender_->turn();
  answer(200);
  ASSERT_EQ(numbers(1), "4 5");
  restart();
  sender_->turn();
  EXPECT_EQ(numbers(2), "4 5");
}

TEST_F(Sender, WhatFailsForTooLongBecomesALetterAndTheRestGoesOn) {
  hook(app_);
  happen(app_, 2);
  sender_->turn();
  answer(500);
  const std::int64_t end = clock_.wall_ms() + 60'000;
  while (clock_.wall_ms() < end - 9000) {
    wait_for_post();
    answer(503);
  }
  happen(app_);  // young still when the first two are old
  EXPECT_EQ(letters(), "");
  while (letters().empty() && clock_.wall_ms() < end + 20'000) {
    wait_for_post();
    if (letters().empty()) answer(503);
  }
  EXPECT_EQ(letters(), "1:status 503 2:status 503 ");
  EXPECT_GE(clock_.wall_ms(), end) << "not before its time";
  EXPECT_EQ(numbers(poster_.posts.size() - 1), "3");
  answer(200);
  EXPECT_EQ(events_.webhooks({}, {}, 10)->front().position, 3U);
}

TEST_F(Sender, OldEventsAreTriedBeforeTheyAreGivenUp) {
  hook(app_);
  happen(app_);
  clock_.advance_ms(100'000);  // the server was away for long
  sender_->turn();
  ASSERT_EQ(poster_.posts.size(), 1U);
  answer(500);
  wait_for_post();
  EXPECT_EQ(poster_.posts.size(), 2U);
  EXPECT_EQ(letters(), "");
}

TEST_F(Sender, LettersAreTriedOnceMoreWhenAskedAndSaySo) {
  const auto id = hook(app_);
  happen(app_, 2);
  sender_->turn();
  answer(200);
  const auto hooks = *events_.webhooks(app_, {}, 1);
  const ports::AppEvent event{
      .seq = 9, .time_ms = 5, .kind = ports::AppEventKind::report, .zone = "one", .body = "{}"};
  ASSERT_TRUE(events_.give_up(hooks.front(), {event}, "status 500", 1, 10));
  sender_->turn();
  const std::size_t posts = poster_.posts.size();
  EXPECT_EQ(posts, 1U) << "not by itself";
  ASSERT_TRUE(events_.redeliver(app_, {}));
  sender_->changed();
  sender_->turn();
  EXPECT_EQ(numbers(1), "again 9");
  answer(404);
  EXPECT_EQ(letters(), "9:status 404 ");
  clock_.advance_ms(100'000);
  sender_->changed();
  sender_->turn();
  EXPECT_EQ(poster_.posts.size(), 2U) << "once";
  ASSERT_TRUE(events_.redeliver(app_, {}));
  sender_->changed();
  sender_->turn();
  answer(200);
  EXPECT_EQ(letters(), "");
  EXPECT_TRUE(id);
}

TEST_F(Sender, EventsThatWereTrimmedUnreadAreCounted) {
  hook(app_);
  happen(app_, 5);
  ASSERT_TRUE(events_.trim(app_, 0, 2, 100));
  sender_->turn();
  EXPECT_EQ(numbers(0), "lost 3: 4 5");
}

TEST_F(Sender, ARemovedWebhookGetsNothingMoreAndItsLateAnswerHarmsNobody) {
  const auto id = hook(app_);
  happen(app_);
  sender_->turn();
  ASSERT_TRUE(events_.remove_webhook(app_, id));
  sender_->changed();
  sender_->turn();
  answer(500);
  happen(app_);
  sender_->turn();
  EXPECT_EQ(poster_.posts.size(), 1U);
}

TEST_F(Sender, ANewSecretSignsTheNextPostAndThePresentOneGoesOn) {
  const auto id = hook(app_);
  happen(app_, 4);
  sender_->turn();
  ASSERT_TRUE(events_.set_secret(app_, id, box_.seal("another")));
  sender_->changed();
  sender_->turn();
  ASSERT_EQ(poster_.posts.size(), 1U);
  answer(200);
  EXPECT_EQ(poster_.posts[1].headers[3].second,
            webhook_signature("another", clock_.wall_ms(), poster_.posts[1].body));
}

TEST_F(Sender, WhileTheStorageIsAwayItAsksAgainSoonAndLosesNothing) {
  hook(app_);
  happen(app_);
  events_.set_unavailable(true);
  EXPECT_LE(sender_->turn(), 1000);
  events_.set_unavailable(false);
  sender_->turn();
  EXPECT_EQ(numbers(0), "1");
}

TEST_F(Sender, AfterStopNothingIsPosted) {
  hook(app_);
  sender_->start();
  sender_->stop();
  const std::size_t before = poster_.posts.size();
  happen(app_);
  sender_->turn();
  EXPECT_EQ(poster_.posts.size(), before);
}

}  // namespace
}  // namespace plaza::events
