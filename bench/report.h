#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "bench/checks.h"
#include "bench/histogram.h"

namespace plaza::bench {

/// What one measurement gave. What does not apply stays empty and is left out.
struct Report {
  std::string workload;
  std::string headline;  ///< for people: "500 pairs, window 16, 100-byte texts, tcp"
  std::vector<std::pair<std::string, std::variant<std::uint64_t, double, bool, std::string>>> params;

  double seconds = 0;
  std::uint64_t operations = 0;
  std::string operation = "messages";  ///< for people: what is counted
  std::optional<double> p50_ms, p99_ms, p999_ms;
  std::optional<double> server_cpu_s_per_million, floor_cpu_s_per_million;
  std::optional<Findings> findings;
  std::optional<double> bytes_per_connection;
  std::vector<std::pair<std::string, std::string>> notes;  ///< more lines of the table: label, text

  void latency(const Histogram& ns);
  [[nodiscard]] double rate_per_s() const {
    return seconds > 0 ? static_cast<double>(operations) / seconds : 0;
  }
  [[nodiscard]] std::optional<double> ratio_to_floor() const;
  [[nodiscard]] bool clean() const { return !findings || findings->clean(); }
};

/// One object, no newline.
[[nodiscard]] std::string to_json(const Report& report);
/// Several lines for people.
[[nodiscard]] std::string to_table(const Report& report);

/// 1234567 as "1,234,567".
[[nodiscard]] std::string with_commas(std::uint64_t number);

}  // namespace plaza::bench
