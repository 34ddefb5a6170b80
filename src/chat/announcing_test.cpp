// Announcements: whoever they are for gets them once, in their order, also when the server dies, at a bounded pace.
#include "chat/announcer.h"
#include "chat/test_support.h"
#include "memory/memory_announcements.h"
#include "protocol/message_requests.h"

namespace plaza::chat {
namespace {

using moderation::Code;
using ports::Announcement;
using ports::AnnouncementState;
using ports::AnnouncementTarget;

class Announcing : public ChatTest {
 public:
  Announcing() : ChatTest(3) {}

 protected:
  [[nodiscard]] Announcement make(const std::string& body,
                                  AnnouncementTarget target = AnnouncementTarget::zone,
                                  std::int64_t for_ms = 60'000) const {
    Announcement made;
    made.app = zone->app;
    made.target = target;
    if (target != AnnouncementTarget::app) made.zone = zone->id;
    made.name = "Plaza";
    made.body = body;
    made.until_ms = clock.wall_ms() + for_ms;
    made.by = "operator";
    return made;
  }
  Announcement announce(const Announcement& wanted) {
    const auto made = announcer.announce(wanted);
    EXPECT_TRUE(made) << made.error().field << " " << made.error().detail;
    return made.value_or(Announcement{});
  }
  Announcement announce(const std::string& body, AnnouncementTarget target = AnnouncementTarget::zone) {
    return announce(make(body, target));
  }
  static Announcement to(Announcement wanted, std::vector<MemberId> members) {
    wanted.target = AnnouncementTarget::members;
    wanted.members = std::make_shared<const std::vector<MemberId>>(std::move(members));
    return wanted;
  }
  /// Ticks until nobody waits in line any more.
  void show() {
    settle();
    for (int i = 0; i < 1000 && waiting(); ++i) tick();
  }
  bool waiting() {
    return std::any_of(hubs.begin(), hubs.end(), [](auto& hub) { return hub->announcing().wants_tick(); });
  }
  void tick() {
    for (auto& hub : hubs) hub->tick();
    settle();
  }
  /// What a client was pushed as coming from the server.
  static std::vector<std::string> shown(TestClient& client) {
    std::vector<std::string> bodies;
    for (const auto& frame : client.take()) {
      const auto* chat = frame.get<protocol::Chat>();
      if (chat && !chat->id) bodies.push_back(chat->content);
    }
    return bodies;
  }
  /// What the member's inbox holds, whoever wrote it.
  std::vector<std::string> inbox(const ports::Member& who) {
    std::vector<std::string> bodies;
    ports::ReadRequest read;
    read.stream = ports::StreamId::inbox(who.id);
    store.read(read, [&](const Result<ports::Page, ports::StoreError>& page) {
      for (const auto& entry : page->entries) bodies.push_back(entry.message->body);
    });
    settle();
    return bodies;
  }
  /// The process dies and starts again on the same stores.
  void restart() {
    clients.clear();
    homes.clear();
    executor.drop();
    hubs.clear();
    node.hubs.clear();
    store.crash();
    for (std::uint32_t shard = 0; shard < executor.shards(); ++shard) {
      hubs.push_back(std::make_unique<Hub>(node, shard, limits));
      node.hubs.push_back(hubs.back().get());
    }
    ASSERT_TRUE(store.start(router));
    bool loaded = false;
    ASSERT_TRUE(announcer.load([&] { loaded = true; }));
    settle();
    EXPECT_TRUE(loaded);
  }
  using Texts = std::vector<std::string>;

