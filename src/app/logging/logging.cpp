#include "app/logging/logging.h"

#include <fmt/format.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/ansicolor_sink.h>
#include <spdlog/sinks/rotating_file_sink.h>

#include <atomic>
#include <condition_variable>
#include <filesystem>
#include <mutex>
#include <thread>

#include "app/logging/line_format.h"
#include "base/log.h"
#include "base/metrics.h"

namespace plaza::app {
namespace {

const metrics::Counter g_write_errors{"plaza_log_write_errors_total",
                                      "Log lines that could not be written to the file."};

spdlog::level::level_enum to_spdlog(LogLevel level) {
  return level == LogLevel::off ? spdlog::level::off : static_cast<spdlog::level::level_enum>(level);
}
static_assert(static_cast<int>(LogLevel::error) == SPDLOG_LEVEL_ERROR);

enum class Look : std::uint8_t { console, file, json };

class LineFormatter final : public spdlog::formatter {
 public:
  explicit LineFormatter(Look look) : look_(look) {}

  void format(const spdlog::details::log_msg& message, spdlog::memory_buf_t& out) override {
    const LineParts parts{message.time,
                          log_level_name(static_cast<LogLevel>(message.level)),
                          {message.logger_name.data(), message.logger_name.size()},
                          {message.payload.data(), message.payload.size()},
                          message.source.filename,
                          message.source.line};
    text_.clear();
    LevelRange level;
    switch (look_) {
      case Look::console:
        level = format_for_person(parts, message.level != spdlog::level::info, text_);
        break;
      case Look::file: level = format_for_file(parts, text_); break;
      case Look::json: format_as_json(parts, text_); break;
    }
    message.color_range_start = level.begin;
    message.color_range_end = level.end;
    out.append(text_.data(), text_.data() + text_.size());
  }
  [[nodiscard]] std::unique_ptr<spdlog::formatter> clone() const override {
    return std::make_unique<LineFormatter>(look_);
  }

 private:
  const Look look_;
  std::string text_;  // on the writing thread only
};

/// Passes lines on, and flushes after so many of them. On the writing thread only.
class FlushEvery final : public spdlog::sinks::sink {
 public:
  FlushEvery(spdlog::sink_ptr to, std::int64_t lines) : to_(std::move(to)), lines_(lines) {}

  void log(const spdlog::details::log_msg& message) override {
    to_->log(message);
    if (++since_flush_ >= lines_) flush();
  }
  void flush() override {
    since_flush_ = 0;
    to_->flush();
  }
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter> formatter) override {
    to_->set_formatter(std::move(formatter));
  }

 private:
  const spdlog::sink_ptr to_;
  const std::int64_t lines_;
  std::int64_t since_flush_ = 0;
};

/// Gives the flush requests of the interval.
class FlushTimer {
 public:
  FlushTimer(std::chrono::milliseconds interval, std::function<void()> flush)
      : thread_([this, interval, flush = std::move(flush)] {
          std::unique_lock lock(mutex_);
          while (!wake_.wait_for(lock, interval, [this] { return ending_; })) flush();
        }) {}
  ~FlushTimer() {
    {
      const std::lock_guard lock(mutex_);
      ending_ = true;
    }
    wake_.notify_one();
    thread_.join();
  }
  FlushTimer(const FlushTimer&) = delete;
  FlushTimer& operator=(const FlushTimer&) = delete;

 private:
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false;
  std::thread thread_;
};

std::shared_ptr<spdlog::async_logger> own_pointer(spdlog::async_logger& logger) {
  return std::static_pointer_cast<spdlog::async_logger>(logger.shared_from_this());
}

spdlog::sink_ptr console_sink(LogFormat format) {
  auto sink = std::make_shared<spdlog::sinks::ansicolor_stderr_sink_mt>(spdlog::color_mode::automatic);
  sink->set_color(spdlog::level::info, "\033[32m");
  sink->set_formatter(
      std::make_unique<LineFormatter>(format == LogFormat::json ? Look::json : Look::console));
  return sink;
}

spdlog::sink_ptr file_sink(const Config& config) {
  const auto path = std::filesystem::path(config.server.data_dir) /
                    config.log.file;  // an absolute file replaces it
  std::filesystem::create_directories(path.parent_path());
  auto rotating = std::make_shared<spdlog::sinks::rotating_file_sink_mt>(
      path, static_cast<std::size_t>(config.log.rotate_bytes),
      static_cast<std::size_t>(config.log.rotate_files));
  rotating->set_formatter(
      std::make_unique<LineFormatter>(config.log.format == LogFormat::json ? Look::json : Look::file));
  return std::make_shared<FlushEvery>(std::move(rotating), config.log.flush_every_lines);
}

}  // namespace

