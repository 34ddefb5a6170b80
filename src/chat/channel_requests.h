#pragma once
#include "chat/answers.h"
#include "chat/channel_homes.h"
#include "chat/shard_state.h"
#include "protocol/channel_requests.h"

namespace plaza::chat {

/// SUBSCRIBE, UNSUBSCRIBE, PUBLISH and CHANNELS on the session's shard: its own bounds, then the channel's home.
///
///   request -> name, size, rate, how many -> ChannelHomes on the channel's home shard -> answer
///
/// The zone is the session's, so a channel of another zone does not exist.
///
/// Thread  The shard's.
/// Limit   A session waits for its SUBSCRIBE; of its PUBLISHes up to send_window_max are under way, then it is not read.
class ChannelRequests {
 public:
  explicit ChannelRequests(ShardState& state) : state_(state) {}

  Verdict subscribe(Session& session, const protocol::Request& request);
  Verdict unsubscribe(Session& session, const protocol::Request& request);
  Verdict publish(Session& session, const protocol::Request& request);
  Verdict list(Session& session, const protocol::Request& request);

 private:
  [[nodiscard]] ChannelAsker asker(const Session& session, const Asked& asked) const;
  [[nodiscard]] bool check_new(Session& session, const Asked& asked, const protocol::Content& content,
                               std::string& masked) const;
  [[nodiscard]] bool check_content(Session& session, const Asked& asked,
                                   const protocol::Content& content) const;

  ShardState& state_;
};

}  // namespace plaza::chat
