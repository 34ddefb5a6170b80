// What a zone's word list does to messages: refused, masked before they are stored, or reported.
#include "chat/test_support.h"
#include "chat/word_lists.h"

namespace plaza::chat {
namespace {

using moderation::Code;
using ports::WordAction;
using ports::WordRule;
using protocol::Errno;

/// Finds each rule's text as it stands; "(" cannot be compiled.
class PlainCompiler final : public ports::WordCompiler {
 public:
  class Filter final : public ports::WordFilter {
   public:
    explicit Filter(std::vector<WordRule> rules) : rules_(std::move(rules)) {}
    void find(std::string_view text, std::vector<ports::WordHit>& hits) const override {
      for (const WordRule& rule : rules_) {
        for (auto at = text.find(rule.text); at != std::string_view::npos; at = text.find(rule.text, at + 1))
          hits.push_back({at, at + rule.text.size(), rule.action});
      }
    }

   private:
    std::vector<WordRule> rules_;
  };
  [[nodiscard]] Result<ports::SharedWordFilter, std::string> compile(
      const std::vector<WordRule>& rules) const override {
    for (const WordRule& rule : rules) {
      if (rule.text == "(") return fail(std::string("missing )"));
    }
    if (rules.empty()) return ports::SharedWordFilter();
    return std::make_shared<const Filter>(rules);
  }
};

class Screening : public ChatTest {
 public:
  Screening() : ChatTest(3) {}

 protected:
  WordRule put(const std::string& text, WordAction action) {
    bool in_force = false;
    const auto made = lists.put(zone->id, {.id = {}, .action = action, .text = text},
                                [&] { in_force = true; });
    EXPECT_TRUE(made) << made.error().detail;
    settle();
    EXPECT_TRUE(in_force);
    return made.value_or(WordRule{});
  }
  std::vector<ports::Report> reports() { return moderation.reports(zone->id, std::nullopt, {}, 100).value(); }
  static std::string content(TestClient& client) {
    std::string all;
    for (const auto& frame : client.take()) {
      if (const auto* chat = frame.get<protocol::Chat>()) all += chat->content + ";";
    }
    return all;
  }

