#include "bench/options.h"

#include <gtest/gtest.h>

#include <initializer_list>
#include <vector>

namespace plaza::bench {
namespace {

Result<Options, BadOptions> parse(std::initializer_list<const char*> args) {
  return parse_options(std::vector<const char*>(args));
}
std::string error_of(std::initializer_list<const char*> args) {
  const auto result = parse(args);
  return result ? "" : result.error().text;
}

TEST(Options, DirectHasTheDefaultsOfThePublishedComparison) {
  const auto options = parse({"direct"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->pairs, 500u);
  EXPECT_EQ(options->window, 16u);
  EXPECT_EQ(options->payload, 100u);
  EXPECT_TRUE(options->floor);
  EXPECT_TRUE(options->connect.empty());
}

TEST(Options, TakesTheFlagsThatScriptsRelyOn) {
  const auto direct = parse(
      {"direct", "--pairs", "7", "--window=3", "--seconds", "2", "--payload", "64", "--json"});
  ASSERT_TRUE(direct);
  EXPECT_EQ(direct->pairs, 7u);
  EXPECT_EQ(direct->window, 3u);
  EXPECT_EQ(direct->seconds, 2u);
  EXPECT_EQ(direct->payload, 64u);
  EXPECT_TRUE(direct->json);
  const auto idle = parse({"idle", "--connections", "200", "--transport", "ws"});
  ASSERT_TRUE(idle);
  EXPECT_EQ(idle->connections, 200u);
  EXPECT_EQ(idle->transport, Transport::ws);
  EXPECT_TRUE(parse({"login", "--seconds", "3", "--server-cpus", "0", "--client-cpus", "1"}));
}

TEST(Options, TakesNumbersAtTheirLimitsAndRefusesOnePast) {
  EXPECT_TRUE(parse({"direct", "--window", "1"}));
  EXPECT_TRUE(parse({"direct", "--window", "256"}));
  EXPECT_EQ(error_of({"direct", "--window", "0"}), "--window 0: must be 1..256");
  EXPECT_EQ(error_of({"direct", "--window", "257"}), "--window 257: must be 1..256");
  EXPECT_NE(error_of({"direct", "--window", "12x"}), "");
  EXPECT_NE(error_of({"direct", "--window", "-1"}), "");
  EXPECT_NE(error_of({"direct", "--window", ""}), "");
}

TEST(Options, RefusesWhatTheWorkloadDoesNotKnowAndShowsWhatItDoes) {
  const std::string error = error_of({"idle", "--pairs", "3"});
  EXPECT_NE(error.find("unknown option --pairs for idle"), std::string::npos);
  EXPECT_NE(error.find("--connections"), std::string::npos);
  EXPECT_NE(error_of({"nonsense"}).find("fakewechat"), std::string::npos);
  EXPECT_NE(error_of({}), "");
}

TEST(Options, RefusesAMissingOrAnUnwantedValue) {
  EXPECT_EQ(error_of({"direct", "--pairs"}), "--pairs needs a value: N");
  EXPECT_EQ(error_of({"direct", "--json=yes"}), "--json takes no value");
  EXPECT_EQ(error_of({"idle", "--transport", "udp"}), "--transport udp: must be tcp|ws");
}

TEST(Options, RefusesCombinationsThatMakeNoSense) {
  EXPECT_NE(error_of({"group", "--members", "3", "--senders", "4"}), "");
  EXPECT_NE(error_of({"fakewechat", "--friends", "3"}), "");
  EXPECT_NE(error_of({"room", "--members", "501"}), "");
  EXPECT_EQ(error_of({"room", "--members", "500"}), "");
  EXPECT_NE(error_of({"fakewechat", "--users", "30"}), "");
  EXPECT_NE(error_of({"direct", "--connect", "127.0.0.1:1", "--transport", "ws"}), "");
  EXPECT_NE(error_of({"direct", "--connect", "127.0.0.1:1", "--set", "a.b=1"}), "");
  EXPECT_NE(error_of({"direct", "--server-pid", "1"}), "");
}

TEST(Options, RateIsANumberOrHalf) {
  EXPECT_EQ(parse({"direct", "--rate", "5000"})->rate_per_s, 5000u);
  EXPECT_TRUE(parse({"direct", "--rate", "half"})->rate_half);
  EXPECT_EQ(parse({"direct", "--rate", "half", "--burst", "16"})->burst, 16u);
  EXPECT_NE(error_of({"direct", "--burst", "16"}), "");
  EXPECT_NE(error_of({"direct", "--rate", "0"}), "");
  EXPECT_NE(error_of({"direct", "--rate", "fast"}), "");
}

TEST(Options, HelpIsNotAnError) {
  const auto help = parse({"direct", "--help"});
  ASSERT_FALSE(help);
  EXPECT_TRUE(help.error().help);
  EXPECT_NE(help.error().text.find("--pairs N"), std::string::npos);
}

TEST(CpuList, ReadsNumbersAndRanges) {
  EXPECT_EQ(parse_cpu_list("0"), (CpuList{0}));
  EXPECT_EQ(parse_cpu_list("6,0-2,1"), (CpuList{0, 1, 2, 6}));
  EXPECT_EQ(to_string({0, 1, 6}), "0,1,6");
  for (const char* wrong : {"", ",", "1-", "-1", "2-1", "a", "1,,2", "1024"})
    EXPECT_FALSE(parse_cpu_list(wrong)) << wrong;
}

TEST(CpuList, GivesServerAndLoadDifferentProcessorsWhenThereAreTwo) {
  EXPECT_EQ(default_placement({2, 5, 6}).server, (CpuList{2}));
  EXPECT_EQ(default_placement({2, 5, 6}).client, (CpuList{5}));
  EXPECT_EQ(default_placement({3}).client, (CpuList{3}));
}

}  // namespace
}  // namespace plaza::bench
