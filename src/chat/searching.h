#pragma once
#include "chat/answers.h"
#include "chat/reading.h"
#include "chat/shard_state.h"
#include "protocol/search_request.h"
#include "search/member_search.h"

namespace plaza::chat {

/// SEARCH: messages of the member's own conversations, by their words.
///
///   request -> words -> may the member see the conversation, if it names one? -> rate -> MemberSearch on a thread that may block
///     -> a page of places and snippets
///
/// Thread  The shard's.
/// Limit   kTermsMax words; Limits::member_searches; MemberSearch's own.
class Searching {
 public:
  static constexpr std::size_t kTermsMax = 16;

  Searching(ShardState& state, Reading& reading) : state_(state), reading_(reading) {}

  Verdict search(Session& session, const protocol::Request& request);

 private:
  [[nodiscard]] bool within_rate(Session& session, const Asked& asked);
  Verdict start(Session& session, const Asked& asked, search::MemberQuery query);

  ShardState& state_;
  Reading& reading_;
};

}  // namespace plaza::chat
