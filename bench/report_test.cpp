#include "bench/report.h"

#include <gtest/gtest.h>

#include <limits>

namespace plaza::bench {
namespace {

TEST(Report, JsonLeavesOutWhatDoesNotApply) {
  Report report;
  report.workload = "idle";
  report.params = {{"connections", std::uint64_t{10}}, {"transport", std::string("ws")}};
  report.bytes_per_connection = 2048;
  EXPECT_EQ(
      to_json(report),
      R"({"workload":"idle","params":{"connections":10,"transport":"ws"},"seconds":0,"operations":0,"rate_per_s":0,)"
      R"("bytes_per_connection":2048})");
}

TEST(Report, JsonHasEveryKeyOfAMessageWorkload) {
  Report report;
  report.workload = "direct";
  report.seconds = 2;
  report.operations = 100;
  report.server_cpu_s_per_million = 6;
  report.floor_cpu_s_per_million = 0.5;
  report.findings = Findings{.lost = 1, .duplicated = 2, .reordered = 3, .corrupted = 4};
  Histogram latency;
  for (std::uint64_t i = 0; i < 100; ++i) latency.record(2'000'000);
  report.latency(latency);
  EXPECT_EQ(
      to_json(report),
      R"({"workload":"direct","params":{},"seconds":2,"operations":100,"rate_per_s":50,"p50_ms":2,"p99_ms":2,)"
      R"("p999_ms":2,"server_cpu_s_per_million":6,"floor_cpu_s_per_million":0.5,"ratio_to_floor":12,)"
      R"("lost":1,"duplicated":2,"reordered":3,"corrupted":4})");
  EXPECT_FALSE(report.clean());
}

TEST(Report, JsonStaysJsonWithOddTextAndOddNumbers) {
  Report report;
  report.workload = "a\"b\\c\n";
  report.params = {{"x", std::numeric_limits<double>::infinity()}, {"y", true}};
  EXPECT_EQ(to_json(report),
            R"({"workload":"a\"b\\c\u000a","params":{"x":null,"y":true},"seconds":0,"operations":0,)"
            R"("rate_per_s":0})");
}

TEST(Report, NumbersForPeopleHaveCommas) {
  EXPECT_EQ(with_commas(0), "0");
  EXPECT_EQ(with_commas(999), "999");
  EXPECT_EQ(with_commas(1000), "1,000");
  EXPECT_EQ(with_commas(1234567), "1,234,567");
}

}  // namespace
}  // namespace plaza::bench
