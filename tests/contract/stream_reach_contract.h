#pragma once
// The contract of ports::StreamStore, second part: messages that reach only their conversation, and those of the server
// itself. As tests/contract/stream_store_contract.h, which it needs.
#include "tests/contract/stream_store_contract.h"

namespace plaza::contract {

inline const StreamId kChannel = StreamId::channel(ChannelId{31});

/// To the room alone, or to another room or channel alone.
inline Append to_stream(MemberId from, std::string body, std::uint64_t send_id = 0,
                        StreamId conversation = kTheRoom, std::string device = "phone") {
  Append append = to_pair(from, from, std::move(body), send_id, std::move(device));
  append.message->conversation = conversation;
  append.reach = Reach::conversation;
  return append;
}

inline Append from_server(std::string body, std::uint64_t send_id, Reach reach,
                          std::vector<MemberId> members = {}, std::string device = "@room:900") {
  Append append = to_room(MemberId{0}, std::move(members), std::move(body), send_id);
  append.message->sender_name.clear();
  append.message->device = std::move(device);
  append.message->kind = MessageKind::event;
  append.reach = reach;
  return append;
}

class StreamReachContract : public StreamStoreContract {};

// ---- the conversation alone ---------------------------------------------------------------------

TEST_P(StreamReachContract, AMessageToTheConversationAloneEntersNoInboxAlsoNotOfTheFanoutOrTheSender) {
  Append one = to_stream(kAda, "to the room");
  one.fanout = std::make_shared<const std::vector<MemberId>>(std::vector<MemberId>{kAda, kBob});
  const Appended outcome = append(std::move(one));
  ASSERT_EQ(outcome.code, AppendCode::accepted);
  EXPECT_EQ(outcome.message->conversation_seq, 1U);
  EXPECT_TRUE(outcome.message->deliveries.empty());
  EXPECT_EQ(outcome.message->inbox_seq(kAda), 0U);
  append(to_stream(kBob, "to the channel", 0, kChannel));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(bodies(whole(kTheRoom)), (Texts{"to the room"}));
    EXPECT_EQ(bodies(whole(kChannel)), (Texts{"to the channel"}));
    EXPECT_TRUE(whole(kTheRoom)[0]->deliveries.empty());
    EXPECT_EQ(head(StreamId::inbox(kAda)).head, 0U);
    EXPECT_EQ(head(StreamId::inbox(kBob)).head, 0U);
    reopen();
  }
}

/// A room that outgrows its inboxes: the one order of the room goes on, and inboxes end where they were.
TEST_P(StreamReachContract, OneConversationTakesBothKindsInOneOrderWithoutAHole) {
  std::vector<Append> batch;
  for (int i = 1; i <= 40; ++i) {
    const std::string body = std::to_string(i);
    batch.push_back(i % 3 == 0 ? to_stream(kAda, body) : to_room(kAda, {kAda, kBob}, body));
  }
  for (const Appended& outcome : append_all(std::move(batch))) ASSERT_EQ(outcome.code, AppendCode::accepted);
  for (int round = 0; round < 2; ++round) {
    const std::vector<MessagePtr> room = whole(kTheRoom, 7);
    ASSERT_EQ(room.size(), 40U);
    for (std::size_t i = 0; i < room.size(); ++i) {
      EXPECT_EQ(room[i]->body, std::to_string(i + 1));
      EXPECT_EQ(room[i]->conversation_seq, i + 1);
      EXPECT_EQ(room[i]->deliveries.size(), (i + 1) % 3 == 0 ? 0U : 2U);
    }
    EXPECT_EQ(whole(StreamId::inbox(kBob), 7).size(), 27U);
    EXPECT_EQ(seqs(history(kTheRoom, 4)), (Seqs{3, 2, 1}));
    reopen();
  }
}

TEST_P(StreamReachContract, ItsSendIdsAreThoseOfTheDeviceLikeAnyOther) {
  say(kAda, kBob, "one", 1);
  EXPECT_EQ(append(to_stream(kAda, "three", 3)).expected_send_id, 2U);
  EXPECT_EQ(append(to_stream(kAda, "two", 2)).code, AppendCode::accepted);
  say(kAda, kBob, "three", 3);
  EXPECT_EQ(append(to_stream(kAda, "four", 4, kChannel)).code, AppendCode::accepted);
  for (int round = 0; round < 2; ++round) {
    const Appended retry = append(to_stream(kAda, "two", 2));
    EXPECT_EQ(retry.code, AppendCode::duplicate);
    ASSERT_TRUE(retry.message);
    EXPECT_EQ(retry.message->conversation_seq, 1U);
    EXPECT_EQ(append(to_stream(kAda, "four", 4, kChannel)).code, AppendCode::duplicate);
    EXPECT_EQ(device(kAda).last_send_id, 4U);
    EXPECT_EQ(head(kTheRoom).head, 1U);
    reopen();
  }
}

