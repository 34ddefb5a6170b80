#pragma once
#include "chat/answers.h"
#include "chat/reading.h"
#include "chat/shard_state.h"
#include "protocol/request.h"

namespace plaza::chat {

/// REPORT: a member shows a message that it can see to whoever moderates the zone.
///
///   request -> may this member see the conversation? -> rate -> the message, from the store -> the report with a copy of it -> OK
///
/// The copy is taken here and not when somebody looks at the report: by then the message may be trimmed. To report a message once more
/// is answered as the first time and stores nothing.
///
/// Thread  The shard's.
class Reporting {
 public:
  Reporting(ShardState& state, Reading& reading) : state_(state), reading_(reading) {}

  Verdict report(Session& session, const protocol::Request& request);

 private:
  Verdict store(Session& session, const Asked& asked, ports::StreamId stream, const std::string& reason,
                const ports::Message& message);

  ShardState& state_;
  Reading& reading_;
};

}  // namespace plaza::chat
