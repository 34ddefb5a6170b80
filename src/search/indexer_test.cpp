// The index follows the messages, whatever became of either.
#include "search/indexer.h"

#include <gtest/gtest.h>

#include "memory/manual_clock.h"
#include "memory/memory_search_index.h"
#include "memory/memory_stream_store.h"
#include "search/text_words.h"

namespace plaza::search {
namespace {

class Outcomes final : public ports::AppendSink {
 public:
  void appended(std::vector<ports::Appended> outcomes) override {
    for (const auto& outcome : outcomes) EXPECT_EQ(outcome.code, ports::AppendCode::accepted);
  }
};

class IndexerTest : public testing::Test {
 protected:
  IndexerTest() { start(store); }
  void start(memory::MemoryStreamStore& which) { EXPECT_TRUE(which.start(outcomes).has_value()); }
  void say(const std::string& text, ports::MessageKind kind = ports::MessageKind::text,
           ports::StreamId where = ports::StreamId::pair(MemberId{1}, MemberId{2})) {
    say_in(store, text, kind, where);
  }
  static void say_in(memory::MemoryStreamStore& to, const std::string& text,
                     ports::MessageKind kind = ports::MessageKind::text,
                     ports::StreamId where = ports::StreamId::pair(MemberId{1}, MemberId{2})) {
    auto message = std::make_shared<ports::Message>();
    message->sender = MemberId{1};
    message->device = "web";
    message->kind = kind;
    message->conversation = where;
    message->body = text;
    ports::Append append;
    append.message = message;
    append.reach = where.kind() == ports::StreamKind::channel ? ports::Reach::conversation
                                                              : ports::Reach::inboxes;
    std::vector<ports::Append> batch;
    batch.push_back(std::move(append));
    to.append(std::move(batch));
    to.step();
  }
  void run(Indexer& indexer) {
    Indexer::Step step = Indexer::Step::more;
    while (step == Indexer::Step::more) step = indexer.step();
    EXPECT_EQ(step, Indexer::Step::idle) << indexer.failure();
  }
  std::size_t found(const std::string& query) {
    return index
        .find({.terms = terms_of(query),
               .scope = {.member = MemberId{2}, .rooms = {}, .only = {}},
               .before = {},
               .limit = 10'000})
        .value()
        .size();
  }

  memory::ManualClock clock;
  memory::MemoryStreamStore store{clock, {.commits = memory::MemoryStreamStoreOptions::Commits::by_step}};
  memory::MemorySearchIndex index;
  Outcomes outcomes;
};

TEST_F(IndexerTest, IndexesWhatWasStoredInPieces) {
  for (std::uint32_t i = 0; i < Indexer::kMessages + 1; ++i) say("tea");
  Indexer indexer(store, index);
  EXPECT_EQ(indexer.step(), Indexer::Step::more);  // another log than the one it knows, none
  EXPECT_EQ(indexer.step(), Indexer::Step::more);
  EXPECT_EQ(found("tea"), Indexer::kMessages);
  EXPECT_EQ(indexer.behind(), 1u);
  run(indexer);
  EXPECT_EQ(found("tea"), Indexer::kMessages + 1);
  EXPECT_EQ(indexer.behind(), 0u);
  say("more tea");
  run(indexer);
  EXPECT_EQ(found("tea"), Indexer::kMessages + 2);
}

TEST_F(IndexerTest, TextIsIndexedAndNothingElse) {
  say("tea");
  say(R"({"tea":1})", ports::MessageKind::custom);
  say("...");
  say("tea", ports::MessageKind::text, ports::StreamId::channel(ChannelId{4}));
  Indexer indexer(store, index);
  run(indexer);
  EXPECT_EQ(index.size(), 1u);
  EXPECT_EQ(index.position()->upto.value, 4u) << "what has no words is behind it all the same";
}

TEST_F(IndexerTest, GoesOnWhereItWasAfterARestart) {
  say("tea");
  Indexer first(store, index);
  run(first);
  ASSERT_TRUE(index.remove({MessageId{1}}).has_value());  // so that doing it again would show
  say("tea");
  Indexer second(store, index);
  run(second);
  EXPECT_EQ(found("tea"), 1u);
}

TEST_F(IndexerTest, BeginsAnewWhenTheMessagesWerePutBack) {
  for (int i = 0; i < 5; ++i) say("tea");
  Indexer indexer(store, index);
  run(indexer);
  // The same line of ids, shorter: an older copy, and nobody said so.
  memory::MemoryStreamStore older{clock, {.commits = memory::MemoryStreamStoreOptions::Commits::by_step}};
  start(older);
  Indexer on_older(older, index);
  run(on_older);
  EXPECT_EQ(found("tea"), 0u);
  EXPECT_EQ(index.position()->upto, MessageId{});
}

TEST_F(IndexerTest, BeginsAnewWhenAnotherMessageHasTheIdWhereItWas) {
  say("tea");
  say("milk");
  Indexer indexer(store, index);
  run(indexer);
  // The older copy has got as many messages again before anybody looked.
  clock.advance_ms(1'000);
  memory::MemoryStreamStore older{clock, {.commits = memory::MemoryStreamStoreOptions::Commits::by_step}};
  start(older);
  say_in(older, "coffee");
  say_in(older, "water");
  Indexer on_older(older, index);
  run(on_older);
  EXPECT_EQ(found("tea"), 0u);
  EXPECT_EQ(found("coffee"), 1u);
}

TEST_F(IndexerTest, BeginsAnewInAnotherEpoch) {
  for (int i = 0; i < 5; ++i) say("tea");
  {
    Indexer indexer(store, index);
    run(indexer);
  }
  ASSERT_TRUE(index.clear(77).has_value());
  ASSERT_TRUE(index.add({}, {.log = 77, .upto = MessageId{5}}).has_value());
  Indexer indexer(store, index);
  run(indexer);
  EXPECT_EQ(found("tea"), 5u);
  EXPECT_NE(index.position()->log, 77u);
}

TEST_F(IndexerTest, DropsWhatRetentionHasRemoved) {
  for (int i = 0; i < 5; ++i) say("tea");
  clock.advance_ms(10'000);
  say("tea");
  Indexer indexer(store, index);
  run(indexer);
  EXPECT_EQ(index.size(), 6u);
  store.trim({.message_age_max_ms = 5'000}, [](auto more) { EXPECT_FALSE(*more); });
  store.step();
  run(indexer);
  EXPECT_EQ(index.size(), 1u);
}

TEST_F(IndexerTest, AMessageThatIsEditedOrRecalledIsFoundByWhatItSaysNow) {
  const auto change = [this](ports::ChangeAction action, std::uint64_t target, const std::string& text) {
    auto message = std::make_shared<ports::Message>();
    message->sender = MemberId{1};
    message->device = "web";
    message->kind = ports::MessageKind::change;
    message->conversation = ports::StreamId::pair(MemberId{1}, MemberId{2});
    message->body = text;
    ports::MessageExtra extra;
    extra.change = ports::MessageChange{.action = action, .target = target, .kind = ports::MessageKind::text};
    message->extra = std::make_shared<const ports::MessageExtra>(extra);
    ports::Append append;
    append.message = message;
    std::vector<ports::Append> batch;
    batch.push_back(std::move(append));
    store.append(std::move(batch));
    store.step();
  };
  say("green tea");
  say("black tea");
  say("milk");
  Indexer indexer(store, index);
  run(indexer);
  change(ports::ChangeAction::recall, 1, "");
  change(ports::ChangeAction::edit, 2, "coffee");
  change(ports::ChangeAction::edit, 3, "...");
  index.set_unavailable(true);
  EXPECT_EQ(indexer.step(), Indexer::Step::failed);
  index.set_unavailable(false);
  run(indexer);
  EXPECT_EQ(found("tea"), 0u);
  EXPECT_EQ(found("milk"), 0u) << "it has no words any more";
  EXPECT_EQ(found("coffee"), 1u) << "the message, and not its edit as well";
  EXPECT_EQ(index.size(), 1u);
}

TEST_F(IndexerTest, TriesAgainAfterAFailure) {
  say("tea");
  Indexer indexer(store, index);
  index.set_unavailable(true);
  EXPECT_EQ(indexer.step(), Indexer::Step::failed);
  EXPECT_EQ(indexer.failure(), "switched off");
  index.set_unavailable(false);
  run(indexer);
  EXPECT_EQ(found("tea"), 1u);
}

}  // namespace
}  // namespace plaza::search
