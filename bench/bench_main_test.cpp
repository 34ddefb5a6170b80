// Goal: the load's verdict can be trusted. Method: run it whole, through sockets, against a server that breaks one promise.
#include "bench/bench_main.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "bench/faulty_server_for_test.h"

namespace plaza::bench {
namespace {

struct Verdict {
  int exit = -1;
  std::string json;
  [[nodiscard]] bool says(const std::string& what) const { return json.find(what) != std::string::npos; }
};

Verdict bench_against(Fault fault, std::vector<std::string> words) {
  FaultyServer server(fault);
  words.insert(words.begin(), "plaza bench");
  for (const char* word : {"--seconds", "1", "--warmup-ms", "0", "--json", "--connect"})
    words.emplace_back(word);
  words.push_back(server.address());
  std::vector<char*> argv;
  for (auto& word : words) argv.push_back(word.data());
  testing::internal::CaptureStdout();
  testing::internal::CaptureStderr();
  Verdict verdict;
  verdict.exit = bench_main(static_cast<int>(argv.size()), argv.data());
  verdict.json = testing::internal::GetCapturedStdout();
  const std::string told = testing::internal::GetCapturedStderr();
  if (verdict.exit > 1) ADD_FAILURE() << told;
  return verdict;
}
// One pair, so that the fault meets the one receiver.
Verdict direct(Fault fault) { return bench_against(fault, {"direct", "--pairs", "1", "--window", "4"}); }

TEST(BenchMain, IsContentWithAServerThatKeepsItsPromises) {
  const Verdict verdict = direct(Fault::none);
  EXPECT_EQ(verdict.exit, 0);
  EXPECT_TRUE(verdict.says(R"("lost":0,"duplicated":0,"reordered":0,"corrupted":0)")) << verdict.json;
  EXPECT_FALSE(verdict.says(R"("operations":0)"));
}

TEST(BenchMain, FindsALostMessage) {
  const Verdict verdict = direct(Fault::loses);
  EXPECT_EQ(verdict.exit, 1);
  EXPECT_TRUE(verdict.says(R"("lost":1,"duplicated":0,"reordered":0,"corrupted":0)")) << verdict.json;
}

TEST(BenchMain, DoesNotCallALostPushALostMessage) {
  const Verdict verdict = direct(Fault::loses_push);
  EXPECT_TRUE(verdict.says(R"("lost":0,"duplicated":0)")) << verdict.json;
}

TEST(BenchMain, FindsAPushThatCameTwice) {
  const Verdict verdict = direct(Fault::doubles);
  EXPECT_EQ(verdict.exit, 1);
  EXPECT_TRUE(verdict.says(R"("lost":0,"duplicated":1,"reordered":0,"corrupted":0)")) << verdict.json;
}

TEST(BenchMain, FindsAMessageThatWasStoredTwice) {
  const Verdict verdict = direct(Fault::stores_twice);
  EXPECT_EQ(verdict.exit, 1);
  EXPECT_TRUE(verdict.says(R"("lost":0,"duplicated":1)")) << verdict.json;
}

TEST(BenchMain, FindsMessagesInTheWrongOrder) {
  const Verdict verdict = direct(Fault::reorders);
  EXPECT_EQ(verdict.exit, 1);
  EXPECT_TRUE(verdict.says(R"("lost":0,"duplicated":0)")) << verdict.json;
  EXPECT_FALSE(verdict.says(R"("reordered":0)")) << verdict.json;
}

TEST(BenchMain, FindsAChangedTextAndAForgedSender) {
  for (const Fault fault : {Fault::changes, Fault::wrong_sender}) {
    const Verdict verdict = direct(fault);
    EXPECT_EQ(verdict.exit, 1);
    EXPECT_FALSE(verdict.says(R"("corrupted":0)")) << verdict.json;
  }
}

TEST(BenchMain, FindsAnAcknowledgementThatCameTwiceOrNever) {
  const Verdict twice = direct(Fault::acks_twice);
  EXPECT_EQ(twice.exit, 1);
  EXPECT_TRUE(twice.says(R"("duplicated":1)")) << twice.json;
  const Verdict never = direct(Fault::never_acks);
  EXPECT_EQ(never.exit, 1);
  EXPECT_FALSE(never.says(R"("lost":0)")) << never.json;
}

TEST(BenchMain, SendsAgainWhatWasRefusedForLaterAndCountsNothingTwice) {
  const Verdict verdict = direct(Fault::refuses_some);
  EXPECT_EQ(verdict.exit, 0);
  EXPECT_TRUE(verdict.says(R"("lost":0,"duplicated":0,"reordered":0,"corrupted":0)")) << verdict.json;
}

TEST(BenchMain, PullsWhenTheServerStopsPushing) {
  const Verdict verdict = direct(Fault::pulls);
  EXPECT_EQ(verdict.exit, 0);
  EXPECT_TRUE(verdict.says(R"("lost":0,"duplicated":0,"reordered":0,"corrupted":0)")) << verdict.json;
}

TEST(BenchMain, IsContentWithAChannelThatTellsEveryoneAndFindsWhatOneFollowerMissed) {
  const std::vector<std::string> words = {"channel", "--subscribers", "3", "--window", "4"};
  const Verdict good = bench_against(Fault::none, words);
  EXPECT_EQ(good.exit, 0);
  EXPECT_TRUE(good.says(R"("lost":0,"duplicated":0,"reordered":0,"corrupted":0)")) << good.json;
  EXPECT_FALSE(good.says(R"("operations":0)"));
  // Who follows is pushed everything: a hole is a loss, also where asking for it would help.
  const Verdict lost = bench_against(Fault::loses_push, words);
  EXPECT_EQ(lost.exit, 1);
  EXPECT_TRUE(lost.says(R"("lost":1,"duplicated":0)")) << lost.json;
  const Verdict doubled = bench_against(Fault::doubles, words);
  EXPECT_EQ(doubled.exit, 1);
  EXPECT_TRUE(doubled.says(R"("lost":0,"duplicated":1)")) << doubled.json;
  const Verdict reordered = bench_against(Fault::reorders, words);
  EXPECT_EQ(reordered.exit, 1);
  EXPECT_FALSE(reordered.says(R"("reordered":0)")) << reordered.json;
  const Verdict changed = bench_against(Fault::changes, words);
  EXPECT_EQ(changed.exit, 1);
  EXPECT_FALSE(changed.says(R"("corrupted":0)")) << changed.json;
}

TEST(BenchMain, IsContentWithAGroupThatSeesOneOrderAndFindsAMemberThatSawAnother) {
  const std::vector<std::string> words = {"group",     "--groups", "1",        "--members", "3",
                                          "--senders", "2",        "--window", "4"};
  EXPECT_EQ(bench_against(Fault::none, words).exit, 0);
  const Verdict verdict = bench_against(Fault::group_disorder, words);
  EXPECT_EQ(verdict.exit, 1);
  EXPECT_FALSE(verdict.says(R"("corrupted":0)")) << verdict.json;
  EXPECT_EQ(bench_against(Fault::loses, words).exit, 1);
}

}  // namespace
}  // namespace plaza::bench
