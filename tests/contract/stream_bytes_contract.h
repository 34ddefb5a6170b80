#pragma once
// The contract of ports::StreamStore, third part: what it says of the bytes that each zone has. As
// tests/contract/stream_store_contract.h, which it needs.
#include "tests/contract/stream_store_contract.h"

namespace plaza::contract {

class StreamBytesContract : public StreamStoreContract {
 protected:
  static Append in_zone(std::uint64_t zone, std::size_t body_bytes, std::uint64_t send_id = 0) {
    Append append = to_pair(kAda, kBob, std::string(body_bytes, 'x'), send_id);
    append.message->zone = ZoneId{zone};
    return append;
  }
  static std::uint64_t each(std::size_t body_bytes) { return body_bytes + ZoneBytes::kMessageBytes; }
  std::uint64_t bytes(std::uint64_t zone) { return sink_.zone_bytes(ZoneId{zone}); }
};

TEST_P(StreamBytesContract, EachZoneHasTheBytesOfItsMessagesHoweverManyInboxesTheyAreIn) {
  append(in_zone(1, 100));
  append(in_zone(1, 50));
  append(in_zone(2, 7));
  Append large = to_room(kAda, {kAda, kBob, kCem}, std::string(1000, 'x'));
  large.message->zone = ZoneId{3};
  append(std::move(large));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(bytes(1), each(100) + each(50));
    EXPECT_EQ(bytes(2), each(7));
    EXPECT_EQ(bytes(3), each(1000));
    sink_.forget_zone_bytes();
    reopen();
  }
  append(in_zone(2, 8));
  EXPECT_EQ(bytes(2), each(7) + each(8)) << "it goes on from what is there";
}

TEST_P(StreamBytesContract, BytesAreThoseOfUtf8AndNotCharacters) {
  Append append_one = in_zone(1, 0);
  append_one.message->body = "grüße";
  append(std::move(append_one));
  EXPECT_EQ(bytes(1), each(7));
  reopen();
  EXPECT_EQ(bytes(1), each(7));
}

TEST_P(StreamBytesContract, WhatIsNotStoredIsNotCounted) {
  append(in_zone(1, 100, 1));
  EXPECT_EQ(append(in_zone(1, 100, 1)).code, AppendCode::duplicate);
  EXPECT_EQ(append(in_zone(1, 5, 1)).code, AppendCode::conflict);
  EXPECT_EQ(append(in_zone(1, 5, 7)).code, AppendCode::ahead);
  EXPECT_EQ(bytes(1), each(100));
}

/// So that whoever was told of the last message finds the quota reached.
TEST_P(StreamBytesContract, TheyAreSaidBeforeTheOutcomesOfTheirCommit) {
  append(in_zone(1, 100));
  EXPECT_TRUE(sink_.bytes_came_first());
}

TEST_P(StreamBytesContract, WhatRetentionRemovesIsSubtractedFromItsZone) {
  const std::int64_t begin_ms = clock_.wall_ms();
  for (int i = 0; i < 50; ++i) {
    append(in_zone(1, 100));
    append(in_zone(2, 10));
    clock_.advance_ms(1000);
  }
  trim({.message_age_max_ms = clock_.wall_ms() - begin_ms - 10'000, .inbox_entries_max = 0});
  EXPECT_EQ(bytes(1), 40 * each(100));
  EXPECT_EQ(bytes(2), 40 * each(10));
  trim({.message_age_max_ms = 0, .inbox_entries_max = 20});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(bytes(1), 10 * each(100));
    EXPECT_EQ(bytes(2), 10 * each(10));
    sink_.forget_zone_bytes();
    reopen();
  }
}

/// Whether the index has the message already or not, and when it is changed by the same commit.
TEST_P(StreamBytesContract, AnEditCountsWithItsBodyAndARecallGivesBackAllThatWasSaid) {
  const auto change = [&](ports::ChangeAction action, std::uint64_t target, std::size_t body_bytes) {
    Append append = in_zone(1, body_bytes);
    append.message->kind = ports::MessageKind::change;
    ports::MessageExtra extra;
    extra.change = ports::MessageChange{.action = action, .target = target};
    append.message->extra = std::make_shared<const ports::MessageExtra>(std::move(extra));
    return append;
  };
  append(in_zone(1, 100));
  append(in_zone(1, 50));
  for (int round = 0; round < 2; ++round) {
    append(change(ports::ChangeAction::edit, 1, 30));
    const auto edits = static_cast<std::uint64_t>(round) + 1;
    EXPECT_EQ(bytes(1), each(30) + each(50) + edits * each(30)) << round;
    sink_.forget_zone_bytes();
    reopen();
    EXPECT_EQ(bytes(1), each(30) + each(50) + edits * each(30)) << round;
  }
  append(change(ports::ChangeAction::recall, 1, 0));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(bytes(1), each(0) + each(50) + 2 * each(0) + each(0)) << round;
    sink_.forget_zone_bytes();
    reopen();
  }
  const std::uint64_t before = bytes(1);
  append_all(
      {in_zone(1, 70), change(ports::ChangeAction::edit, 6, 20), change(ports::ChangeAction::recall, 6, 0)});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(bytes(1), before + 3 * each(0)) << round;
    sink_.forget_zone_bytes();
    reopen();
  }
  trim({.message_age_max_ms = 0, .inbox_entries_max = 1});
  EXPECT_EQ(bytes(1), each(0)) << "nothing of it stays behind";
}

}  // namespace plaza::contract
