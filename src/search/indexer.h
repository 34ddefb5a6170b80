#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>

#include "ports/message_log.h"
#include "ports/search.h"

namespace plaza::search {

/// Brings the index up to date with the message log, a bounded piece at a time.
///
///   position of the index -> the next messages of the log -> their words -> index and position in one transaction
///
/// The storing of messages knows nothing of it and waits for nothing here; what was missed while the server was down is found at the
/// next start, because the position is stored with what was indexed. A log that is not the one that the index followed, that ends
/// before the position, or that has another message there (older messages were put back), makes it begin anew.
///
/// Thread   step() on one that may block, one at a time; behind() on any.
/// Owner    app/. Log and index outlive it.
/// Limit    kMessages of the log at a time.
class Indexer {
 public:
  static constexpr std::uint32_t kMessages = 500;
  enum class Step : std::uint8_t {
    more,    ///< there is more to do
    idle,    ///< the index has what the log has
    failed,  ///< see failure(); try again later
  };

  Indexer(ports::MessageLog& log, ports::SearchIndex& index) : log_(log), index_(index) {}

  [[nodiscard]] Step step();
  [[nodiscard]] const std::string& failure() const { return failure_; }
  /// Messages (ids, to be exact) that the log is ahead, as of the last step.
  [[nodiscard]] std::uint64_t behind() const { return behind_.load(std::memory_order_relaxed); }

 private:
  Step failed(std::string why);
  /// Whether the index followed these messages so far; nothing when that cannot be read.
  std::optional<bool> same_log(const ports::SearchPosition& position, const ports::MessageLogPage& page);
  Step add(const ports::MessageLogPage& page);
  bool change(const ports::MessageLogPage& page);
  Step tidy(const ports::MessageLogPage& page);

  ports::MessageLog& log_;
  ports::SearchIndex& index_;
  // The step's thread.
  std::string failure_;
  bool checked_ = false;  ///< the message at the position is the one that was indexed
  // Any thread (atomic).
  std::atomic<std::uint64_t> behind_{0};
};

}  // namespace plaza::search
