#pragma once
// The contract of ports::StreamStore, third part: messages that answer others, that edit and recall them. As
// tests/contract/stream_store_contract.h, which it needs.
#include "tests/contract/stream_store_contract.h"

namespace plaza::contract {

inline Append as_change(Append append, ChangeAction action, std::uint64_t target,
                        MessageKind kind = MessageKind::text) {
  append.message->kind = MessageKind::change;
  append.message->extra = std::make_shared<const MessageExtra>(
      MessageExtra{.change = MessageChange{.action = action, .target = target, .kind = kind}});
  return append;
}
inline Append recall_of(MemberId from, MemberId to, std::uint64_t target, std::uint64_t send_id = 0) {
  return as_change(to_pair(from, to, "", send_id), ChangeAction::recall, target);
}
inline Append edit_of(MemberId from, MemberId to, std::uint64_t target, std::string body,
                      std::uint64_t send_id = 0) {
  return as_change(to_pair(from, to, std::move(body), send_id), ChangeAction::edit, target);
}
inline Append answer_to(Append append, std::uint64_t reply_to) {
  append.message->extra = std::make_shared<const MessageExtra>(MessageExtra{.reply_to = reply_to});
  return append;
}

class StreamChangesContract : public StreamStoreContract {
 protected:
  void accept(Append one) { ASSERT_EQ(append(std::move(one)).code, AppendCode::accepted); }
  void refuse(Append one, AppendRefusal why) {
    const Appended outcome = append(std::move(one));
    EXPECT_EQ(outcome.code, AppendCode::refused);
    EXPECT_EQ(outcome.refusal, why);
    EXPECT_EQ(outcome.message, nullptr);
  }
  MessagePtr entry(StreamId stream, std::uint64_t seq) {
    const Page page = sync(stream, seq - 1, 1);
    EXPECT_EQ(page.entries.size(), 1U);
    return page.entries.empty() ? std::make_shared<const Message>() : page.entries[0].message;
  }
  VersionPage versions(std::uint64_t cseq, std::uint32_t before = 0, std::uint32_t versions_max = 20,
                       std::size_t bytes_max = 1'000'000) {
    const VersionsRequest request{.conversation = kAdaBob,
                                  .cseq = cseq,
                                  .before = before,
                                  .versions_max = versions_max,
                                  .bytes_max = bytes_max};
    auto page = ask<VersionPage>([&](auto done) { store_->versions(request, std::move(done)); });
    EXPECT_TRUE(page.has_value());
    return page.value_or(VersionPage{});
  }
  static Texts texts(const VersionPage& page) {
    Texts all;
    for (const MessageVersion& version : page.versions)
      all.push_back(std::to_string(version.number) + " " + version.body);
    return all;
  }
};

// ---- recall -------------------------------------------------------------------------------------

TEST_P(StreamChangesContract, ARecallIsAnEntryOfItsOwnAndTakesTheBodyFromEveryStreamAndStaysSo) {
  say(kAda, kBob, "regretted");
  say(kBob, kAda, "kept");
  clock_.advance_ms(50);
  const Appended recall = append(recall_of(kAda, kBob, 1));
  ASSERT_EQ(recall.code, AppendCode::accepted);
  EXPECT_EQ(recall.message->conversation_seq, 3U);
  EXPECT_EQ(recall.message->send_id, 2U) << "of the device's numbers, as any send";
  for (int round = 0; round < 3; ++round) {
    for (const StreamId stream : {kAdaBob, StreamId::inbox(kAda), StreamId::inbox(kBob)}) {
      EXPECT_EQ(bodies(whole(stream)), (Texts{"", "kept", ""}));
      const MessagePtr message = entry(stream, 1);
      EXPECT_TRUE(message->recalled());
      EXPECT_EQ(message->extra->recalled_by, kAda);
      EXPECT_EQ(message->extra->recalled_ms, recall.message->time_ms);
      EXPECT_EQ(message->sender, kAda);
      EXPECT_EQ(entry(stream, 3)->change()->target, 1U);
      EXPECT_EQ(entry(stream, 3)->change()->action, ChangeAction::recall);
    }
    reopen();
  }
}

TEST_P(StreamChangesContract, WhatWasGivenToReadersBeforeIsLeftAsItWas) {
  const MessagePtr before = say(kAda, kBob, "regretted");
  accept(recall_of(kAda, kBob, 1));
  EXPECT_EQ(before->body, "regretted") << "the object is shared by other threads";
}

TEST_P(StreamChangesContract, ARecallTakesTheVersionsAndTheBodiesOfTheEdits) {
  say(kAda, kBob, "first");
  accept(edit_of(kAda, kBob, 1, "second"));
  accept(edit_of(kAda, kBob, 1, "third"));
  EXPECT_EQ(bodies(whole(kAdaBob)), (Texts{"third", "second", "third"}));
  accept(recall_of(kBob, kAda, 1));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(bodies(whole(kAdaBob)), (Texts{"", "", "", ""}));
    EXPECT_EQ(entry(kAdaBob, 2)->change()->action, ChangeAction::edit);
    EXPECT_TRUE(entry(kAdaBob, 2)->recalled());
    const VersionPage none = versions(1);
    ASSERT_NE(none.message, nullptr);
    EXPECT_TRUE(none.message->recalled());
    EXPECT_TRUE(none.versions.empty());
    reopen();
  }
}

