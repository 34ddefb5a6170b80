#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/message.h"

namespace plaza::ports {

struct MessageLogError {
  std::string detail;  ///< for the log file, never for a client
};

struct MessageLogPage {
  /// Which line of ids this is: never 0, and another one after the messages were put back to an earlier state.
  std::uint64_t log = 0;
  MessageId oldest, newest;          ///< of all that are there; none when there is none
  std::vector<MessagePtr> messages;  ///< ascending
  bool more = false;
};

/// All stored messages in the order of their ids, for whoever follows them behind the scenes.
///
/// Contract  What is there is durable. Ids ascend in the order of storing: once an id was seen, no smaller one comes.
/// Thread    Blocks, and never makes the storing wait. Any thread but a shard's may call.
class MessageLog {
 public:
  virtual ~MessageLog() = default;

  /// Those with larger ids, at most `limit`.
  virtual Result<MessageLogPage, MessageLogError> after(MessageId id, std::uint32_t limit) = 0;
  /// In the order of `ids`; null for what is not there any more.
  virtual Result<std::vector<MessagePtr>, MessageLogError> find(const std::vector<MessageId>& ids) = 0;
};

}  // namespace plaza::ports