  PlainCompiler compiler;
  WordLists lists{node, moderation, compiler};
  ports::Member ann = member("ann"), bob = member("bob");
  RoomId tea = room("tea", ann, {bob});
  TestClient &anns = online(ann), &bobs = online(bob);
};

TEST_F(Screening, AWordThatIsRefusedIsStoredNowhereAndUsesNoSendId) {
  put("darn", WordAction::refuse);
  for (const auto& reply : {anns.say(bob.id, "darn it", 1), anns.say(tea, "oh darn", 1)}) {
    EXPECT_EQ(reply.refusal.error, Errno::content_refused);
    EXPECT_EQ(reply.refusal.field, "msg");
    EXPECT_EQ(reply.refusal.send_id, 1u);
  }
  EXPECT_EQ(content(bobs), "");
  EXPECT_EQ(anns.say(bob.id, "well", 1).get<protocol::SendAck>()->send_id, 1u);
}

TEST_F(Screening, AWordThatIsMaskedIsMaskedForEverybodyAndInTheStore) {
  put("darn", WordAction::mask);
  TestClient& phone = online(ann, "phone");
  EXPECT_FALSE(anns.say(bob.id, "darn it", 1).refused());
  EXPECT_FALSE(anns.say(tea, "oh darn", 2).refused());
  EXPECT_EQ(content(bobs), "**** it;oh ****;");
  EXPECT_EQ(content(phone), "**** it;oh ****;");
}

TEST_F(Screening, ASendThatIsRepeatedGetsItsFirstAnswerAlsoWhenTheListChangedInBetween) {
  const auto rule = put("darn", WordAction::mask);
  const auto first = anns.say(bob.id, "darn heck", 1);
  const auto expect_first = [&] {
    const auto again = anns.say(bob.id, "darn heck", 1);
    ASSERT_TRUE(again.get<protocol::SendAck>()) << again.refusal.message;
    EXPECT_TRUE(again.get<protocol::SendAck>()->dup);
    EXPECT_EQ(again.get<protocol::SendAck>()->mid, first.get<protocol::SendAck>()->mid);
  };
  expect_first();
  ASSERT_TRUE(lists.remove(zone->id, rule.id));
  settle();
  expect_first();
  put("darn", WordAction::refuse);
  put("heck", WordAction::mask);
  expect_first();
  EXPECT_EQ(anns.say(bob.id, "dang heck!", 1).refusal.error, Errno::conflict)
      << "another message still is one";
  EXPECT_EQ(content(bobs), "**** heck;");
}

TEST_F(Screening, AWordThatIsReportedIsAcceptedAndReportedOnceWithTheMessage) {
  put("darn", WordAction::report);
  const auto sent = anns.say(bob.id, "darn it", 1);
  EXPECT_FALSE(sent.refused());
  anns.say(bob.id, "darn it", 1);
  settle();
  ASSERT_EQ(reports().size(), 1u);
  const auto report = reports().front();
  EXPECT_FALSE(report.reporter);
  EXPECT_EQ(report.sender, ann.id);
  EXPECT_EQ(report.body, "darn it");
  EXPECT_EQ(report.message, sent.get<protocol::SendAck>()->mid);
  EXPECT_EQ(report.conversation_seq, 1u);
  EXPECT_EQ(content(bobs), "darn it;");
}

TEST_F(Screening, ObjectsAreNotLookedAt) {
  put("darn", WordAction::refuse);
  const auto reply = anns.ask(protocol::OneChat{
      .toid = bob.id, .content = {.kind = 3, .msg = {}, .body = R"({"x":"darn"})"}, .send_id = 1, .id = {}});
  EXPECT_FALSE(reply.refused());
}

TEST_F(Screening, AnotherZoneHasItsOwnList) {
  ports::Zone wanted;
  wanted.app_name = "test";
  wanted.zone_name = "two";
  const ZoneId other = directory.put_zone(wanted)->id;
  ASSERT_TRUE(lists.put(other, {.id = {}, .action = WordAction::refuse, .text = "darn"}));
  settle();
  EXPECT_FALSE(anns.say(bob.id, "darn it").refused());
  const auto rule = put("heck", WordAction::refuse);
  EXPECT_EQ(lists.remove(other, rule.id).error().code, Code::not_found);
  EXPECT_EQ(lists.list(zone->id)->size(), 1u);
  EXPECT_EQ(lists.list(other)->front().text, "darn");
}

TEST_F(Screening, ARuleThatIsRemovedHoldsNoMore) {
  const auto rule = put("darn", WordAction::refuse);
  EXPECT_TRUE(anns.say(bob.id, "darn").refused());
  ASSERT_TRUE(lists.remove(zone->id, rule.id));
  settle();
  EXPECT_FALSE(anns.say(bob.id, "darn").refused());
}

TEST_F(Screening, ARuleThatCannotBeUsedIsRefusedAndNothingIsStored) {
  for (const std::string& bad :
       {std::string("("), std::string(), std::string("a\nb"), std::string(257, 'x')}) {
    const auto refused = lists.put(zone->id, {.id = {}, .text = bad});
    ASSERT_FALSE(refused);
    EXPECT_EQ(refused.error().code, Code::invalid);
    EXPECT_EQ(refused.error().field, "text");
  }
  EXPECT_EQ(lists.put(ZoneId{999}, {.id = {}, .text = "x"}).error().code, Code::not_found);
  EXPECT_TRUE(lists.list(zone->id)->empty());
}

TEST_F(Screening, AfterAStartEveryShardUsesWhatIsStored) {
  ASSERT_TRUE(moderation.put_word(zone->id, {.id = {}, .action = WordAction::refuse, .text = "darn"}));
  EXPECT_FALSE(anns.say(bob.id, "darn").refused());
  bool loaded = false;
  ASSERT_TRUE(lists.load([&] { loaded = true; }));
  settle();
  EXPECT_TRUE(loaded);
  EXPECT_TRUE(anns.say(bob.id, "darn").refused());
  EXPECT_TRUE(bobs.say(ann.id, "darn").refused());
}

TEST_F(Screening, PublicationsAreScreenedAndAMutedMemberPublishesNothing) {
  put("darn", WordAction::mask);
  put("heck", WordAction::refuse);
  const auto publish = [&](std::string_view text) {
    return anns.ask(protocol::Publish{
        .channel = "world", .content = {.kind = 0, .msg = text, .body = {}}, .send_id = {}});
  };
  EXPECT_FALSE(bobs.ask(protocol::Subscribe{.channel = "world"}).refused());
  EXPECT_FALSE(publish("oh darn").refused());
  EXPECT_EQ(publish("heck").refusal.error, Errno::content_refused);
  settle();
  std::string got;
  for (const auto& frame : bobs.take()) {
    if (const auto* said = frame.get<protocol::Publication>()) got += said->content + ";";
  }
  EXPECT_EQ(got, "oh ****;");
  hubs[home(ann.id)]->set_sanctions(ann.id,
                                    {{.zone = zone->id, .member = ann.id, .reason = "spam", .by = "op"}});
  const auto muted = publish("hello");
  EXPECT_EQ(muted.refusal.error, Errno::muted);
  EXPECT_EQ(muted.refusal.reason, "spam");
}

}  // namespace
}  // namespace plaza::chat
