#include "base/log.h"

#include <array>
#include <cstdio>

namespace plaza {
namespace {

constexpr std::array<std::string_view, 6> kNames{"trace", "debug", "info", "warn", "error", "off"};

void to_stderr(const LogLine& line) {
  const std::string text = fmt::format("{:5} {}: {} ({}:{})\n", log_level_name(line.level), line.component,
                                       line.text, line.file, line.line);
  std::fwrite(text.data(), 1, text.size(), stderr);
}

std::atomic<LogSink> g_sink{to_stderr};

}  // namespace

void set_log_sink(LogSink sink) { g_sink.store(sink ? sink : to_stderr); }
void set_log_level(LogLevel level) { detail::g_log_level.store(level, std::memory_order_relaxed); }
LogLevel log_level() { return detail::g_log_level.load(std::memory_order_relaxed); }

bool parse_log_level(std::string_view name, LogLevel& out) {
  for (std::size_t i = 0; i < kNames.size(); ++i) {
    if (kNames[i] == name) {
      out = static_cast<LogLevel>(i);
      return true;
    }
  }
  return false;
}

std::string_view log_level_name(LogLevel level) { return kNames[static_cast<std::size_t>(level)]; }
void log_write(const LogLine& line) { g_sink.load()(line); }

}  // namespace plaza
