// What an app may do at most: to the last one of it, across shards, and at nobody else's cost.
#include "chat/test_support.h"
#include "memory/memory_apps.h"
#include "protocol/channel_requests.h"
#include "protocol/message_requests.h"

namespace plaza::chat {
namespace {

using ports::Quota;
using protocol::Errno;
using protocol::SendAck;

class AppQuotas : public ChatTest {
 protected:
  ports::Member ann = member("ann"), bob = member("bob"), cat = member("cat");

  void set_quota(Quota quota, std::uint64_t amount) {
    own_.of(quota) = amount;
    node.apps.set_own(zone->app, own_);
  }
  std::uint64_t sessions() { return node.apps.of(zone->app)->sessions(); }
  std::uint64_t stored_bytes() { return node.apps.of(zone->app)->stored_bytes(); }
  static Errno refusal(const TestClient& client) {
    return client.frames.empty() ? Errno::ok : client.frames.back().refusal.error;
  }
  static std::uint64_t each(std::size_t body) { return body + ports::ZoneBytes::kMessageBytes; }
  /// Of another app on the same node, ready to send to itself.
  TestClient& stranger() {
    if (!other_) {
      const auto here = zone;
      ports::Zone wanted;
      wanted.app_name = "other";
      wanted.zone_name = "one";
      set_zone(wanted);
      other_ = zone;
      stranger_ = member("stranger");
      zone = here;
    }
    const auto here = std::exchange(zone, other_);
    TestClient& client = online(stranger_, "web" + std::to_string(clients.size()));
    zone = here;
    return client;
  }
  ports::Member stranger_;

