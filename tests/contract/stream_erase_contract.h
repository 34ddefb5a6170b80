#pragma once
// The contract of ports::StreamEraser: what is removed for good. As tests/contract/stream_store_contract.h, which it
// needs.
#include "ports/stream_eraser.h"
#include "tests/contract/stream_changes_contract.h"
#include "tests/contract/stream_reach_contract.h"

namespace plaza::contract {

class StreamEraseContract : public StreamStoreContract {
 protected:
  void erase(const Erasure& what) {
    while (ask<bool>([&](auto done) { eraser().erase(what, std::move(done)); }).value_or(false)) {}
  }
  StreamEraser& eraser() { return dynamic_cast<StreamEraser&>(*store_); }
  std::uint64_t bytes() { return sink_.zone_bytes(ZoneId{5}); }
  DeviceState device(MemberId member, const std::string& name) {
    return *ask<DeviceState>([&](auto done) { store_->open_device(member, name, std::move(done)); });
  }
  std::size_t listed(MemberId member) {
    return ask<ConversationPage>([&](auto done) { store_->conversations(member, {}, 100, std::move(done)); })
        ->conversations.size();
  }
};

TEST_P(StreamEraseContract, OfAnErasedMemberNothingIsLeftAndOfOthersEverything) {
  const MemberId dan{14};
  for (int i = 0; i < 40; ++i) {
    say(kAda, kBob, "to bob");
    say(kBob, kAda, "to ada");
    say(kCem, dan, "among others");
  }
  ask<std::uint64_t>([&](auto done) { store_->received(kAda, "phone", 7, std::move(done)); });
  erase({.members = {kAda, kBob}, .conversations = {}, .server_devices = {}});
  for (int round = 0; round < 2; ++round) {
    for (const MemberId gone : {kAda, kBob}) {
      EXPECT_EQ(head(StreamId::inbox(gone)).head, 0U);
      EXPECT_EQ(listed(gone), 0U);
      EXPECT_EQ(device(gone, "phone").last_send_id, 0U);
      EXPECT_EQ(device(gone, "phone").received, 0U);
    }
    EXPECT_EQ(head(kAdaBob).head, 0U);
    EXPECT_EQ(head(StreamId::inbox(kCem)).head, 40U);
    EXPECT_EQ(whole(StreamId::pair(kCem, dan)).size(), 40U);
    EXPECT_EQ(listed(dan), 1U);
    EXPECT_EQ(device(kCem, "phone").last_send_id, 40U);
    EXPECT_EQ(bytes(), 40 * (12 + ZoneBytes::kMessageBytes));
    reopen();
  }
}

TEST_P(StreamEraseContract, ARoomGoesWithItsMessagesEventsAndTheServersDevice) {
  append(to_room(kAda, {kAda, kBob}, "hello"));
  append(from_server("{\"event\":\"renamed\"}", 1, Reach::inboxes, {kAda, kBob}));
  append(to_stream(kAda, "alone"));
  say(kAda, kBob, "stays");
  erase({.members = {}, .conversations = {kTheRoom}, .server_devices = {"@room:900"}});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(head(kTheRoom).head, 0U);
    EXPECT_EQ(device(MemberId{0}, "@room:900").last_send_id, 0U);
    EXPECT_EQ(whole(kAdaBob).size(), 1U);
    EXPECT_EQ(bytes(), 5 + ZoneBytes::kMessageBytes);
    reopen();
  }
}

TEST_P(StreamEraseContract, WhatWasEditedAndRecalledGoesWithItsVersionsAndAConversationMayBeginAnew) {
  for (std::uint64_t i = 0; i < 10; ++i) say(kAda, kBob, "first");
  for (std::uint64_t i = 1; i < 10; ++i) append(edit_of(kAda, kBob, i, "second and longer"));
  append(recall_of(kAda, kBob, 2));
  erase({.members = {kAda, kBob}, .conversations = {}, .server_devices = {}});
  EXPECT_EQ(bytes(), 0U);
  reopen();
  EXPECT_EQ(bytes(), 0U);
  say(kAda, kBob, "anew");
  EXPECT_EQ(head(kAdaBob).head, 1U);
  const VersionsRequest request{
      .conversation = kAdaBob, .cseq = 1, .before = 0, .versions_max = 9, .bytes_max = 1'000};
  const auto page = ask<VersionPage>([&](auto done) { store_->versions(request, std::move(done)); });
  ASSERT_TRUE(page.has_value());
  EXPECT_EQ(page->versions.size(), 1U);
  // A place that is nothing to read would be counted away.
  for (int i = 0; i < 15; ++i) say(kAda, kBob, "anew");
  const auto of_bob = ask<ConversationPage>(
      [&](auto done) { store_->conversations(kBob, {}, 100, std::move(done)); });
  ASSERT_EQ(of_bob->conversations.size(), 1U);
  EXPECT_EQ(of_bob->conversations[0].unread, 16U);
}

TEST_P(StreamEraseContract, ADeviceOfTheServerThatHasSentElsewhereSinceStays) {
  append(from_server("{\"event\":\"a\"}", 1, Reach::conversation, {}, "@api"));
  Append later = from_server("{\"event\":\"b\"}", 2, Reach::conversation, {}, "@api");
  later.message->conversation = StreamId::room(RoomId{901});
  append(std::move(later));
  erase({.members = {}, .conversations = {kTheRoom}, .server_devices = {}});
  EXPECT_EQ(device(MemberId{0}, "@api").last_send_id, 2U);
  erase({.members = {}, .conversations = {StreamId::room(RoomId{901})}, .server_devices = {}});
  EXPECT_EQ(device(MemberId{0}, "@api").last_send_id, 0U);
}

TEST_P(StreamEraseContract, WhatIsErasedAgainOrWasNeverThereIsFine) {
  say(kAda, kBob, "once");
  const Erasure what{.members = {kAda, kBob}, .conversations = {kTheRoom}, .server_devices = {"@room:900"}};
  erase(what);
  erase(what);
  EXPECT_EQ(bytes(), 0U);
}

TEST_P(StreamEraseContract, OthersSendWhileItIsBeingErased) {
  for (int i = 0; i < 200; ++i) say(kAda, kBob, "gone");
  bool more = true;
  int said = 0;
  while (more) {
    more = *ask<bool>([&](auto done) {
      eraser().erase({.members = {kAda, kBob}, .conversations = {}, .server_devices = {}}, std::move(done));
    });
    say(kCem, MemberId{14}, "stays");
    ++said;
  }
  EXPECT_GT(said, 2) << "a bounded piece at a time";
  EXPECT_EQ(whole(StreamId::pair(kCem, MemberId{14})).size(), static_cast<std::size_t>(said));
  EXPECT_EQ(head(StreamId::inbox(kAda)).head, 0U);
  EXPECT_EQ(bytes(), static_cast<std::uint64_t>(said) * (5 + ZoneBytes::kMessageBytes));
}

}  // namespace plaza::contract