/// Whichever way a room's messages go when the retry comes: what counts is the message.
TEST_P(StreamReachContract, ARetryIsTheSameSendThoughTheRoomOutgrewItsInboxesInBetween) {
  append(to_room(kAda, {kAda, kBob}, "one", 1));
  EXPECT_EQ(append(to_stream(kAda, "one", 1)).code, AppendCode::duplicate);
  EXPECT_EQ(append(to_stream(kAda, "two", 2)).code, AppendCode::accepted);
  EXPECT_EQ(append(to_room(kAda, {kAda, kBob}, "two", 2)).code, AppendCode::duplicate);
  EXPECT_EQ(bodies(whole(kTheRoom)), (Texts{"one", "two"}));
  EXPECT_EQ(bodies(whole(StreamId::inbox(kBob))), (Texts{"one"}));
}

TEST_P(StreamReachContract, EveryOldSendIdOfARoomGivesItsOriginalAlsoWhenMuchCameBetweenAndAfterAReopen) {
  constexpr int kSends = 200;
  std::vector<Append> batch;
  for (int i = 1; i <= kSends; ++i) {
    batch.push_back(to_stream(kAda, "a" + std::to_string(i), static_cast<std::uint64_t>(i)));
    batch.push_back(to_stream(kAda, "w" + std::to_string(i), static_cast<std::uint64_t>(i), kTheRoom, "web"));
    batch.push_back(to_stream(kBob, "b"));
  }
  append_all(std::move(batch));
  for (int round = 0; round < 2; ++round) {
    std::vector<Append> retries;
    for (int i = 1; i <= kSends; ++i)
      retries.push_back(to_stream(kAda, "a" + std::to_string(i), static_cast<std::uint64_t>(i)));
    const std::vector<Appended> outcomes = append_all(std::move(retries));
    for (int i = 1; i <= kSends; ++i) {
      const Appended& outcome = outcomes[static_cast<std::size_t>(i) - 1];
      ASSERT_EQ(outcome.code, AppendCode::duplicate) << "send_id " << i << " round " << round;
      ASSERT_EQ(outcome.message->body, "a" + std::to_string(i));
    }
    EXPECT_EQ(head(kTheRoom).head, 3U * kSends);
    reopen();
  }
}

/// Two programs with one device name: the first one's send to a room is in no inbox, and yet another message under its
/// number must not be taken for stored.
TEST_P(StreamReachContract, AnotherMessageUnderTheSendIdOfARoomSendIsAConflictAlsoMuchLaterAndElsewhere) {
  append(to_stream(kAda, "one", 1));
  for (std::uint64_t i = 2; i <= 200; ++i) append(to_stream(kAda, std::to_string(i), i));
  for (int round = 0; round < 2; ++round) {
    std::vector<Append> batch;
    batch.push_back(to_stream(kAda, "another text", 1));
    batch.push_back(to_stream(kAda, "one", 1, kChannel));
    batch.push_back(to_pair(kAda, kBob, "one", 1));
    batch.push_back(to_room(kAda, {kBob}, "another text", 200));
    for (const Appended& outcome : append_all(std::move(batch))) {
      EXPECT_EQ(outcome.code, AppendCode::conflict);
      EXPECT_EQ(outcome.expected_send_id, 201U);
    }
    EXPECT_EQ(head(kAdaBob).head, 0U);
    EXPECT_EQ(head(kChannel).head, 0U);
    reopen();
  }
}

TEST_P(StreamReachContract, OwnSendsAreReadWhereOneFollowsAndTheOthersHaveThemUnread) {
  follow(kAda, kTheRoom);
  follow(kBob, kTheRoom);
  append(to_stream(kAda, "1"));
  append(to_stream(kAda, "2"));
  append(to_stream(kCem, "3"));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(conversation(kAda, kTheRoom).unread, 1U);
    EXPECT_EQ(conversation(kAda, kTheRoom).marks.read, 2U);
    EXPECT_EQ(conversation(kBob, kTheRoom).unread, 3U);
    ASSERT_TRUE(conversation(kBob, kTheRoom).last);
    EXPECT_EQ(conversation(kBob, kTheRoom).last->body, "3");
    EXPECT_TRUE(conversations(kCem).conversations.empty()) << "sending alone follows nothing";
    reopen();
  }
  EXPECT_EQ(mark(kBob, kTheRoom, {.delivered = 3, .read = 2}).marks.read, 2U);
  EXPECT_EQ(conversation(kBob, kTheRoom).unread, 1U);
}

