#pragma once
#include <cstddef>
#include <cstdint>
#include <deque>

#include "ports/message.h"

namespace plaza::streams {

/// The newest messages, by id, so that reading what was just sent needs no disk.
///
/// Thread   The writer's.
/// Owner    Shares each message with whoever else shows it.
/// Order    Ids are consecutive in one region, so the place of a message is its id minus the oldest's.
/// Limit    bytes_max (recent_bytes_max), counted as body + deliveries + a fixed part; the oldest go first.
class RecentMessages {
 public:
  explicit RecentMessages(std::size_t bytes_max) : bytes_max_(bytes_max) {}

  /// A message that is newer than all before.
  void push(ports::MessagePtr message);
  /// Null when it is not (any more) among them.
  [[nodiscard]] ports::MessagePtr find(std::uint64_t id) const;
  /// The message has been changed: this one takes its place, if it is here.
  void replace(ports::MessagePtr message);
  /// Retention removed the messages up to this one.
  void drop_upto(std::uint64_t id);
  [[nodiscard]] std::size_t size() const { return messages_.size(); }

 private:
  void drop_oldest();

  const std::size_t bytes_max_;
  std::deque<ports::MessagePtr> messages_;
  std::uint64_t oldest_ = 0;
  std::size_t bytes_ = 0;
};

}  // namespace plaza::streams
