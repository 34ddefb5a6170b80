// The rules that are functions of values: send_ids, pages, deliveries, the search of an old send.
#include <gtest/gtest.h>

#include <random>
#include <string>

#include "streams/original_search.h"
#include "streams/page_rules.h"
#include "streams/recent_messages.h"
#include "streams/send_rules.h"
#include "streams/stored_blobs.h"

namespace plaza::streams {
namespace {

using ports::Delivery;
using ports::Head;
using ports::ReadRequest;
using ports::StreamId;

TEST(SendRule, NextIsOnePastTheLastOldIsUpToItAheadIsBeyond) {
  EXPECT_EQ(send_rule(0, 1), SendRule::next);
  EXPECT_EQ(send_rule(0, 2), SendRule::ahead);
  EXPECT_EQ(send_rule(7, 8), SendRule::next);
  EXPECT_EQ(send_rule(7, 7), SendRule::old);
  EXPECT_EQ(send_rule(7, 1), SendRule::old);
  EXPECT_EQ(send_rule(7, 9), SendRule::ahead);
  EXPECT_EQ(send_rule(7, 0), SendRule::next) << "0 asks for the next one";
}

TEST(PageRange, ForwardBeginsAfterFromOrAtTheFirstEntryThatIsThere) {
  const Head head{.epoch = 3, .head = 10, .trimmed = 4};
  const auto range = [&](std::uint32_t epoch, std::uint64_t from, std::uint32_t max) {
    return page_range(head, {.epoch = epoch, .from = from, .entries_max = max});
  };
  EXPECT_EQ(range(3, 6, 100).low, 7U);
  EXPECT_EQ(range(3, 6, 100).high, 10U);
  EXPECT_EQ(range(3, 6, 3).high, 9U);
  EXPECT_FALSE(range(3, 4, 1).too_old) << "everything after 4 is there";
  EXPECT_TRUE(range(3, 3, 1).too_old);
  EXPECT_EQ(range(3, 3, 1).low, 5U);
  EXPECT_TRUE(range(2, 9, 1).too_old) << "another epoch";
  EXPECT_EQ(range(2, 9, 1).low, 5U);
  EXPECT_TRUE(range(3, 10, 5).empty());
  EXPECT_FALSE(range(3, 10, 5).too_old) << "at the head";
  EXPECT_TRUE(range(3, 11, 5).too_old) << "one past it";
  EXPECT_EQ(range(3, 11, 5).low, 5U);
  EXPECT_EQ(range(3, 11, 5).high, 9U);
  EXPECT_TRUE(range(3, kIdMax, 5).too_old);
  EXPECT_TRUE(range(0, 11, 5).too_old) << "also when the reader names no epoch";
  EXPECT_TRUE(page_range({.epoch = 3}, {.epoch = 3, .from = 1}).too_old) << "all is lost";
  EXPECT_EQ(range(3, 6, 0).high, 7U) << "a page of no entries would never get on";
}

TEST(PageRange, BackwardEndsAtTheFirstEntryThatIsThere) {
  const Head head{.epoch = 3, .head = 10, .trimmed = 4};
  const auto range = [&](std::uint64_t from, std::uint32_t max) {
    return page_range(head, {.backward = true, .from = from, .entries_max = max});
  };
  EXPECT_EQ(range(0, 100).high, 10U);
  EXPECT_EQ(range(0, 100).low, 5U);
  EXPECT_EQ(range(8, 2).high, 7U);
  EXPECT_EQ(range(8, 2).low, 6U);
  EXPECT_TRUE(range(5, 2).empty());
  EXPECT_TRUE(range(1, 2).empty());
  EXPECT_EQ(range(11, 1).high, 10U);
  EXPECT_TRUE(page_range({.epoch = 1}, {.backward = true}).empty());
}

TEST(Deliveries, SurviveTheirEncodingAtTheLimitsOfIdsAndSeqs) {
  const std::vector<Delivery> deliveries{{StreamId::inbox(MemberId{1}), 1},
                                         {StreamId::inbox(MemberId{128}), kIdMax},
                                         {StreamId::inbox(MemberId{129}), 127},
                                         {StreamId::inbox(MemberId{kIdMax}), 128}};
  std::string bytes;
  encode_deliveries(deliveries, bytes);
  std::vector<Delivery> decoded;
  ASSERT_TRUE(decode_deliveries(bytes, decoded));
  ASSERT_EQ(decoded.size(), deliveries.size());
  for (std::size_t i = 0; i < decoded.size(); ++i) {
    EXPECT_EQ(decoded[i].stream, deliveries[i].stream);
    EXPECT_EQ(decoded[i].seq, deliveries[i].seq);
  }
}

TEST(Deliveries, DamagedBytesAreRefusedAndNeverReadPastTheirEnd) {
  std::vector<Delivery> decoded;
  EXPECT_TRUE(decode_deliveries("", decoded));
  EXPECT_FALSE(decode_deliveries("\x01", decoded)) << "half a delivery";
  EXPECT_FALSE(decode_deliveries(std::string("\x00\x01", 2), decoded)) << "the same member again";
  EXPECT_FALSE(decode_deliveries(std::string("\x01\x00", 2), decoded)) << "seq 0";
  EXPECT_FALSE(decode_deliveries(std::string(30, '\xFF'), decoded)) << "a number without end";
  std::mt19937_64 random(3);
  for (int i = 0; i < 20'000; ++i) {
    std::string bytes(random() % 24, '\0');
    for (char& byte : bytes) byte = static_cast<char>(random());
    if (!decode_deliveries(bytes, decoded)) continue;
    std::string again;
    encode_deliveries(decoded, again);
    std::vector<Delivery> twice;
    ASSERT_TRUE(decode_deliveries(again, twice));
    ASSERT_EQ(twice.size(), decoded.size());
  }
}

TEST(Run, SurvivesItsEncodingAndRefusesDamage) {
  const std::vector<std::uint64_t> ids{1, 2, 130, 131, kIdMax - 1, kIdMax};
  std::string bytes;
  encode_run(ids, bytes);
  std::vector<std::uint64_t> decoded;
  ASSERT_TRUE(decode_run(bytes, decoded));
  EXPECT_EQ(decoded, ids);
  EXPECT_FALSE(decode_run(bytes + '\x01', decoded)) << "past the largest id";
  EXPECT_FALSE(decode_run(std::string("\x01\x00", 2), decoded)) << "the same message again";
  EXPECT_FALSE(decode_run(bytes + '\x81', decoded)) << "half a number";
}

ports::MessagePtr message(std::uint64_t id, std::size_t body) {
  auto made = std::make_shared<ports::Message>();
  made->id = MessageId{id};
  made->body.assign(body, 'x');
  return made;
}

TEST(RecentMessages, KeepTheNewestWithinTheirBytes) {
  RecentMessages recent(4'000);
  for (std::uint64_t id = 1; id <= 10; ++id) recent.push(message(id, 680));  // 1,000 each with the fixed part
  EXPECT_EQ(recent.size(), 4U);
  EXPECT_FALSE(recent.find(6));
  ASSERT_TRUE(recent.find(7));
  EXPECT_EQ(recent.find(7)->id.value, 7U);
  EXPECT_TRUE(recent.find(10));
  EXPECT_FALSE(recent.find(11));
  EXPECT_FALSE(recent.find(0));
  recent.drop_upto(8);
  EXPECT_FALSE(recent.find(8));
  EXPECT_TRUE(recent.find(9));
  recent.push(message(11, 10'000));
  EXPECT_EQ(recent.size(), 0U) << "one that is larger than all is not kept";
}

/// Goal: found exactly when it is there. Method: an inbox with own sends among others', every send_id asked
/// for.
TEST(FindSend, FindsEverySendOfADeviceAmongOthersMessages) {
  std::mt19937_64 random(11);
  std::vector<std::uint64_t> send_at(3'001, 0);  // by seq; 0 = somebody else's
  std::uint64_t last = 0;
  for (std::size_t seq = 1; seq < send_at.size(); ++seq) {
    if (random() % 4 == 0) send_at[seq] = ++last;
  }
  const auto at = [&](std::uint64_t seq) {
    return StreamSend{.send_id = send_at[seq], .message_id = seq * 10};
  };
  for (std::uint64_t send_id = 1; send_id <= last; ++send_id) {
    const SearchResult result = find_send(1, 3'000, send_id, 1'000, at);
    ASSERT_EQ(result.outcome, Searched::found) << send_id;
    ASSERT_EQ(send_at[result.message_id / 10], send_id);
  }
  EXPECT_EQ(find_send(1, 3'000, last + 1, 1'000, at).outcome, Searched::absent);
  EXPECT_EQ(find_send(1'500, 3'000, 1, 1'000, at).outcome, Searched::absent) << "before what is kept";
  EXPECT_EQ(find_send(5, 4, 1, 1'000, at).outcome, Searched::absent) << "an empty inbox";
}

TEST(FindSend, GivesUpAfterItsLooks) {
  std::uint32_t looks = 0;
  const auto others = [&](std::uint64_t) {
    ++looks;
    return StreamSend{};
  };
  EXPECT_EQ(find_send(1, 1'000'000, 1, 500, others).outcome, Searched::gave_up);
  EXPECT_EQ(looks, 500U);
}

TEST(FindSend, TellsAStorageThatFailedFromAnEntryThatIsGone) {
  const auto always = [](StreamSend::Look look) {
    return [look](std::uint64_t) { return StreamSend{.look = look}; };
  };
  EXPECT_EQ(find_send(1, 10, 1, 500, always(StreamSend::Look::failed)).outcome, Searched::failed);
  EXPECT_EQ(find_send(1, 10, 1, 500, always(StreamSend::Look::gone)).outcome, Searched::gave_up);
}

/// One who sent 1..200, of which 1..100 are no longer among the newest that are kept.
class FindOriginal : public testing::Test {
 protected:
  FindOriginal() {
    sender_.member = kAda;
    sender_.last_send_id = 200;
    for (std::uint64_t send = 150; send <= 200; ++send) sender_.recent.note(send * 10);
    sent_.sender = kAda;
    sent_.conversation = kRoom;
  }
  Original find(std::uint64_t send_id, bool room_is_whole = true) {
    sent_.send_id = send_id;
    asked_.clear();
    return find_original(
        sender_, sent_,
        [this](ports::StreamId stream) {
          asked_.push_back(stream);
          return stream == sent_.conversation ? in_conversation_ : in_inbox_;
        },
        [room_is_whole](ports::StreamId) { return room_is_whole; });
  }

  static constexpr MemberId kAda{1};
  static constexpr ports::StreamId kRoom = ports::StreamId::room(RoomId{9});
  using Kind = Original::Kind;
  using Streams = std::vector<ports::StreamId>;
  SenderState sender_;
  ports::Message sent_;
  SearchResult in_conversation_, in_inbox_;
  Streams asked_;
};

TEST_F(FindOriginal, TheNewestOnesNeedNoSearch) {
  EXPECT_EQ(find(150).message_id, 1'500U);
  EXPECT_EQ(find(200).message_id, 2'000U);
  EXPECT_TRUE(asked_.empty());
}

TEST_F(FindOriginal, IsInTheConversationOrItIsAnotherMessageWhenAllOfThatIsThere) {
  in_conversation_ = {.outcome = Searched::found, .message_id = 77};
  EXPECT_EQ(find(5).message_id, 77U);
  in_conversation_ = {};
  EXPECT_EQ(find(5).kind, Kind::another);
  EXPECT_EQ(asked_, Streams{kRoom}) << "the inbox could not tell more";
}

TEST_F(FindOriginal, IsLookedForInTheInboxWhenTheConversationIsTrimmedOrTooLong) {
  in_inbox_ = {.outcome = Searched::found, .message_id = 88};
  EXPECT_EQ(find(5, false).message_id, 88U);
  in_conversation_ = {.outcome = Searched::gave_up};
  EXPECT_EQ(find(5).message_id, 88U);
  EXPECT_EQ(asked_, (Streams{kRoom, ports::StreamId::inbox(kAda)}));
  in_inbox_ = {};
  EXPECT_EQ(find(5).kind, Kind::unknown);
  EXPECT_EQ(find(5, false).kind, Kind::unknown);
}

TEST_F(FindOriginal, AStorageThatDoesNotAnswerIsNotTakenForAnAnswer) {
  in_conversation_ = {.outcome = Searched::failed};
  EXPECT_EQ(find(5).kind, Kind::failed);
  in_conversation_ = {.outcome = Searched::gave_up};
  in_inbox_ = {.outcome = Searched::failed};
  EXPECT_EQ(find(5).kind, Kind::failed);
}

TEST_F(FindOriginal, TheServerHasNoInboxToLookInto) {
  sent_.sender = {};
  in_conversation_ = {.outcome = Searched::gave_up};
  EXPECT_EQ(find(5).kind, Kind::unknown);
  EXPECT_EQ(asked_, Streams{kRoom});
}

}  // namespace
}  // namespace plaza::streams
