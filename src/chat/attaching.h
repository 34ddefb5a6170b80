#pragma once
#include <optional>
#include <string>

#include "chat/answers.h"
#include "chat/shard_state.h"
#include "protocol/request.h"

namespace plaza::chat {

/// Files in messages: a body of kind image or file that names one by "file" is replaced by what is stored of it, if it is the sender's.
///
///   send -> is it the sender's file? read once per message, so that one that was removed is not sent -> the same send again, with the body
///   that everybody gets
///
/// Thread  The shard's.
class Attaching {
 public:
  explicit Attaching(ShardState& state) : state_(state) {}

  /// Nothing: go on; the content may have another body now, which lives until the next call. Otherwise the request was refused, or comes
  /// again.
  std::optional<Verdict> attach(Session& session, const Asked& asked, protocol::Content& content);

 private:
  Verdict look_up(Session& session, const Asked& asked, ports::FileId file);

  ShardState& state_;
  std::string body_;
};

}  // namespace plaza::chat
