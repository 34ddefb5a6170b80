#include "app/metrics/exposition.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "base/metrics.h"

namespace plaza::app {
namespace {

TEST(MetricsText, IsWhatPrometheusReads) {
  const metrics::Counter counter{"test_messages_total", "Messages.", {{"transport", "tcp"}}};
  counter.add(1'000'000'007);
  const metrics::Observed gauge{metrics::Type::gauge, "test_sessions", "Sessions.", {}, [] { return 3.0; }};
  const metrics::Histogram histogram{"test_commit_seconds", "Commits.", 1e9, {1'000'000, 100'000'000}};
  histogram.observe(2'000'000);
  const std::string text = metrics_text();
  for (const char* line : {
           "# HELP test_messages_total Messages.\n# TYPE test_messages_total counter\n"
           "test_messages_total{transport=\"tcp\"} 1000000007\n",
           "# HELP test_sessions Sessions.\n# TYPE test_sessions gauge\ntest_sessions 3\n",
           "# TYPE test_commit_seconds histogram\n",
           "test_commit_seconds_count 1\n",
           "test_commit_seconds_sum 0.002\n",
           "test_commit_seconds_bucket{le=\"0.001\"} 0\n",
           "test_commit_seconds_bucket{le=\"0.1\"} 1\n",
           "test_commit_seconds_bucket{le=\"+Inf\"} 1\n",
       }) {
    EXPECT_NE(text.find(line), std::string::npos) << line << "\nin\n" << text;
  }
}

TEST(MetricsText, HasTheProcessOnceHoweverOftenItIsRegistered) {
  register_process_metrics();
  register_process_metrics();
  const std::string text = metrics_text();
  for (const char* name :
       {"\nplaza_build_info{version=\"", "\nprocess_resident_memory_bytes ", "\nprocess_open_fds ",
        "\nprocess_cpu_seconds_total ", "\nprocess_start_time_seconds "}) {
    const auto at = text.find(name);
    ASSERT_NE(at, std::string::npos) << name << "\nin\n" << text;
    EXPECT_EQ(text.find(name, at + 1), std::string::npos) << name;
  }
}

TEST(OpenDescriptors, AreCountedAlsoBehindAHole) {
  const double before = open_descriptors();
  EXPECT_GE(before, 3.0);
  const int low = open("/dev/null", O_RDONLY | O_CLOEXEC);
  const int high = fcntl(low, F_DUPFD_CLOEXEC, 300);
  ASSERT_GE(high, 300);
  EXPECT_EQ(open_descriptors(), before + 2);
  close(low);
  EXPECT_EQ(open_descriptors(), before + 1);
  close(high);
}

}  // namespace
}  // namespace plaza::app