 private:
  ports::OwnQuotas own_;
  std::shared_ptr<const ports::Zone> other_;
};

// Sessions ------------------------------------------------------------------------------------------------------------

TEST_F(AppQuotas, TheLastSessionEntersAndTheNextIsToldWhichQuotaWhateverItsShard) {
  ASSERT_NE(home(ann.id), home(bob.id)) << "they are on two shards";
  set_quota(Quota::sessions, 2);
  TestClient& first = online(ann);
  online(bob);
  TestClient& past = connect(cat, "web");
  EXPECT_EQ(refusal(past), Errno::quota_reached);
  EXPECT_EQ(past.frames.back().refusal.allowed, "sessions_max 2");
  EXPECT_EQ(past.session.state, SessionState::authenticated) << "it may try again";
  EXPECT_EQ(refusal(connect(ann, "phone")), Errno::quota_reached)
      << "a second session of a member counts too";
  stranger();
  EXPECT_EQ(sessions(), 2U);
  leave(first);
  EXPECT_EQ(sessions(), 1U);
  EXPECT_EQ(connect(cat, "web").session.state, SessionState::entered);
  EXPECT_EQ(refusal(connect(ann, "web")), Errno::quota_reached);
}

TEST_F(AppQuotas, ADeviceThatReplacesItsOwnSessionNeedsNoFreePlace) {
  set_quota(Quota::sessions, 2);
  TestClient& first = online(ann);
  online(bob);
  TestClient& again = connect(ann, "web", EnterStyle::login, true);
  EXPECT_EQ(again.session.state, SessionState::entered);
  EXPECT_EQ(first.closed, Errno::kicked);
  EXPECT_EQ(sessions(), 2U);
  set_quota(Quota::sessions, 1);
  EXPECT_EQ(connect(ann, "web", EnterStyle::login, true).session.state, SessionState::entered)
      << "also when the app has more than it may by now";
  EXPECT_EQ(sessions(), 2U);
}

TEST_F(AppQuotas, EveryWayOutOfASessionGivesItsPlaceBack) {
  ports::Zone kicking = *zone;
  kicking.devices = ports::DevicePolicy::kick;
  set_zone(kicking);
  set_quota(Quota::sessions, 3);
  online(ann);
  online(ann);  // kicks the first
  EXPECT_EQ(sessions(), 1U);
  log_in_again(*clients.back(), bob, "web");
  settle();
  EXPECT_EQ(sessions(), 1U);
  hubs[home(bob.id)]->end_sessions(bob.id, {.error = Errno::session_ended, .message = {}});
  settle();
  EXPECT_EQ(sessions(), 0U);
  directory.set_unavailable(true);
  TestClient& failing = connect(cat, "web");
  EXPECT_EQ(refusal(failing), Errno::unavailable);
  EXPECT_EQ(sessions(), 0U) << "one that could not enter";
}

// Messages ------------------------------------------------------------------------------------------------------------

TEST_F(AppQuotas, TheRateIsOneForMessagesAndPublicationsOfAllShards) {
  set_quota(Quota::message_rate, 10);
  set_quota(Quota::message_burst, 4);
  TestClient &ann_web = online(ann), &bob_web = online(bob), &far = stranger();
  const RoomId club = room("club", ann, {bob});
  EXPECT_FALSE(ann_web.say(bob.id, "1", 1).refused());
  EXPECT_FALSE(bob_web.say(ann.id, "2", 1).refused());
  EXPECT_FALSE(bob_web.say(club, "3", 2).refused());
  const protocol::Publish said{
      .channel = "world", .content = {.kind = 0, .msg = "4", .body = {}}, .send_id = {}};
  EXPECT_FALSE(ann_web.ask(said).refused());
  const auto refused = ann_web.say(bob.id, "5", 2);
  EXPECT_EQ(refused.refusal.error, Errno::app_rate_limited);
  EXPECT_EQ(refused.refusal.retry_after_ms, 100U);
  EXPECT_EQ(refused.refusal.allowed, "message_rate_per_s 10");
  EXPECT_EQ(bob_web.ask(said).refusal.error, Errno::app_rate_limited);
  EXPECT_EQ(bob_web.say(club, "5", 3).refusal.error, Errno::app_rate_limited);
  EXPECT_FALSE(far.say(stranger_.id, "of another app", 1).refused());
  clock.advance_ms(100);
  EXPECT_FALSE(ann_web.say(bob.id, "5", 2).refused()) << "the number was not used up";
  EXPECT_EQ(bob_web.say(club, "6", 3).refusal.error, Errno::app_rate_limited);
}

TEST_F(AppQuotas, ARepeatedSendThatIsStoredIsAnsweredWhateverTheQuotasSay) {
  set_quota(Quota::message_rate, 1);
  set_quota(Quota::message_burst, 1);
  TestClient& ann_web = online(ann);
  const auto first = ann_web.say(bob.id, "once", 1);
  ASSERT_TRUE(first.get<SendAck>());
  set_quota(Quota::stored_bytes, 1);
  const auto again = ann_web.say(bob.id, "once", 1);
  ASSERT_TRUE(again.get<SendAck>()) << again.refusal.message;
  EXPECT_TRUE(again.get<SendAck>()->dup);
  EXPECT_EQ(again.get<SendAck>()->mid, first.get<SendAck>()->mid);
}

// Stored bytes --------------------------------------------------------------------------------------------------------

TEST_F(AppQuotas, NothingMoreIsStoredOnceTheBytesAreThereUntilRetentionHasRemovedSome) {
  set_quota(Quota::stored_bytes, 2 * each(100));
  TestClient &ann_web = online(ann), &bob_web = online(bob), &far = stranger();
  const std::string text(100, 'x');
  EXPECT_FALSE(ann_web.say(bob.id, text, 1).refused());
  EXPECT_FALSE(bob_web.say(ann.id, text.substr(1), 1).refused()) << "one byte is left";
  EXPECT_EQ(stored_bytes(), 2 * each(100) - 1);
  EXPECT_FALSE(bob_web.say(ann.id, "1", 2).refused());
  const auto refused = ann_web.say(bob.id, "1", 2);
  EXPECT_EQ(refused.refusal.error, Errno::quota_reached);
  EXPECT_EQ(refused.refusal.allowed, "stored_bytes_max 456");
  EXPECT_FALSE(far.say(stranger_.id, "of another app", 1).refused());
  clock.advance_ms(10'000);
  store.trim({.message_age_max_ms = 5'000, .inbox_entries_max = 0}, [](auto) {});
  settle();
  EXPECT_EQ(stored_bytes(), 0U);
  EXPECT_FALSE(ann_web.say(bob.id, "1", 2).refused());
}

TEST_F(AppQuotas, AFullAppPublishesWhatIsNotStoredAndNothingElse) {
  ASSERT_TRUE(directory.put_channel(zone->id, "news",
                                    {.persistent = true,
                                     .publish = ports::PublishPolicy::everyone,
                                     .history_max = 10,
                                     .history_age_ms = 0,
                                     .rate = {}}));
  TestClient& ann_web = online(ann);
  const auto publication = [](std::string_view channel) {
    return protocol::Publish{
        .channel = channel, .content = {.kind = 0, .msg = "hello", .body = {}}, .send_id = {}};
  };
  EXPECT_FALSE(ann_web.ask(publication("news")).refused());
  set_quota(Quota::stored_bytes, 1);
  EXPECT_EQ(ann_web.ask(publication("news")).refusal.error, Errno::quota_reached);
  EXPECT_FALSE(ann_web.ask(publication("world")).refused());
}

TEST_F(AppQuotas, AFullAppTakesBackWhatWasSaidAndEditsNothing) {
  TestClient& ann_web = online(ann);
  EXPECT_FALSE(ann_web.say(bob.id, std::string(100, 'x'), 1).refused());
  set_quota(Quota::stored_bytes, 1);
  const protocol::ConversationRef with_bob{.friendid = bob.id, .groupid = {}};
  const auto edited = ann_web.ask(protocol::Edit{
      .of = with_bob, .cseq = 1, .content = {.kind = 0, .msg = "y", .body = {}}, .send_id = 2});
  EXPECT_EQ(edited.refusal.error, Errno::quota_reached);
  EXPECT_FALSE(ann_web.ask(protocol::Recall{.of = with_bob, .cseq = 1, .send_id = 2}).refused());
  EXPECT_EQ(stored_bytes(), 2 * each(0)) << "the recall itself is there";
  EXPECT_EQ(ann_web.say(bob.id, "z", 3).refusal.error, Errno::quota_reached);
}

// Members and rooms ---------------------------------------------------------------------------------------------------

TEST_F(AppQuotas, AGroupPastTheQuotaIsRefusedWithItsName) {
  memory::MemoryApps apps(directory);
  ports::OwnQuotas own;
  own.of(Quota::rooms) = 1;
  ASSERT_TRUE(apps.set_quotas(zone->app, own));
  TestClient& ann_web = online(ann);
  protocol::CreateGroup wanted;
  wanted.groupname = "one";
  EXPECT_FALSE(ann_web.ask(wanted).refused());
  wanted.groupname = "two";
  const auto refused = ann_web.ask(wanted);
  EXPECT_EQ(refused.refusal.error, Errno::quota_reached);
  EXPECT_EQ(refused.refusal.allowed, "rooms_max 1");
}

}  // namespace
}  // namespace plaza::chat
