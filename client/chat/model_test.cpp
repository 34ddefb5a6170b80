#include "client/chat/model.h"

#include <gtest/gtest.h>

#include "client/chat/lines_view.h"
#include "client/chat/text.h"

namespace plaza::client::chat {
namespace {

const Conversation kAnn = Conversation::peer(7);
const Conversation kDevs = Conversation::group(9);

struct Chat {
  Chat() {
    protocol::EnterAck ack;
    ack.id = MemberId{1};
    ack.name = "me";
    model.entered(ack);
  }
  static Message from(Conversation in, std::uint64_t cseq, std::string body, std::int64_t time_ms = 0) {
    return {.conversation = in,
            .sender = 7,
            .sender_name = "ann",
            .body = std::move(body),
            .id = 100 + cseq,
            .cseq = cseq,
            .time_ms = time_ms != 0 ? time_ms : static_cast<std::int64_t>(cseq) * 1000};
  }
  Message own(Conversation in, std::uint64_t cseq, std::string body) {
    Message message = from(in, cseq, std::move(body));
    message.sender = 1;
    message.sender_name = "me";
    message.mine = true;
    return message;
  }
  /// "hello | you: refused": what stands in a conversation.
  std::string lines(Conversation key) {
    std::string text;
    for (const Line& line : model.talk(key).lines) {
      text += (text.empty() ? "" : " | ") +
              (line.kind == Line::Kind::message ? line.message.body : "(" + line.text + ")");
    }
    return text;
  }
  Model model;
};

TEST(Model, MessagesStandInOrderOnceEach) {
  Chat chat;
  chat.model.message(Chat::from(kAnn, 2, "two"));
  chat.model.message(Chat::from(kAnn, 1, "one"));
  chat.model.message(Chat::from(kAnn, 2, "two"));
  EXPECT_EQ(chat.lines(kAnn), "one | two");
}

TEST(Model, UnreadCountsWhatOthersSentSinceItWasSeen) {
  Chat chat;
  chat.model.message(Chat::from(kAnn, 1, "one"));
  chat.model.message(Chat::from(kAnn, 2, "two"));
  EXPECT_EQ(chat.model.talk(kAnn).unread(), 2U);
  EXPECT_EQ(chat.model.unread_total(), 2U);
  EXPECT_EQ(chat.model.seen(kAnn), 2U);
  EXPECT_EQ(chat.model.talk(kAnn).unread(), 0U);
  EXPECT_EQ(chat.model.seen(kAnn), 0U);
  chat.model.message(Chat::from(kAnn, 3, "three"));
  chat.model.message(chat.own(kAnn, 4, "answered on another device"));
  EXPECT_EQ(chat.model.talk(kAnn).unread(), 0U);
}

TEST(Model, TheServersUnreadCountWinsOverAGuess) {
  Chat chat;
  protocol::Conversation listed;
  listed.friendid = MemberId{7};
  listed.name = "ann";
  listed.head = 10;
  listed.read = 6;
  listed.unread = 4;
  chat.model.conversation(listed);
  EXPECT_EQ(chat.model.talk(kAnn).unread(), 4U);
  chat.model.message(Chat::from(kAnn, 9, "old news"));
  EXPECT_EQ(chat.model.talk(kAnn).unread(), 4U);
  chat.model.message(Chat::from(kAnn, 11, "news"));
  EXPECT_EQ(chat.model.talk(kAnn).unread(), 5U);
}

Message changed(Message message, Change change) {
  message.kind = BodyKind::change;
  message.change = change;
  return message;
}

TEST(Model, AChangeIsAppliedToTheMessageThatItIsAboutAndIsNothingToRead) {
  Chat chat;
  using Action = Change::Action;
  chat.model.message(Chat::from(kAnn, 1, "helo"));
  chat.model.message(Chat::from(kAnn, 2, "regretted"));
  EXPECT_EQ(chat.model.talk(kAnn).unread(), 2U);
  chat.model.message(changed(Chat::from(kAnn, 3, "hello"), {.action = Action::edit, .target = 1}));
  chat.model.message(changed(Chat::from(kAnn, 4, "better"), {.action = Action::edit, .target = 2}));
  EXPECT_EQ(chat.lines(kAnn), "hello | better | hello | better");
  EXPECT_EQ(chat.model.talk(kAnn).lines[0].message.edits, 1U);
  chat.model.message(changed(Chat::from(kAnn, 5, ""), {.action = Action::recall, .target = 2}));
  EXPECT_EQ(chat.lines(kAnn), "hello |  | hello |  | ");
  EXPECT_TRUE(chat.model.talk(kAnn).lines[1].message.recalled);
  EXPECT_EQ(chat.model.talk(kAnn).unread(), 2U);
  EXPECT_EQ(chat.model.seen(kAnn), 5U) << "the mark goes to the end all the same";
  EXPECT_EQ(chat.model.talk(kAnn).unread(), 0U);
  chat.model.message(changed(Chat::from(kAnn, 6, "x"), {.action = Action::edit, .target = 1}));
  EXPECT_EQ(chat.model.talk(kAnn).unread(), 0U);
  EXPECT_EQ(chat.model.talk(kAnn).their_read, 2U) << "who edits has not read what stands above";
}

TEST(Model, ATypedMessageGoesFromSendingToReadAndTakesItsPlace) {
  Chat chat;
  const std::uint64_t local = chat.model.typed(kAnn, "mine", 5000);
  const Talk& talk = chat.model.talk(kAnn);
  EXPECT_EQ(chat.model.delivery(talk, talk.lines.back()), Delivery::sending);
  chat.model.message(Chat::from(kAnn, 1, "before"));
  EXPECT_EQ(chat.lines(kAnn), "before | mine");
  chat.model.outcome(local, {.id = 50, .cseq = 2, .time_ms = 2000});
  chat.model.message(Chat::from(kAnn, 3, "after"));
  chat.model.message(chat.own(kAnn, 2, "mine"));
  EXPECT_EQ(chat.lines(kAnn), "before | mine | after");
  const Line& line = talk.lines[1];
  EXPECT_EQ(chat.model.delivery(talk, line), Delivery::read) << "who answered has read what stands above";
}

TEST(Model, ReceiptsTickOffWhatTheyCover) {
  Chat chat;
  for (std::uint64_t i = 1; i <= 3; ++i) chat.model.message(chat.own(kAnn, i, "m"));
  protocol::ReceiptPush receipt;
  receipt.id = receipt.friendid = MemberId{7};
  receipt.delivered = 2;
  receipt.read = 1;
  chat.model.receipt(receipt);
  const Talk& talk = chat.model.talk(kAnn);
  EXPECT_EQ(chat.model.delivery(talk, talk.lines[0]), Delivery::read);
  EXPECT_EQ(chat.model.delivery(talk, talk.lines[1]), Delivery::delivered);
  EXPECT_EQ(chat.model.delivery(talk, talk.lines[2]), Delivery::stored);
}

TEST(Model, ARefusedMessageStaysWithItsReason) {
  Chat chat;
  const std::uint64_t local = chat.model.typed(kAnn, "mine", 5000);
  chat.model.outcome(local, {.error = 12, .text = "blocked"});
  const Talk& talk = chat.model.talk(kAnn);
  EXPECT_EQ(chat.model.delivery(talk, talk.lines.back()), Delivery::refused);
  EXPECT_EQ(talk.lines.back().refused, "blocked");
}

TEST(Model, HistoryGoesAboveAndDoesNotRepeatWhatIsThere) {
  Chat chat;
  chat.model.message(Chat::from(kAnn, 5, "five"));
  chat.model.history(
      kAnn, {Chat::from(kAnn, 5, "five"), Chat::from(kAnn, 4, "four"), Chat::from(kAnn, 3, "three")}, true);
  EXPECT_EQ(chat.lines(kAnn), "three | four | five");
  EXPECT_EQ(chat.model.talk(kAnn).oldest, 3U);
  EXPECT_FALSE(chat.model.talk(kAnn).complete);
  chat.model.history(kAnn, {Chat::from(kAnn, 2, "two"), Chat::from(kAnn, 1, "one")}, false);
  EXPECT_TRUE(chat.model.talk(kAnn).complete);
}

TEST(Model, AfterARestartOfTheStreamsTheSamePositionsAreOtherMessages) {
  Chat c;
  c.model.message(Chat::from(kAnn, 1, "kept"));
  c.model.message(Chat::from(kAnn, 2, "lost"));
  const std::uint64_t local = c.model.typed(kAnn, "on its way", 9'000);
  c.model.restarted();
  c.model.message(Chat::from(kAnn, 1, "kept"));
  c.model.message(Chat::from(kAnn, 2, "new"));
  EXPECT_NE(local, 0U);
  std::string shown;
  for (const Line& line : c.model.talk(kAnn).lines) shown += line.message.body + ";";
  EXPECT_EQ(shown, "kept;new;on its way;");
  EXPECT_EQ(c.model.talk(kAnn).head, 2U);
}

TEST(Model, KeepsABoundedNumberOfLinesAndLoadsTheRestAgain) {
  Chat chat;
  for (std::uint64_t i = 1; i <= Model::lines_max + 5; ++i) chat.model.message(Chat::from(kAnn, i, "m"));
  EXPECT_EQ(chat.model.talk(kAnn).lines.size(), Model::lines_max);
  EXPECT_EQ(chat.model.talk(kAnn).oldest, 6U);
}

TEST(Model, TheListShowsTheLatestTalkFirst) {
  Chat chat;
  chat.model.message(Chat::from(kAnn, 1, "x", 1000));
  chat.model.message(Chat::from(kDevs, 1, "x", 2000));
  EXPECT_EQ(chat.model.listed(), (std::vector<Conversation>{Conversation{}, kDevs, kAnn}));
  chat.model.message(Chat::from(kAnn, 2, "x", 3000));
  EXPECT_EQ(chat.model.listed(), (std::vector<Conversation>{Conversation{}, kAnn, kDevs}));
}

TEST(Model, NamesAreFoundWithoutRegardToCaseAndByRemark) {
  Chat chat;
  chat.model.person(7, "Ann").remark = "sister";
  EXPECT_EQ(chat.model.find_person("ann")->id, 7U);
  EXPECT_EQ(chat.model.find_person("sister")->id, 7U);
  EXPECT_EQ(chat.model.find_person("bob"), nullptr);
}

std::string text_of(const Row& row) {
  std::wstring text;
  for (const Span& span : row) text += span.text;
  return to_utf8(text);
}

TEST(LinesView, EveryRowFitsAndAHostileMessageCannotBreakOut) {
  use_utf8_locale();
  Chat chat;
  Message hostile = Chat::from(kAnn, 1,
                               "x\033[2J\n你好世界你好世界你好世界 long-word-long-word-long-word-long-word");
  hostile.sender_name = "a-very-long-name\033[31m";
  chat.model.message(hostile);
  const Talk& talk = chat.model.talk(kAnn);
  for (int width = view_width_min; width < 120; ++width) {
    for (const Row& row : rows_of(chat.model, talk, 0, {.width = width})) {
      EXPECT_LE(row_width(row), width);
      EXPECT_EQ(text_of(row).find('\033'), std::string::npos);
    }
  }
}

TEST(LinesView, AnAnswerSaysWhatItAnswers) {
  use_utf8_locale();
  Chat chat;
  const auto shown = [&](std::size_t index) {
    return text_of(rows_of(chat.model, chat.model.talk(kAnn), index, {.width = 80}).back());
  };
  const auto answer = [&](std::uint64_t cseq, std::uint64_t to) {
    Message message = chat.own(kAnn, cseq, "yes");
    message.reply_to = to;
    chat.model.message(message);
  };
  chat.model.message(Chat::from(kAnn, 5, "shall we\nmeet at the old bridge tomorrow?"));
  answer(6, 5);
  answer(7, 3);
  EXPECT_NE(shown(1).find("(to ann: shall we meet at the ol\u2026) yes"), std::string::npos);
  EXPECT_NE(shown(2).find("(to an earlier message) yes"), std::string::npos);
  Message recalled = Chat::from(kAnn, 8, "");
  recalled.recalled = true;
  chat.model.message(recalled);
  answer(9, 8);
  EXPECT_NE(shown(4).find("(to ann: (taken back)) yes"), std::string::npos);
}

TEST(LinesView, NewMessagesAreDividedFromSeenOnes) {
  use_utf8_locale();
  Chat chat;
  chat.model.message(Chat::from(kAnn, 1, "seen"));
  chat.model.message(Chat::from(kAnn, 2, "fresh"));
  chat.model.message(Chat::from(kAnn, 3, "fresher"));
  const Talk& talk = chat.model.talk(kAnn);
  const ViewOptions options{.width = 80, .divider = 1};
  EXPECT_EQ(rows_of(chat.model, talk, 0, options).size(), 2U);  // the day, the message
  EXPECT_NE(text_of(rows_of(chat.model, talk, 1, options).front()).find("new"), std::string::npos);
  EXPECT_EQ(rows_of(chat.model, talk, 2, options).size(), 1U);
}

TEST(LinesView, ScrollsByRowsAndKnowsTheTop) {
  use_utf8_locale();
  Chat chat;
  for (std::uint64_t i = 1; i <= 10; ++i) chat.model.message(Chat::from(kAnn, i, std::to_string(i)));
  const Talk& talk = chat.model.talk(kAnn);
  const auto bottom = visible_rows(chat.model, talk, {.width = 80}, 0, 3);
  ASSERT_EQ(bottom.rows.size(), 3U);
  EXPECT_FALSE(bottom.reached_top);
  EXPECT_TRUE(text_of(bottom.rows.back()).ends_with("10"));
  const auto up = visible_rows(chat.model, talk, {.width = 80}, 2, 3);
  EXPECT_TRUE(text_of(up.rows.back()).ends_with("8"));
  EXPECT_TRUE(visible_rows(chat.model, talk, {.width = 80}, 100, 3).reached_top);
}

}  // namespace
}  // namespace plaza::client::chat