struct Logging::Parts {
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
  std::unique_ptr<FlushTimer> timer;
  std::unique_ptr<metrics::Observed> dropped;
};

namespace {

// The sink is a plain function, so what it writes to is found here. `g_users` keeps the parts alive for a line that is being
// handed over while the node stops.
std::atomic<spdlog::async_logger*> g_logger{nullptr};
std::atomic<spdlog::details::thread_pool*> g_pool{nullptr};
std::atomic<int> g_users{0};

void hand_over(const LogLine& line) {
  g_users.fetch_add(1);
  auto* pool = g_pool.load();
  if (pool != nullptr) {
    const spdlog::details::log_msg message({line.file, line.line, ""},
                                           {line.component.data(), line.component.size()},
                                           to_spdlog(line.level), {line.text.data(), line.text.size()});
    pool->post_log(own_pointer(*g_logger.load()), message, spdlog::async_overflow_policy::overrun_oldest);
  }
  g_users.fetch_sub(1);
}

}  // namespace

Logging::Logging(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {
  g_logger.store(parts_->logger.get());
  g_pool.store(parts_->pool.get());
  set_log_sink(hand_over);
}

Result<std::unique_ptr<Logging>, std::string> Logging::start(const Config& config) {
  auto parts = std::make_unique<Parts>();
  try {
    std::vector<spdlog::sink_ptr> sinks;
    if (config.log.console) sinks.push_back(console_sink(config.log.format));
    if (!config.log.file.empty()) sinks.push_back(file_sink(config));
    parts->pool = std::make_shared<spdlog::details::thread_pool>(
        static_cast<std::size_t>(config.log.queue_lines_max), 1);
    parts->logger = std::make_shared<spdlog::async_logger>("plaza", sinks.begin(), sinks.end(), parts->pool,
                                                           spdlog::async_overflow_policy::overrun_oldest);
  } catch (const std::exception& error) {
    return fail(
        fmt::format("cannot write the log file: {}. See log.file in the configuration.", error.what()));
  }
  parts->logger->set_level(spdlog::level::trace);  // PLAZA_LOG has decided already
  parts->logger->flush_on(spdlog::level::warn);
  parts->logger->set_error_handler([](const std::string& what) {
    g_write_errors.add();
    // Once a minute at most: a full disk would otherwise fill the terminal as well. On the writing thread only.
    static std::chrono::steady_clock::time_point next{};
    const auto now = std::chrono::steady_clock::now();
    if (now < next) return;
    next = now + std::chrono::minutes(1);
    fmt::print(stderr, "plaza: cannot write the log: {}\n", what);
  });
  parts->timer = std::make_unique<FlushTimer>(std::chrono::milliseconds(config.log.flush_interval_ms),
                                              [pool = parts->pool.get(), logger = parts->logger.get()] {
                                                // Waits for room: a request must not push out a line.
                                                pool->post_flush(own_pointer(*logger),
                                                                 spdlog::async_overflow_policy::block);
                                              });
  parts->dropped = std::make_unique<metrics::Observed>(
      metrics::Type::counter, "plaza_log_lines_dropped_total",
      "Log lines dropped because the queue was full.", metrics::Labels{},
      [pool = parts->pool.get()] { return static_cast<double>(pool->overrun_counter()); });
  set_log_level(config.log.level);
  return std::unique_ptr<Logging>(new Logging(std::move(parts)));
}

Logging::~Logging() {
  set_log_sink(nullptr);
  g_pool.store(nullptr);
  while (g_users.load() != 0) std::this_thread::yield();
  parts_->dropped.reset();
  parts_->timer.reset();
  parts_->pool->post_flush(own_pointer(*parts_->logger), spdlog::async_overflow_policy::block);
  parts_->pool.reset();  // writes what is queued, then joins
}

std::uint64_t Logging::dropped() const { return parts_->pool->overrun_counter(); }

}  // namespace plaza::app
