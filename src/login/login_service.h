#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "ports/directory.h"

namespace plaza::login {

/// Why a call was refused. Each is one errno of the protocol (in brackets).
enum class LoginCode : std::uint8_t {
  bad_credentials,      ///< [2] unknown account or wrong password, proof or ticket: the same answer for all
  registration_failed,  ///< [4] the name is taken or not allowed, or the password is not: `field` tells which
  name_taken,           ///< [17] create_member only
  name_invalid,         ///< [18] create_member only
  token_invalid,        ///< [19] unknown, expired or revoked, or for another device or zone
  limited,              ///< [20] too many failures: retry_after_ms
  quota_reached,        ///< [53] the app has as many members as it may
  limit_reached,        ///< [21] a bound of the server, e.g. members of an account
  no_such_zone,         ///< [29]
  no_such_peer,         ///< [1] that member does not exist or is not this account's
  unavailable,          ///< [13] the storage does not answer; nothing was changed unless the method says so
  try_again,            ///< [30] too many passwords are being checked: retry_after_ms
  bad_request,          ///< [8] a field is out of its bounds
};
struct LoginError {
  LoginCode code = LoginCode::unavailable;
  std::string field;    ///< the protocol's name of the offending field, where there is one
  std::string allowed;  ///< what would be right, where that can be said
  std::string detail;   ///< for people; safe to show
  std::int64_t retry_after_ms = 0;
};
template <class T>
using LoginResult = Result<T, LoginError>;

/// Where a request goes. Both empty = the default app and zone.
struct Place {
  std::string app;
  std::string zone;
};

struct RegisterRequest {
  std::string name;
  std::string password;
  Place place;
  std::string address;  ///< the client's IP address, for limits
};
struct Registered {
  AccountId account;
  ports::Member member;  ///< the account's first member, of the same name
};

/// `member` set: login by member id (of the request's zone); otherwise by the account's name.
struct PasswordProof {
  std::optional<MemberId> member;
  std::string account;
  std::string password;
};
struct ThirdPartyProof {
  std::string vendor;
  std::string user;
  std::string proof;
};
struct TokenProof {
  std::string token;
};

/// How the caller wants to go on after a login.
enum class LoginMode : std::uint8_t {
  account,  ///< full client: gets an account token and the list of its members; then enters one
  classic,  ///< minimal client: enters a member at once and gets no token
};

struct LoginRequest {
  std::variant<PasswordProof, ThirdPartyProof, TokenProof> proof;
  Place place;         ///< with a token: empty or the token's own
  std::string device;  ///< 1..32 bytes; with a token empty or the token's own (a hand-over token takes any)
  std::string address;
  LoginMode mode = LoginMode::account;
};

/// Who is logged in now. The edge keeps account, zone, device and token_id with the session.
struct LoggedIn {
  AccountId account;
  std::string account_name;  ///< empty for third-party accounts
  ports::SharedZone zone;    ///< shared with everyone who is logged in there
  std::string device;
  std::string token;  ///< what to log in with next time; empty for classic
  TokenId token_id;
  std::int64_t token_expires_ms = 0;
  bool exchanged =
      false;  ///< it came with a hand-over token: `token` is another one, which the client does not know yet
  std::vector<ports::Member> members;  ///< of the account in this zone
  std::optional<std::size_t> entered;  ///< classic, member token, hand-over token: members[this], at once
  std::vector<ports::Token> dropped;  ///< oldest tokens revoked to stay under the bound: close their sessions

