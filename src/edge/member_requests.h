#pragma once
#include "chat/answers.h"
#include "login/login_service.h"
#include "protocol/member_requests.h"

namespace plaza::edge {

class EdgeShard;
class Session;

/// SET_MEMBER: a member changes its own name, avatar, settings, and what the app keeps of it, as far as Limits let it.
///
///   rights -> a worker: login service (rules, directory), friends -> every shard (chat/member_changes.h) -> OK
///
/// Thread  The session's shard, which waits and is not read meanwhile. In force also when the session has gone by then.
class MemberRequests {
 public:
  explicit MemberRequests(EdgeShard& shard) : shard_(shard) {}

  [[nodiscard]] chat::Verdict set_member(Session& session, const protocol::Request& request);

 private:
  void change(chat::SessionId session, const chat::Asked& asked, const login::UpdateMemberRequest& update);
  [[nodiscard]] Session* waiting(chat::SessionId session);

  EdgeShard& shard_;
};

}  // namespace plaza::edge
