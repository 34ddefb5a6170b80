#pragma once
#include <memory>

#include "chat/answers.h"
#include "chat/entering.h"
#include "login/login_service.h"
#include "protocol/request.h"

namespace plaza::edge {

class EdgeShard;
class Session;

/// The requests about accounts and credentials: LOGIN, REG, LOGINOUT, CREATE_MEMBER, ENTER, CHANGE_PASSWORD, TOKENS,
/// REVOKE_TOKEN. The login service answers them on threads that may block; the session waits and is not read meanwhile.
///
/// Thread  The session's shard.
class AccountRequests {
 public:
  explicit AccountRequests(EdgeShard& shard) : shard_(shard) {}

  /// True for the requests that belong here.
  [[nodiscard]] static bool takes(protocol::Msg msgid);
  [[nodiscard]] chat::Verdict request(Session& session, const protocol::Request& request);
  /// What the client is told of it.
  [[nodiscard]] static chat::Refusal refusal_of(const login::LoginError& error);

 private:
  chat::Verdict log_in(Session& session, const protocol::Request& request);
  chat::Verdict register_account(Session& session, const protocol::Request& request);
  chat::Verdict log_out(Session& session, const protocol::Request& request);
  chat::Verdict create_member(Session& session, const protocol::Request& request);
  chat::Verdict enter(Session& session, const protocol::Request& request);
  chat::Verdict change_password(Session& session, const protocol::Request& request);
  chat::Verdict list_tokens(Session& session, const protocol::Request& request);
  chat::Verdict revoke_token(Session& session, const protocol::Request& request);

  chat::Verdict logged_in(Session& session, const chat::Asked& asked, bool classic, bool by_token,
                          login::LoggedIn in);
  chat::Verdict refuse(Session& session, const chat::Asked& asked, const login::LoginError& error);

  /// job() on a thread that may wait for a password hash (`slow`) or only for SQL; then(Session&, result) here.
  /// `share`: whose work it is.
  enum class Pool : std::uint8_t { sql, passwords };
  template <class Job, class Then>
  chat::Verdict await(Session& session, const chat::Asked& asked, Pool pool, Share share, Job job, Then then);

  EdgeShard& shard_;
};

}  // namespace plaza::edge