TEST_P(StreamChangesContract, AllOfItInOneCommitIsAsOneAfterTheOther) {
  std::vector<Append> batch;
  batch.push_back(to_pair(kAda, kBob, "first"));
  batch.push_back(edit_of(kAda, kBob, 1, "second"));
  batch.push_back(edit_of(kAda, kBob, 1, "third"));
  batch.push_back(to_pair(kAda, kBob, "other"));
  batch.push_back(edit_of(kAda, kBob, 4, "another"));
  batch.push_back(recall_of(kAda, kBob, 1));
  batch.push_back(edit_of(kAda, kBob, 1, "too late"));
  const auto outcomes = append_all(std::move(batch));
  EXPECT_EQ(outcomes[6].code, AppendCode::refused);
  EXPECT_EQ(outcomes[6].refusal, AppendRefusal::recalled);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(bodies(whole(kAdaBob)), (Texts{"", "", "", "another", "another", ""}));
    EXPECT_EQ(texts(versions(4)), (Texts{"1 another", "0 other"}));
    EXPECT_TRUE(versions(1).versions.empty());
    reopen();
  }
}

// ---- edit ---------------------------------------------------------------------------------------

TEST_P(StreamChangesContract, AnEditReplacesTheBodyAndKeepsTheOneBefore) {
  const MessagePtr sent = say(kAda, kBob, "helo");
  clock_.advance_ms(50);
  accept(edit_of(kAda, kBob, 1, "hello"));
  clock_.advance_ms(50);
  const Appended second = append(edit_of(kAda, kBob, 1, "hello!"));
  for (int round = 0; round < 2; ++round) {
    const MessagePtr now = entry(kAdaBob, 1);
    EXPECT_EQ(now->body, "hello!");
    EXPECT_EQ(now->id, sent->id);
    EXPECT_EQ(now->time_ms, sent->time_ms);
    EXPECT_EQ(now->extra->edited_ms, second.message->time_ms);
    EXPECT_EQ(now->extra->edits.size(), 2U);
    EXPECT_EQ(entry(StreamId::inbox(kBob), 1)->body, "hello!");
    EXPECT_EQ(entry(StreamId::inbox(kBob), 3)->body, "hello!");
    const VersionPage page = versions(1);
    EXPECT_EQ(texts(page), (Texts{"2 hello!", "1 hello", "0 helo"}));
    ASSERT_EQ(page.versions.size(), 3U);
    EXPECT_EQ(page.versions[2].time_ms, sent->time_ms);
    EXPECT_EQ(page.versions[1].time_ms, sent->time_ms + 50);
    EXPECT_EQ(page.versions[0].time_ms, sent->time_ms + 100);
    EXPECT_FALSE(page.more);
    reopen();
  }
}

TEST_P(StreamChangesContract, VersionsComeByPages) {
  say(kAda, kBob, "aaaa");
  for (const char* body : {"bbbb", "cccc", "dddd"}) accept(edit_of(kAda, kBob, 1, body));
  VersionPage page = versions(1, 0, 2);
  EXPECT_EQ(texts(page), (Texts{"3 dddd", "2 cccc"}));
  EXPECT_TRUE(page.more);
  page = versions(1, 2, 2);
  EXPECT_EQ(texts(page), (Texts{"1 bbbb", "0 aaaa"}));
  EXPECT_FALSE(page.more);
  page = versions(1, 0, 20, 9);
  EXPECT_EQ(texts(page), (Texts{"3 dddd", "2 cccc"})) << "by bytes";
  EXPECT_TRUE(page.more);
  page = versions(1, 0, 20, 1);
  EXPECT_EQ(texts(page), (Texts{"3 dddd"})) << "one is always served";
}

