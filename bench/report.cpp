#include "bench/report.h"

#include <fmt/format.h>

#include <cmath>

namespace plaza::bench {

namespace {

std::string quoted(const std::string& text) {
  std::string out = "\"";
  for (const char c : text) {
    if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      out += fmt::format("\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += c;
    }
  }
  return out + '"';
}

/// JSON has no infinity and no NaN.
std::string number(double value) { return std::isfinite(value) ? fmt::format("{:.6g}", value) : "null"; }

std::string value_text(const std::variant<std::uint64_t, double, bool, std::string>& value) {
  switch (value.index()) {
    case 0: return fmt::format("{}", std::get<0>(value));
    case 1: return number(std::get<1>(value));
    case 2: return std::get<2>(value) ? "true" : "false";
    default: return quoted(std::get<3>(value));
  }
}

}  // namespace

void Report::latency(const Histogram& ns) {
  if (ns.count() == 0) return;
  const auto ms = [&](double fraction) { return static_cast<double>(ns.percentile(fraction)) / 1e6; };
  p50_ms = ms(0.5);
  p99_ms = ms(0.99);
  p999_ms = ms(0.999);
}

std::optional<double> Report::ratio_to_floor() const {
  if (!server_cpu_s_per_million || !floor_cpu_s_per_million || *floor_cpu_s_per_million <= 0)
    return std::nullopt;
  return *server_cpu_s_per_million / *floor_cpu_s_per_million;
}

std::string to_json(const Report& report) {
  std::string out = fmt::format("{{\"workload\":{},\"params\":{{", quoted(report.workload));
  bool first = true;
  for (const auto& [key, value] : report.params) {
    out += fmt::format("{}{}:{}", first ? "" : ",", quoted(key), value_text(value));
    first = false;
  }
  out += fmt::format("}},\"seconds\":{},\"operations\":{},\"rate_per_s\":{}", number(report.seconds),
                     report.operations, number(report.rate_per_s()));
  const auto add = [&](std::string_view key, std::optional<double> value) {
    if (value) out += fmt::format(",\"{}\":{}", key, number(*value));
  };
  add("p50_ms", report.p50_ms);
  add("p99_ms", report.p99_ms);
  add("p999_ms", report.p999_ms);
  add("server_cpu_s_per_million", report.server_cpu_s_per_million);
  add("floor_cpu_s_per_million", report.floor_cpu_s_per_million);
  add("ratio_to_floor", report.ratio_to_floor());
  if (report.findings) {
    out += fmt::format(",\"lost\":{},\"duplicated\":{},\"reordered\":{},\"corrupted\":{}",
                       report.findings->lost, report.findings->duplicated, report.findings->reordered,
                       report.findings->corrupted);
  }
  add("bytes_per_connection", report.bytes_per_connection);
  return out + "}";
}

std::string with_commas(std::uint64_t number) {
  std::string text = std::to_string(number);
  for (std::size_t at = text.size(); at > 3; at -= 3) text.insert(at - 3, 1, ',');
  return text;
}

std::string to_table(const Report& report) {
  std::string out = fmt::format("\nplaza bench {}: {}\n\n", report.workload, report.headline);
  const auto line = [&](const std::string& label, const std::string& text) {
    out += fmt::format("  {:<28} {}\n", label, text);
  };
  if (report.operations != 0) {
    line(report.operation, fmt::format("{} in {:.2f} s", with_commas(report.operations), report.seconds));
    line("rate", with_commas(static_cast<std::uint64_t>(report.rate_per_s())) + " /s");
  }
  if (report.p50_ms) {
    line("p50 / p99 / p99.9",
         fmt::format("{:.3g} / {:.3g} / {:.3g} ms", *report.p50_ms, *report.p99_ms, *report.p999_ms));
  }
  if (report.server_cpu_s_per_million) {
    line("server CPU",
         fmt::format("{:.3g} s per million {}", *report.server_cpu_s_per_million, report.operation));
  }
  if (report.floor_cpu_s_per_million) {
    line("bare relay (floor)", fmt::format("{:.3g} s per million", *report.floor_cpu_s_per_million));
  }
  if (const auto ratio = report.ratio_to_floor()) line("ratio to floor", fmt::format("{:.2f}", *ratio));
  if (report.bytes_per_connection) {
    line("memory", fmt::format("{:.0f} bytes resident a connection", *report.bytes_per_connection));
  }
  for (const auto& [label, text] : report.notes) line(label, text);
  if (report.findings) {
    const Findings& found = *report.findings;
    line("lost / doubled / reordered",
         fmt::format("{} / {} / {}{}", found.lost, found.duplicated, found.reordered,
                     found.corrupted ? fmt::format(", {} wrong", found.corrupted) : ""));
    line("", found.clean() ? "every message checked: all is well" : "NOT as promised");
  }
  return out;
}

}  // namespace plaza::bench