  /// Null when nobody was entered yet.
  [[nodiscard]] const ports::Member* entered_member() const { return entered ? &members[*entered] : nullptr; }
};

struct CreateMemberRequest {
  AccountId account;
  ZoneId zone;
  std::string nickname;
  std::string avatar;  ///< <= 256 bytes
};

/// What is set of a member; what is not given stays.
struct UpdateMemberRequest {
  ZoneId zone;
  MemberId member;
  std::optional<std::string> nickname;
  std::optional<std::string> avatar;  ///< <= 256 bytes
  std::optional<std::string> custom;  ///< a JSON object as compact text; "{}" and "" are none
  std::optional<ports::FriendsFrom> friends_from;
  std::optional<ports::MessagesFrom> messages_from;
};

struct EnterRequest {
  AccountId account;  ///< with zone and device as the session has them
  ZoneId zone;
  std::string device;
  MemberId member;
};
struct Entered {
  ports::Member member;
  ports::SharedZone zone;
  std::string token;
  TokenId token_id;
  std::int64_t token_expires_ms = 0;
  std::vector<ports::Token> dropped;
};

struct ChangePasswordRequest {
  AccountId account;
  std::string password;
  std::string new_password;
  std::vector<TokenId> keep;  ///< the tokens that the asking session lives under
  std::string address;
};

struct ResetPasswordRequest {
  AccountId account;
  std::string new_password;
};

struct HandoverRequest {
  AccountId account;
  ZoneId zone;
  MemberId member;
  std::string device;  ///< the only one that it is for; empty: any
};
struct Handover {
  std::string token;
  std::int64_t expires_ms = 0;
};

/// All of an account; or of one device of it; or one by id.
struct RevokeRequest {
  AccountId account;
  std::optional<std::string> device;
  std::optional<TokenId> only;
};

/// Accounts and credentials. It knows no session: what was revoked is returned, and the edge closes what lives under it.
///
/// Contract  Values in, values out, so that an implementation may be in another process. Unknown account and wrong password
///           give the same answer at the same cost.
/// Thread    Worker threads: calls block on SQL and on argon2. try_cached() alone may be called on a shard. Thread-safe.
///           register_account, a login by password, and change_password wait for argon2 (25 ms and the queue before it):
///           run them on other workers than the rest, or logins by token wait behind them.
class LoginService {
 public:
  virtual ~LoginService() = default;

  /// Refusals: registration_failed (field "name" or "password"), no_such_zone, limited, try_again, unavailable.
  virtual LoginResult<Registered> register_account(const RegisterRequest& request) = 0;

  /// Refusals: bad_credentials, token_invalid, limited, no_such_zone, bad_request, try_again, unavailable; classic also
  /// no_such_peer when the account has no member there. Classic by name enters the member that is called like the account,
  /// or the account's oldest in the zone. A hand-over token is used up also when the login then fails.
  virtual LoginResult<LoggedIn> login(const LoginRequest& request) = 0;

  /// login() when it can be answered from memory at once (a token that was verified lately), nothing otherwise: then call
  /// login() on a worker. Never blocks.
  virtual std::optional<LoggedIn> try_cached(const LoginRequest& request) {
    static_cast<void>(request);
    return std::nullopt;
  }

  /// Refusals: name_taken, name_invalid, limit_reached, bad_request (field "avatar"), no_such_zone, unavailable.
  virtual LoginResult<ports::Member> create_member(const CreateMemberRequest& request) = 0;

  /// Gives it as it is now. Refusals: no_such_peer, name_taken, name_invalid, bad_request (field "avatar" or "custom"), unavailable,
  /// which may have changed it.
  virtual LoginResult<ports::Member> update_member(const UpdateMemberRequest& request) = 0;

  /// Refusals: no_such_peer, no_such_zone, bad_request (field "device"), unavailable.
  virtual LoginResult<Entered> enter(const EnterRequest& request) = 0;

  /// Gives the tokens it revoked: all of the account but `keep`. Refusals: bad_credentials (field "password"), bad_request
  /// (field "new_password"), limited, try_again, unavailable. After `unavailable` the password may be changed already; the
  /// same call again completes it.
  virtual LoginResult<std::vector<ports::Token>> change_password(const ChangePasswordRequest& request) = 0;

  /// Sets a password without asking for the old one: for who administers the account. Gives the tokens it revoked: all of the
  /// account. Refusals: bad_request (field "password"), try_again, unavailable, which may have changed it.
  virtual LoginResult<std::vector<ports::Token>> reset_password(const ResetPasswordRequest& request) = 0;

  /// A token that logs in as this member once, within 60 s, on any device or the given one. Refusals: no_such_peer,
  /// bad_request (field "device"), unavailable.
  virtual LoginResult<Handover> issue_handover(const HandoverRequest& request) = 0;

  /// The account's valid tokens, oldest first, without their hashes.
  virtual LoginResult<std::vector<ports::Token>> list_tokens(AccountId account) = 0;
  /// Gives the tokens it revoked (none is fine), without their hashes.
  virtual LoginResult<std::vector<ports::Token>> revoke(const RevokeRequest& request) = 0;

  /// Another node changed or revoked something of this account: forget what is remembered of it.
  virtual void forget(AccountId account) = 0;
  /// Deletes expired tokens, at most `limit`; gives how many. For a timer.
  virtual LoginResult<std::uint32_t> expire(std::uint32_t limit) = 0;
};

}  // namespace plaza::login