TEST_P(StreamChangesContract, AMessageThatWasNotEditedHasOneVersionAndOneThatIsNotThereNoMessage) {
  say(kAda, kBob, "as it is");
  EXPECT_EQ(texts(versions(1)), (Texts{"0 as it is"}));
  EXPECT_EQ(versions(2).message, nullptr);
  EXPECT_EQ(versions(0).message, nullptr);
}

// ---- what is refused ----------------------------------------------------------------------------

TEST_P(StreamChangesContract, WhatCannotBeChangedIsRefusedAndConsumesNothing) {
  say(kAda, kBob, "a text");
  accept(recall_of(kAda, kBob, 1));
  const std::uint64_t heads = head(kAdaBob).head;
  refuse(recall_of(kAda, kBob, 1), AppendRefusal::recalled);
  refuse(edit_of(kAda, kBob, 1, "no"), AppendRefusal::recalled);
  refuse(recall_of(kAda, kBob, 2), AppendRefusal::not_changeable);
  refuse(recall_of(kAda, kBob, 3), AppendRefusal::no_such_message);
  refuse(recall_of(kAda, kBob, 0), AppendRefusal::no_such_message);
  refuse(recall_of(kAda, kCem, 1), AppendRefusal::no_such_message);
  refuse(answer_to(to_pair(kAda, kBob, "answer"), 3), AppendRefusal::no_such_message);
  EXPECT_EQ(head(kAdaBob).head, heads);
  EXPECT_EQ(device(kAda).last_send_id, 2U) << "the next send takes the number";
  EXPECT_EQ(say(kAda, kBob, "goes on", 3)->conversation_seq, 3U);
  refuse(as_change(to_pair(kAda, kBob, "{}"), ChangeAction::edit, 3, MessageKind::custom),
         AppendRefusal::not_changeable);
}

TEST_P(StreamChangesContract, WhatRetentionHasRemovedIsNotThereToBeChangedOrAnswered) {
  say_many(kAda, kBob, 10);
  trim({.inbox_entries_max = 4});
  refuse(recall_of(kAda, kBob, 6), AppendRefusal::no_such_message);
  refuse(answer_to(to_pair(kAda, kBob, "answer"), 6), AppendRefusal::no_such_message);
  EXPECT_EQ(versions(6).message, nullptr);
  accept(recall_of(kAda, kBob, 7));
}

// ---- once ---------------------------------------------------------------------------------------

TEST_P(StreamChangesContract, ARepeatedChangeIsADuplicateAlsoWhenWhatItChangedHasGoneOn) {
  say(kAda, kBob, "first", 1);
  accept(edit_of(kAda, kBob, 1, "second", 2));
  accept(recall_of(kAda, kBob, 1, 3));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(append(to_pair(kAda, kBob, "first", 1)).code, AppendCode::duplicate);
    const Appended edit = append(edit_of(kAda, kBob, 1, "second", 2));
    EXPECT_EQ(edit.code, AppendCode::duplicate);
    EXPECT_EQ(edit.message->conversation_seq, 2U);
    EXPECT_EQ(append(recall_of(kAda, kBob, 1, 3)).code, AppendCode::duplicate);
    EXPECT_EQ(head(kAdaBob).head, 3U);
    reopen();
  }
}

TEST_P(StreamChangesContract, AnotherChangeUnderAUsedNumberIsAConflict) {
  say(kAda, kBob, "first", 1);
  say(kAda, kBob, "second", 2);
  accept(edit_of(kAda, kBob, 1, "better", 3));
  EXPECT_EQ(append(edit_of(kAda, kBob, 1, "worse", 3)).code, AppendCode::conflict);
  EXPECT_EQ(append(edit_of(kAda, kBob, 2, "better", 3)).code, AppendCode::conflict);
  EXPECT_EQ(append(recall_of(kAda, kBob, 1, 3)).code, AppendCode::conflict);
  EXPECT_EQ(append(to_pair(kAda, kBob, "better", 3)).code, AppendCode::conflict);
  accept(answer_to(to_pair(kAda, kBob, "yes", 4), 1));
  EXPECT_EQ(append(answer_to(to_pair(kAda, kBob, "yes", 4), 2)).code, AppendCode::conflict);
  EXPECT_EQ(append(answer_to(to_pair(kAda, kBob, "yes", 4), 1)).code, AppendCode::duplicate);
}