  memory::MemoryAnnouncements announcements{directory};
  Announcer announcer{node, announcements, {}};
  ports::Member ann = member("ann"), bob = member("bob"), eve = member("eve");
};

TEST_F(Announcing, ThoseWhoAreThereGetItAsAMessageOfTheServer) {
  TestClient& web = online(ann, "web");
  TestClient& phone = online(ann, "phone");
  TestClient& bobs = online(bob);
  const Announcement made = announce("hello all");
  EXPECT_EQ(made.state, AnnouncementState::current);
  show();
  for (TestClient* client : {&web, &phone, &bobs}) {
    ASSERT_EQ(client->frames.size(), 1u);
    const auto* chat = client->frames.front().get<protocol::Chat>();
    ASSERT_TRUE(chat);
    EXPECT_EQ(client->frames.front().msgid, protocol::Msg::one_chat);
    EXPECT_FALSE(chat->id);
    EXPECT_EQ(chat->name, "Plaza");
    EXPECT_EQ(chat->toid, client == &bobs ? bob.id : ann.id);
    EXPECT_EQ(chat->content, "hello all");
    EXPECT_EQ(chat->seq, 1u);
    EXPECT_EQ(chat->cseq, 1u);
    EXPECT_EQ(chat->send_id, 0u) << "the server's device is nobody's business";
  }
  show();
  EXPECT_EQ(inbox(ann), Texts{"hello all"});
}

TEST_F(Announcing, WhoComesLaterGetsItOnceWhicheverDeviceItComesWith) {
  announce("one");
  announce("two");
  show();
  EXPECT_TRUE(inbox(ann).empty()) << "nobody is there";
  TestClient& web = online(ann, "web");
  show();
  EXPECT_EQ(shown(web), (Texts{"one", "two"}));
  leave(web);
  TestClient& phone = online(ann, "phone");
  show();
  EXPECT_TRUE(shown(phone).empty());
  EXPECT_EQ(phone.ask(protocol::Sync{}).get<protocol::SyncAck>()->messages.size(), 2u)
      << "another device finds them in the inbox";
  EXPECT_EQ(inbox(ann), (Texts{"one", "two"}));
}

TEST_F(Announcing, IsKeptForTheOfflineUntilItsEnd) {
  announce(make("short", AnnouncementTarget::zone, 1'000));
  announce(make("long", AnnouncementTarget::zone, 2'000));
  clock.advance_ms(999);
  TestClient& anns = online(ann);
  show();
  EXPECT_EQ(shown(anns), (Texts{"short", "long"}));
  clock.advance_ms(1);
  TestClient& bobs = online(bob);
  show();
  EXPECT_EQ(shown(bobs), (Texts{"long"}));
  EXPECT_EQ(inbox(ann), (Texts{"short", "long"})) << "who has it keeps it";
}

TEST_F(Announcing, WaitsForItsTime) {
  TestClient& anns = online(ann);
  Announcement later = make("later");
  later.not_before_ms = clock.wall_ms() + 1'000;
  EXPECT_EQ(announce(later).state, AnnouncementState::scheduled);
  announce("now");
  clock.advance_ms(999);
  ASSERT_TRUE(announcer.publish_due());
  show();
  EXPECT_EQ(shown(anns), (Texts{"now"}));
  clock.advance_ms(1);
  ASSERT_TRUE(announcer.publish_due());
  show();
  EXPECT_EQ(shown(anns), (Texts{"later"}));
  ASSERT_TRUE(announcer.publish_due());
  show();
  EXPECT_EQ(inbox(ann), (Texts{"now", "later"}));
}

TEST_F(Announcing, AsksTheDatabaseOnlyWhenSomethingMayBeDue) {
  ASSERT_TRUE(announcer.publish_due());
  announcements.set_unavailable(true);
  EXPECT_TRUE(announcer.publish_due()) << "nothing is scheduled, as is known";
  announcements.set_unavailable(false);
  Announcement later = make("later");
  later.not_before_ms = clock.wall_ms() + 1'000;
  announce(later);
  ASSERT_TRUE(announcer.publish_due());
  announcements.set_unavailable(true);
  EXPECT_TRUE(announcer.publish_due());
  clock.advance_ms(1'000);
  EXPECT_EQ(announcer.publish_due().error().code, Code::unavailable);
  announcements.set_unavailable(false);
  TestClient& anns = online(ann);
  ASSERT_TRUE(announcer.publish_due());
  show();
  EXPECT_EQ(shown(anns), (Texts{"later"}));
}

TEST_F(Announcing, OnlyItsTargetGetsIt) {
  ports::Zone wanted;
  wanted.app_name = "test";
  wanted.zone_name = "two";
  const auto beside = directory.put_zone(wanted).value();
  wanted.app_name = "another";
  const auto elsewhere = directory.put_zone(wanted).value();
  const auto in = [this](const ports::Zone& of, const std::string& name) {
    const auto who = directory.register_account(name, name, "", of.id).value();
    const auto before = std::exchange(zone, std::make_shared<const ports::Zone>(of));
    TestClient& client = online(who);
    zone = before;
    return &client;
  };
  const RoomId tea = room("tea", ann, {bob});
  TestClient &anns = online(ann), &bobs = online(bob), &eves = online(eve);
  TestClient *besides = in(beside, "joe"), *elsewheres = in(elsewhere, "sue");
  announce("app", AnnouncementTarget::app);
  announce("zone");
  Announcement to_room = make("room", AnnouncementTarget::room);
  to_room.room = tea;
  announce(to_room);
  announce(to(make("members"), {eve.id, ann.id, eve.id}));
  show();
  EXPECT_EQ(shown(anns), (Texts{"app", "zone", "room", "members"}));
  EXPECT_EQ(shown(bobs), (Texts{"app", "zone", "room"}));
  EXPECT_EQ(shown(eves), (Texts{"app", "zone", "members"}));
  EXPECT_EQ(shown(*besides), (Texts{"app"}));
  EXPECT_TRUE(shown(*elsewheres).empty());
}

TEST_F(Announcing, WhatBelongsToAnotherAppDoesNotExist) {
  const auto made = announce("mine");
  EXPECT_EQ(announcer.withdraw(AppId{999}, made.id).error().code, Code::not_found);
  EXPECT_TRUE(announcer.list(AppId{999}, {}, 9)->empty());
  EXPECT_EQ(announcer.list(zone->app, {}, 9)->size(), 1u);
  Announcement wrong = make("x");
  wrong.app = AppId{999};
  EXPECT_EQ(announcer.announce(wrong).error().code, Code::not_found);
  EXPECT_EQ(announcer.announce(to(make("x"), {MemberId{999}})).error().code, Code::not_found);
  wrong = make("");
  EXPECT_EQ(announcer.announce(wrong).error().field, "msg");
}

TEST_F(Announcing, OneThatIsWithdrawnGoesToNobodyMore) {
  TestClient& anns = online(ann);
  const auto made = announce("oops");
  settle();
  ASSERT_TRUE(announcer.withdraw(zone->app, made.id)) << "while it waits in line";
  show();
  EXPECT_TRUE(shown(anns).empty());
  EXPECT_EQ(announcer.withdraw(zone->app, made.id).error().code, Code::conflict);
}

// Pace ---------------------------------------------------------------------------------------------------------------

TEST_F(Announcing, SoManyMembersGetItASecondAndMessagesGoBetween) {
  set_limits([](Limits& l) { l.announcement_members_per_s = 12; });
  std::vector<ports::Member> members;
  std::vector<TestClient*> theirs;
  for (int i = 0; i < 30; ++i) {
    members.push_back(member("m" + std::to_string(i)));
    theirs.push_back(&online(members.back()));
  }
  announce("hello");
  settle();
  const auto reached = [&] {
    return std::count_if(members.begin(), members.end(),
                         [&](const auto& who) { return !inbox(who).empty(); });
  };
  EXPECT_EQ(reached(), 0);
  tick();  // half a second, three shards
  EXPECT_LE(reached(), 6);
  EXPECT_GE(reached(), 3);
  for (int i = 0; i < 3; ++i) tick();
  EXPECT_LE(reached(), 24);
  EXPECT_GE(reached(), 18);
  EXPECT_FALSE(online(bob).say(ann.id, "hi").refused());
  show();
  EXPECT_EQ(reached(), 30);
  for (TestClient* client : theirs) EXPECT_EQ(shown(*client), Texts{"hello"});
}

TEST_F(Announcing, WhatNobodyWaitedForIsNotSavedUp) {
  set_limits([](Limits& l) { l.announcement_members_per_s = 12; });
  for (int i = 0; i < 100; ++i) tick();
  std::vector<ports::Member> members;
  for (int i = 0; i < 30; ++i) {
    members.push_back(member("m" + std::to_string(i)));
    online(members.back());
  }
  announce("hello");
  settle();
  tick();
  const auto reached = std::count_if(members.begin(), members.end(),
                                     [&](const auto& who) { return !inbox(who).empty(); });
  EXPECT_LE(reached, 6);
}

// Faults -------------------------------------------------------------------------------------------------------------

TEST_F(Announcing, ACommitThatFailsIsTriedAgainInTheSameOrder) {
  TestClient& anns = online(ann);
  announce("one");
  announce("two");
  settle();
  store.fail_commits(2);  // the first is the reading's, which it does not hurt
  tick();
  EXPECT_TRUE(inbox(ann).empty());
  show();
  EXPECT_EQ(shown(anns), (Texts{"one", "two"}));
  EXPECT_EQ(inbox(ann), (Texts{"one", "two"}));
}

TEST_F(Announcing, AMemberThatLeavesAndComesBackWhileItIsStoredGetsItOnce) {
  TestClient* anns = &online(ann);
  announce("one");
  settle();
  for (auto& hub : hubs) hub->tick();
  turn();  // what it has is read, the append is with the store
  turn();
  hubs[home_of(*anns)]->leave(anns->session);
  anns = &online(ann, "phone");
  show();
  EXPECT_EQ(inbox(ann), Texts{"one"});
}

// The process dies after each number of steps of the store and comes back: each member has each announcement once, in order.
TEST_F(Announcing, WhereverTheServerDiesEachIsShownOnce) {
  auto late = member("late");
  for (int steps = 0; steps < 12; ++steps) {
    const std::string round = std::to_string(steps);
    for (const auto* who : {&ann, &bob, &eve}) online(*who, "web" + round);
    announce("a" + round);
    announce(to(make("b" + round), {ann.id, eve.id, late.id}));
    run_tasks();
    for (int i = 0; i < steps; ++i) {
      if (i % 3 == 0) {
        for (auto& hub : hubs) hub->tick();
      }
      turn();
      if (i + 1 == steps && steps % 2 == 1) {
        store.crash_after_next_commit();  // stored, and nobody is told
        store.step();
        break;
      }
      store.step();
    }
    restart();
  }
  for (const auto* who : {&ann, &bob, &eve, &late}) online(*who, "end");
  show();
  Texts all, zone_only;
  for (int steps = 0; steps < 12; ++steps) {
    all.push_back("a" + std::to_string(steps));
    zone_only.push_back(all.back());
    all.push_back("b" + std::to_string(steps));
  }
  EXPECT_EQ(inbox(ann), all);
  EXPECT_EQ(inbox(eve), all);
  EXPECT_EQ(inbox(late), all);
  EXPECT_EQ(inbox(bob), zone_only);
}

TEST_F(Announcing, WhatRetentionRemovedIsNotShownAgain) {
  online(ann);
  announce("one");
  show();
  clock.advance_ms(10'000);
  store.trim({.message_age_max_ms = 5'000}, [](auto) {});
  settle();
  restart();
  TestClient& again = online(ann);
  announce("two");
  show();
  EXPECT_EQ(shown(again), Texts{"two"});
}

// The conversation ---------------------------------------------------------------------------------------------------

TEST_F(Announcing, TheyAreAConversationWithMemberZeroThatCanBeReadListedAndMarked) {
  TestClient& anns = online(ann);
  announce("one");
  announce("two");
  show();
  const auto history = anns.ask(
      protocol::History{.of = {.friendid = MemberId{0}, .groupid = {}}, .limit = 10});
  const auto* page = history.get<protocol::HistoryAck>();
  ASSERT_TRUE(page) << history.refusal.message;
  ASSERT_EQ(page->messages.size(), 2u);
  EXPECT_EQ(page->messages.front().content, "two");
  EXPECT_EQ(
      anns.ask(protocol::Sync{.of = {.friendid = MemberId{0}, .groupid = {}}}).get<protocol::SyncAck>()->head,
      2u);

  const auto listed = anns.ask(protocol::Conversations{});
  ASSERT_EQ(listed.get<protocol::ConversationsAck>()->conversations.size(), 1u);
  const auto& conversation = listed.get<protocol::ConversationsAck>()->conversations.front();
  EXPECT_FALSE(conversation.friendid);
  EXPECT_FALSE(conversation.groupid);
  EXPECT_EQ(conversation.name, "Plaza");
  EXPECT_EQ(conversation.unread, 2u);
  EXPECT_EQ(conversation.last->content, "two");

  TestClient& phone = online(ann, "phone");
  const auto marked = anns.ask(
      protocol::Mark{.of = {.friendid = MemberId{0}, .groupid = {}}, .delivered = 2, .read = 2});
  EXPECT_EQ(marked.get<protocol::OkReply>()->read, 2u);
  const auto told = phone.take();
  ASSERT_EQ(told.size(), 1u) << "the member's other devices know";
  EXPECT_EQ(told.front().get<protocol::ReceiptPush>()->read, 2u);
}

TEST_F(Announcing, AClassicClientSeesItAsAMessageOfMemberZero) {
  announce("for the offline");
  TestClient& anns = classic(ann);
  show();
  announce("for those who are there");
  show();
  EXPECT_EQ(shown(anns), (Texts{"for the offline", "for those who are there"}));
  leave(anns);
  announce("three");
  TestClient& again = classic(ann);
  again.take();
  show();
  EXPECT_EQ(shown(again), Texts{"three"});
}

TEST_F(Announcing, NobodyCanAnswerOrReportTheServer) {
  TestClient& anns = online(ann);
  announce("hello");
  show();
  anns.take();
  EXPECT_EQ(anns.say(MemberId{0}, "hi").refusal.error, protocol::Errno::no_such_peer);
  const auto reported = anns.ask(protocol::Report{.of = {.friendid = MemberId{0}, .groupid = {}}, .cseq = 1});
  EXPECT_EQ(reported.refusal.error, protocol::Errno::not_permitted);
}

TEST_F(Announcing, WhatIsOverIsTidiedUp) {
  announce(make("one", AnnouncementTarget::zone, 1'000));
  clock.advance_ms(1'000);
  ASSERT_TRUE(announcer.tidy(500));
  EXPECT_EQ(announcer.list(zone->app, {}, 9)->front().state, AnnouncementState::over);
  clock.advance_ms(501);
  ASSERT_TRUE(announcer.tidy(500));
  EXPECT_TRUE(announcer.list(zone->app, {}, 9)->empty());
}

}  // namespace
}  // namespace plaza::chat
