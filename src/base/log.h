#pragma once
// Log lines with a level, a component and where they come from. The sink (files, rotation, JSON) is set by app/.
//
//   PLAZA_LOG(info, "edge", "listening on {}", address);
//
// Never log a password, a token or the body of a message.
#include <fmt/core.h>

#include <atomic>
#include <cstdint>
#include <string>
#include <string_view>

namespace plaza {

enum class LogLevel : std::uint8_t { trace, debug, info, warn, error, off };

struct LogLine {
  LogLevel level;
  std::string_view component;
  std::string_view text;
  const char* file;
  int line;
};

using LogSink = void (*)(const LogLine&);

/// Any thread. Until a sink is set lines go to stderr; the sink must be callable from any thread.
void set_log_sink(LogSink sink);
void set_log_level(LogLevel level);
LogLevel log_level();
/// The level of that name; LogLevel::off with ok = false for another.
bool parse_log_level(std::string_view name, LogLevel& out);
std::string_view log_level_name(LogLevel level);
void log_write(const LogLine& line);

namespace detail {
inline std::atomic<LogLevel> g_log_level{LogLevel::info};
}
inline bool log_enabled(LogLevel level) {
  return level >= detail::g_log_level.load(std::memory_order_relaxed);
}

}  // namespace plaza

#define PLAZA_LOG(level_, component_, ...)                                                                  \
  do {                                                                                                      \
    if (::plaza::log_enabled(::plaza::LogLevel::level_)) {                                                  \
      const std::string plaza_log_text = ::fmt::format(__VA_ARGS__);                                        \
      ::plaza::log_write({::plaza::LogLevel::level_, component_, plaza_log_text, __FILE_NAME__, __LINE__}); \
    }                                                                                                       \
  } while (false)