TEST_P(StreamReachContract, PlacesTellHeadsAndTheMembersMarksInTheOrderAsked) {
  follow(kBob, kTheRoom);
  for (int i = 0; i < 5; ++i) append(to_stream(kAda, std::to_string(i)));
  append(to_stream(kAda, "x", 0, kChannel));
  mark(kBob, kTheRoom, {.delivered = 4, .read = 3});
  const StreamId nothing = StreamId::room(RoomId{901});
  for (int round = 0; round < 2; ++round) {
    const auto places = ask<std::vector<Place>>(
        [&](auto done) { store_->places(kBob, {kChannel, kTheRoom, nothing, kTheRoom}, std::move(done)); });
    ASSERT_TRUE(places.has_value());
    ASSERT_EQ(places->size(), 4U);
    EXPECT_EQ((*places)[0].head.head, 1U);
    EXPECT_EQ((*places)[0].marks.read, 0U);
    EXPECT_EQ((*places)[1].head.head, 5U);
    EXPECT_EQ((*places)[1].head.epoch, epoch());
    EXPECT_EQ((*places)[1].marks.delivered, 4U);
    EXPECT_EQ((*places)[1].marks.read, 3U);
    EXPECT_EQ((*places)[2].head.head, 0U);
    EXPECT_EQ((*places)[3].marks.read, 3U);
    reopen();
  }
  EXPECT_TRUE(conversations(kCem).conversations.empty());
  ask<std::vector<Place>>([&](auto done) { store_->places(kCem, {kTheRoom}, std::move(done)); });
  EXPECT_TRUE(conversations(kCem).conversations.empty()) << "asking follows nothing";
}

TEST_P(StreamReachContract, RetentionOfAConversationIsThatOfAnyStreamAndTakesItsMessagesAlong) {
  for (std::uint64_t i = 1; i <= 8; ++i) append(to_stream(kAda, std::to_string(i), i));
  trim({.inbox_entries_max = 5});
  reopen();
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(head(kTheRoom).trimmed, 3U);
    EXPECT_EQ(bodies(whole(kTheRoom)), (Texts{"4", "5", "6", "7", "8"}));
    EXPECT_TRUE(sync(kTheRoom, 2).too_old);
    EXPECT_FALSE(sync(kTheRoom, 3).too_old);
    EXPECT_EQ(append(to_stream(kAda, "3", 3)).code, AppendCode::duplicate_trimmed);
    EXPECT_EQ(append(to_stream(kAda, "4", 4)).code, AppendCode::duplicate);
    reopen();
  }
  clock_.advance_ms(10);
  append(to_stream(kAda, "9", 9));
  trim({.message_age_max_ms = 5});
  EXPECT_EQ(bodies(whole(kTheRoom)), (Texts{"9"}));
}

TEST_P(StreamReachContract, AFailedCommitLeavesTheConversationAsItWas) {
  append(to_stream(kAda, "one", 1));
  harness_->break_storage(true);
  EXPECT_EQ(append(to_stream(kAda, "two", 2)).code, AppendCode::unavailable);
  EXPECT_EQ(append(from_server("event", 1, Reach::conversation)).code, AppendCode::unavailable);
  EXPECT_EQ(head(kTheRoom).head, 1U);
  harness_->break_storage(false);
  EXPECT_EQ(append(to_stream(kAda, "two", 2)).message->conversation_seq, 2U);
  EXPECT_EQ(append(from_server("event", 1, Reach::conversation)).message->conversation_seq, 3U);
}

// ---- the server's own messages ------------------------------------------------------------------

TEST_P(StreamReachContract, AMessageOfTheServerEntersTheInboxesOfTheFanoutAndHasNoSendersOwn) {
  follow(kAda, kTheRoom);
  const Appended outcome = append(from_server("{\"event\":\"renamed\"}", 1, Reach::inboxes, {kAda, kBob}));
  ASSERT_EQ(outcome.code, AppendCode::accepted);
  EXPECT_TRUE(outcome.message->from_server());
  ASSERT_EQ(outcome.message->deliveries.size(), 2U);
  EXPECT_EQ(outcome.message->inbox_seq(kAda), 1U);
  const Appended alone = append(from_server("{\"event\":\"grown\"}", 2, Reach::inboxes));
  EXPECT_TRUE(alone.message->deliveries.empty());
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(bodies(whole(StreamId::inbox(kBob))), (Texts{"{\"event\":\"renamed\"}"}));
    EXPECT_EQ(whole(StreamId::inbox(kBob))[0]->kind, MessageKind::event);
    EXPECT_EQ(whole(kTheRoom).size(), 2U);
    EXPECT_EQ(head(StreamId::inbox(MemberId{0})).head, 0U);
    EXPECT_EQ(conversation(kAda, kTheRoom).unread, 2U) << "nobody's read mark moves";
    EXPECT_TRUE(conversations(MemberId{0}).conversations.empty());
    reopen();
  }
}

