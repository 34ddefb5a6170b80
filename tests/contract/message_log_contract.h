#pragma once
// The contract of ports::MessageLog as tests. Every implementation runs it:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, MessageLogContract, testing::Values(MessageLogUnderTest{"maps", make}), name_of_log);
//
// It is included by one source file of a test program.
#include <gtest/gtest.h>

#include <condition_variable>
#include <memory>
#include <mutex>
#include <ostream>
#include <string>
#include <vector>

#include "ports/message_log.h"
#include "ports/stream_store.h"

namespace plaza::contract {

/// A store and the log of its messages, empty at first.
class MessageLogHarness {
 public:
  virtual ~MessageLogHarness() = default;
  virtual ports::StreamStore& store() = 0;
  virtual ports::MessageLog& log() = 0;
  /// Lets a store work that does nothing by itself.
  virtual void step() {}
  /// The store dies without a word and is started again.
  virtual void crash(ports::AppendSink& sink) = 0;
};
struct MessageLogUnderTest {
  std::string name;
  std::unique_ptr<MessageLogHarness> (*make)(ports::AppendSink& sink) = nullptr;
};
inline void PrintTo(const MessageLogUnderTest& log, std::ostream* out) { *out << log.name; }
inline std::string name_of_log(const testing::TestParamInfo<MessageLogUnderTest>& info) {
  return info.param.name;
}

class MessageLogContract : public testing::TestWithParam<MessageLogUnderTest>, public ports::AppendSink {
 protected:
  void SetUp() override { harness_ = GetParam().make(*this); }
  void TearDown() override { harness_->store().stop(); }
  void appended(std::vector<ports::Appended> outcomes) override {
    const std::lock_guard lock(mutex_);
    accepted_ += outcomes.size();
    wake_.notify_all();
  }
  void say(std::size_t count, const std::string& text = "hello") {
    std::vector<ports::Append> batch(count);
    for (auto& append : batch) {
      append.message = std::make_shared<ports::Message>();
      append.message->sender = MemberId{1};
      append.message->device = "web";
      append.message->conversation = ports::StreamId::pair(MemberId{1}, MemberId{2});
      append.message->body = text;
    }
    said_ += count;
    harness_->store().append(std::move(batch));
    harness_->step();
    std::unique_lock lock(mutex_);
    wake_.wait(lock, [this] { return accepted_ == said_; });
  }
  ports::MessageLogPage after(MessageId id, std::uint32_t limit = 100) {
    auto page = harness_->log().after(id, limit);
    EXPECT_TRUE(page.has_value()) << (page ? "" : page.error().detail);
    return page ? std::move(*page) : ports::MessageLogPage{};
  }

  std::unique_ptr<MessageLogHarness> harness_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::size_t said_ = 0, accepted_ = 0;
};

TEST_P(MessageLogContract, IsEmptyAtFirstAndHasANumber) {
  const auto page = after({});
  EXPECT_NE(page.log, 0u);
  EXPECT_FALSE(page.oldest || page.newest);
  EXPECT_TRUE(page.messages.empty());
  EXPECT_FALSE(page.more);
}

TEST_P(MessageLogContract, GivesEveryMessageOnceInTheOrderOfIds) {
  say(25);
  MessageId last;
  std::vector<std::uint64_t> send_ids;
  for (bool more = true; more;) {
    const auto page = after(last, 10);
    EXPECT_LE(page.messages.size(), 10u);
    EXPECT_EQ(page.newest > page.messages.back()->id, page.more);
    for (const auto& message : page.messages) {
      EXPECT_LT(last, message->id);
      last = message->id;
      send_ids.push_back(message->send_id);
      EXPECT_EQ(message->body, "hello");
    }
    more = page.more;
  }
  ASSERT_EQ(send_ids.size(), 25u);
  EXPECT_EQ(send_ids.front(), 1u);
  EXPECT_EQ(send_ids.back(), 25u);
  EXPECT_EQ(after({}).newest, last);
  EXPECT_TRUE(after(last).messages.empty());
}

TEST_P(MessageLogContract, WhatWasReportedIsThereAlsoAfterACrash) {
  say(3, "before");
  const auto before = after({});
  harness_->crash(*this);
  say(1, "after");
  const auto page = after({});
  EXPECT_EQ(page.log, before.log);
  ASSERT_EQ(page.messages.size(), 4u);
  EXPECT_EQ(page.messages[0]->id, before.messages[0]->id);
  EXPECT_EQ(page.messages[3]->body, "after");
}

TEST_P(MessageLogContract, LargePagesAreCutAndSaySo) {
  say(200, std::string(40'000, 'x'));
  std::size_t seen = 0;
  MessageId last;
  for (bool more = true; more;) {
    const auto page = after(last, 1000);
    ASSERT_FALSE(page.messages.empty());
    seen += page.messages.size();
    last = page.messages.back()->id;
    more = page.more;
  }
  EXPECT_EQ(seen, 200u);
}

TEST_P(MessageLogContract, FindsByIdAndSaysWhatIsGone) {
  say(3);
  const auto all = after({}).messages;
  ASSERT_EQ(all.size(), 3u);
  const auto found = harness_->log().find({all[2]->id, MessageId{kIdMax}, all[0]->id, MessageId{}});
  ASSERT_TRUE(found.has_value());
  ASSERT_EQ(found->size(), 4u);
  EXPECT_EQ((*found)[0]->id, all[2]->id);
  EXPECT_EQ((*found)[1], nullptr);
  EXPECT_EQ((*found)[2]->id, all[0]->id);
  EXPECT_EQ((*found)[3], nullptr);
}

}  // namespace plaza::contract