TEST_P(StreamChangesContract, AFailedCommitChangesNothing) {
  say(kAda, kBob, "first");
  harness_->break_storage(true);
  EXPECT_EQ(append(edit_of(kAda, kBob, 1, "second")).code, AppendCode::unavailable);
  EXPECT_EQ(append(recall_of(kAda, kBob, 1)).code, AppendCode::unavailable);
  harness_->break_storage(false);
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(bodies(whole(kAdaBob)), (Texts{"first"}));
    EXPECT_FALSE(entry(kAdaBob, 1)->recalled());
    EXPECT_EQ(texts(versions(1)), (Texts{"0 first"}));
    reopen();
  }
  accept(edit_of(kAda, kBob, 1, "second"));
  EXPECT_EQ(texts(versions(1)), (Texts{"1 second", "0 first"}));
}

// ---- answers, marks, streams ---------------------------------------------------------------------

TEST_P(StreamChangesContract, AnAnswerKeepsWhatItAnswersAlsoWhenThatIsRecalled) {
  say(kAda, kBob, "question");
  accept(answer_to(to_pair(kBob, kAda, "answer"), 1));
  accept(recall_of(kAda, kBob, 1));
  accept(edit_of(kBob, kAda, 2, "better answer"));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(entry(kAdaBob, 2)->reply_to(), 1U);
    EXPECT_EQ(entry(StreamId::inbox(kAda), 2)->reply_to(), 1U);
    EXPECT_EQ(entry(kAdaBob, 2)->body, "better answer");
    reopen();
  }
}

TEST_P(StreamChangesContract, ChangesAreNothingToReadAndMoveNoMarks) {
  say(kAda, kBob, "one");
  say(kAda, kBob, "two");
  say(kBob, kAda, "three");
  accept(edit_of(kAda, kBob, 1, "ONE"));
  EXPECT_EQ(conversation(kAda, kAdaBob).marks.read, 2U) << "a change says nothing, so it reads nothing";
  EXPECT_EQ(conversation(kAda, kAdaBob).unread, 1U) << "the third";
  accept(recall_of(kAda, kBob, 2));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(conversation(kBob, kAdaBob).head, 5U);
    EXPECT_EQ(conversation(kBob, kAdaBob).unread, 0U) << "its own message has read all before";
    EXPECT_EQ(conversation(kAda, kAdaBob).unread, 1U);
    reopen();
  }
  mark(kAda, kAdaBob, {.delivered = 4, .read = 4});
  EXPECT_EQ(conversation(kAda, kAdaBob).unread, 0U);
  say(kBob, kAda, "six");
  EXPECT_EQ(conversation(kAda, kAdaBob).unread, 1U);
}

TEST_P(StreamChangesContract, AConversationOfItsOwnStreamAloneIsTheSame) {
  const auto to_the_room = [](Append append) {
    append.message->conversation = kTheRoom;
    append.reach = Reach::conversation;
    return append;
  };
  accept(to_the_room(to_pair(kAda, kAda, "first")));
  accept(to_the_room(edit_of(kAda, kAda, 1, "second")));
  accept(to_the_room(recall_of(kBob, kBob, 1)));
  for (int round = 0; round < 2; ++round) {
    EXPECT_EQ(bodies(whole(kTheRoom)), (Texts{"", "", ""}));
    EXPECT_EQ(head(StreamId::inbox(kAda)).head, 0U);
    EXPECT_EQ(entry(kTheRoom, 1)->extra->recalled_by, kBob);
    reopen();
  }
}

TEST_P(StreamChangesContract, TrimmedMessagesLeaveNoVersions) {
  say(kAda, kBob, "first");
  accept(edit_of(kAda, kBob, 1, "second"));
  clock_.advance_ms(1'000);
  say(kAda, kBob, "third");
  trim({.message_age_max_ms = 500});
  EXPECT_EQ(versions(1).message, nullptr);
  EXPECT_EQ(bodies(whole(kAdaBob)), (Texts{"third"}));
  EXPECT_EQ(conversation(kBob, kAdaBob).head, 3U);
}

}  // namespace plaza::contract