/// What is appended again because nobody knew whether it was stored is stored once, over reopens too, and each device of
/// the server counts for itself.
TEST_P(StreamReachContract, TheServersSendIdsCountPerDeviceAndMakeARepetitionADuplicate) {
  const auto event = [](int number, Reach reach, std::string device = "@room:900") {
    return from_server("event " + std::to_string(number), static_cast<std::uint64_t>(number), reach,
                       {kAda, kBob}, std::move(device));
  };
  for (int i = 1; i <= 150; ++i)
    append(event(i, i % 2 == 0 ? Reach::conversation : Reach::inboxes, "@room:900"));
  EXPECT_EQ(append(event(1, Reach::inboxes, "@room:901")).code, AppendCode::accepted);
  EXPECT_EQ(append(event(152, Reach::inboxes)).expected_send_id, 151U);
  for (int round = 0; round < 2; ++round) {
    for (const int i : {1, 2, 75, 76, 149, 150}) {
      const Appended again = append(event(i, Reach::conversation));
      EXPECT_EQ(again.code, AppendCode::duplicate) << i << " round " << round;
      ASSERT_TRUE(again.message);
      EXPECT_EQ(again.message->conversation_seq, static_cast<std::uint64_t>(i));
    }
    EXPECT_EQ(append(from_server("another", 7, Reach::inboxes)).code, AppendCode::conflict);
    EXPECT_EQ(head(kTheRoom).head, 151U);
    EXPECT_EQ(whole(StreamId::inbox(kAda)).size(), 76U);
    EXPECT_EQ(device(MemberId{0}, "@room:900").last_send_id, 150U);
    EXPECT_EQ(device(MemberId{0}, "@room:901").last_send_id, 1U);
    reopen();
  }
}

// ---- what the server tells a member --------------------------------------------------------------

inline Append notice_to(MemberId member, std::string body, std::string device) {
  Append append = from_server(std::move(body), 1, Reach::inboxes, {member}, std::move(device));
  append.message->kind = MessageKind::text;
  append.message->conversation = StreamId::notices(member);
  return append;
}

TEST_P(StreamReachContract, ANoticeIsInTheMembersInboxAndInAConversationOfItsOwnWhichItListsUnread) {
  say(kAda, kBob, "hello");
  ASSERT_EQ(append(notice_to(kAda, "one", "@a1.1")).code, AppendCode::accepted);
  ASSERT_EQ(append(notice_to(kAda, "two", "@a2.1")).code, AppendCode::accepted);
  ASSERT_EQ(append(notice_to(kBob, "two", "@a2.2")).code, AppendCode::accepted);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(bodies(whole(StreamId::inbox(kAda))), (Texts{"hello", "one", "two"}));
    EXPECT_EQ(bodies(whole(StreamId::notices(kAda))), (Texts{"one", "two"}));
    EXPECT_EQ(bodies(whole(StreamId::notices(kBob))), (Texts{"two"}));
    const ConversationPage page = conversations(kAda);
    ASSERT_EQ(page.conversations.size(), 2U);
    EXPECT_EQ(page.conversations[1].stream, StreamId::notices(kAda));
    EXPECT_EQ(page.conversations[1].unread, 2U);
    reopen();
  }
  ASSERT_TRUE(mark(kAda, StreamId::notices(kAda), {.delivered = 2, .read = 1}).changed);
  EXPECT_EQ(conversations(kAda).conversations[1].unread, 1U);
}

TEST_P(StreamReachContract, ANoticeOfOneNameIsStoredOnceHoweverOftenItIsAppendedAlsoWhenItIsTrimmed) {
  ASSERT_EQ(append(notice_to(kAda, "one", "@a1.1")).code, AppendCode::accepted);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(append(notice_to(kAda, "one", "@a1.1")).code, AppendCode::duplicate);
    EXPECT_EQ(head(StreamId::inbox(kAda)).head, 1U);
    reopen();
  }
  ASSERT_EQ(append(notice_to(kAda, "two", "@a2.1")).code, AppendCode::accepted);
  trim({.inbox_entries_max = 1});
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(append(notice_to(kAda, "one", "@a1.1")).code, AppendCode::duplicate_trimmed);
    EXPECT_EQ(head(StreamId::inbox(kAda)).head, 2U);
    reopen();
  }
}

}  // namespace plaza::contract
