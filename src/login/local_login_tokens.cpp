// Logins by token, and the life of credentials: issue, list, revoke, expire, change the password.
#include <algorithm>
#include <string_view>
#include <unordered_map>

#include "login/attempt.h"
#include "login/local_login_service.h"
#include "login/refusals.h"

namespace plaza::login {

using ports::DirectoryCode;
using ports::TokenKind;

namespace {

void without_hashes(std::vector<ports::Token>& tokens) {
  for (auto& token : tokens) token.hash.clear();
}

/// A device that logs in again and again pushes out its own tokens, not those that another device lives under. `tokens` are
/// oldest first.
std::vector<ports::Token>::iterator oldest_of_the_busiest_device(std::vector<ports::Token>& tokens,
                                                                 TokenId but) {
  std::unordered_map<std::string_view, std::size_t> counts;
  for (const auto& token : tokens) ++counts[token.device];
  auto victim = tokens.end();
  for (auto at = tokens.begin(); at != tokens.end(); ++at) {
    if (at->id == but) continue;
    if (victim == tokens.end() || counts[at->device] > counts[victim->device]) victim = at;
  }
  return victim;
}

}  // namespace

// Login by token -----------------------------------------------------------------------------------------------------

bool LocalLoginService::fits(const LoggedIn& login, const LoginRequest& request) {
  return (request.place.app.empty() || request.place.app == login.zone->app_name) &&
         (request.place.zone.empty() || request.place.zone == login.zone->zone_name) &&
         (request.device.empty() || request.device == login.device);
}

std::optional<LoggedIn> LocalLoginService::try_cached(const LoginRequest& request) {
  const auto* proof = std::get_if<TokenProof>(&request.proof);
  if (!proof) return std::nullopt;
  const auto hash = token_hash(proof->token);
  if (!hash) return std::nullopt;
  const auto known = cache_.find(*hash, clock_.wall_ms(), clock_.steady_ms());
  if (!known || !fits(*known, request)) return std::nullopt;
  LoggedIn login = *known;
  login.token = proof->token;
  return login;
}

LoginResult<LoggedIn> LocalLoginService::login_by_token(const TokenProof& proof,
                                                        const LoginRequest& request) {
  if (auto known = try_cached(request)) return std::move(*known);
  Attempt attempt(throttle_, {}, request.address);
  if (const auto ms = attempt.begin(); ms > 0) return limited(ms);
  const auto hash = token_hash(proof.token);
  if (!hash) {
    attempt.failed();
    return token_invalid();
  }

  const std::uint64_t ticket = cache_.ticket();
  const auto token = directory_.token(*hash, clock_.wall_ms());
  if (!token && token.error().code != DirectoryCode::not_found) return unavailable();
  if (!token) {
    attempt.failed();
    return token_invalid();
  }
  if (token->kind == TokenKind::handover) {
    attempt.succeeded();
    return login_by_handover(*hash, request);
  }
  auto login = read_token_login(*token);
  if (!login) return login;
  if (!fits(*login, request)) {
    attempt.failed();
    return token_invalid();
  }
  attempt.succeeded();
  // The cache holds no token's text, only what it opens.
  cache_.put(*hash, std::make_shared<const LoggedIn>(*login), clock_.steady_ms(), ticket);
  login->token = proof.token;
  return login;
}

LoginResult<LoggedIn> LocalLoginService::read_token_login(const ports::Token& token) {
  const auto account = directory_.account(token.account);
  if (!account) return of_directory(account.error(), LoginCode::token_invalid);
  auto zone = directory_.zone(token.zone);
  if (!zone) return of_directory(zone.error(), LoginCode::token_invalid);
  auto members = directory_.members_of(token.account, token.zone);
  if (!members) return unavailable();

  LoggedIn login{.account = account->id,
                 .account_name = account->name,
                 .zone = share(std::move(*zone)),
                 .device = token.device,
                 .token = {},
                 .token_id = token.id,
                 .token_expires_ms = token.expires_ms,
                 .members = std::move(*members),
                 .entered = {},
                 .dropped = {}};
  if (token.kind == TokenKind::account) return login;
  const auto member = std::ranges::find(login.members, token.member, &ports::Member::id);
  if (member == login.members.end()) return token_invalid();
  login.entered = static_cast<std::size_t>(member - login.members.begin());
  return login;
}

LoginResult<LoggedIn> LocalLoginService::login_by_handover(const std::string& hash,
                                                           const LoginRequest& request) {
  if (!request.device.empty()) {
    if (const auto ok = check_device(request.device); !ok) return fail(ok.error());
  }
  // Of two that use it at once, one takes it.
  const auto token = directory_.take_token(hash, clock_.wall_ms());
  if (!token && token.error().code != DirectoryCode::not_found) return unavailable();
  if (!token) return token_invalid();
  auto login = read_token_login(*token);
  if (!login) return login;
  // One that is for no device in particular takes the client's.
  if (login->device.empty()) login->device = request.device;
  if (const auto ok = check_device(login->device); !ok) return fail(ok.error());
  if (!fits(*login, request)) return token_invalid();
  auto issued = issue(TokenKind::member, login->account, login->zone->id, token->member, login->device);
  if (!issued) return fail(issued.error());
  login->exchanged = true;
  login->token = std::move(issued->text);
  login->token_id = issued->id;
  login->token_expires_ms = issued->expires_ms;
  login->dropped = std::move(issued->dropped);
  return login;
}

// Credentials --------------------------------------------------------------------------------------------------------

LoginResult<std::vector<ports::Token>> LocalLoginService::change_password(
    const ChangePasswordRequest& request) {
  if (const auto ok = check_new_password(request.new_password, LoginCode::bad_request, "new_password"); !ok) {
    return fail(ok.error());
  }
  const auto account = directory_.account(request.account);
  if (!account && account.error().code != DirectoryCode::not_found) return unavailable();
  if (!account) return bad_credentials();

  Attempt attempt(throttle_, account_key(account->id), request.address);
  if (const auto ms = attempt.begin(); ms > 0) return limited(ms);
  const auto right = check_password(*account, request.password);
  if (!right) return fail(right.error());
  if (!*right) {
    // The same request again after a failure between the two steps below: the new password is the stored one already.
    const auto done = check_password(*account, request.new_password);
    if (!done) return fail(done.error());
    if (!*done) {
      attempt.failed();
      return refuse(LoginCode::bad_credentials, "password", {}, "wrong password");
    }
  }
  attempt.succeeded();

  if (*right) {
    const auto hash = hasher_.hash(request.new_password);
    if (!hash) return of_hasher(hash.error());
    if (!directory_.set_password(account->id, *hash)) return unavailable();
  }
  return revoke_others(account->id, request.keep);
}

LoginResult<std::vector<ports::Token>> LocalLoginService::reset_password(
    const ResetPasswordRequest& request) {
  if (const auto ok = check_new_password(request.new_password, LoginCode::bad_request, "password"); !ok)
    return fail(ok.error());
  const auto hash = hasher_.hash(request.new_password);
  if (!hash) return of_hasher(hash.error());
  if (!directory_.set_password(request.account, *hash)) return unavailable();
  return revoke_others(request.account, {});
}

LoginResult<std::vector<ports::Token>> LocalLoginService::revoke_others(AccountId account,
                                                                        const std::vector<TokenId>& keep) {
  const auto tokens = directory_.tokens_of(account, clock_.wall_ms());
  if (!tokens) return unavailable();
  std::vector<ports::Token> revoked;
  for (const auto& token : *tokens) {
    if (std::ranges::find(keep, token.id) != keep.end()) continue;
    const auto gone = revoke({.account = account, .device = {}, .only = token.id});
    if (!gone) return fail(gone.error());
    revoked.insert(revoked.end(), gone->begin(), gone->end());
  }
  return revoked;
}

LoginResult<Handover> LocalLoginService::issue_handover(const HandoverRequest& request) {
  const auto member = directory_.member(request.zone, request.member);
  if (!member && member.error().code != DirectoryCode::not_found) return unavailable();
  if (!member || member->account != request.account) return no_such_peer();
  if (!request.device.empty()) {
    if (const auto ok = check_device(request.device); !ok) return fail(ok.error());
  }
  auto issued = issue(TokenKind::handover, request.account, request.zone, request.member, request.device);
  if (!issued) return fail(issued.error());
  return Handover{.token = std::move(issued->text), .expires_ms = issued->expires_ms};
}

LoginResult<LocalLoginService::Issued> LocalLoginService::issue(TokenKind kind, AccountId account,
                                                                ZoneId zone, MemberId member,
                                                                const std::string& device) {
  const TokenTimes& times = options_.token_times;
  const std::int64_t now = clock_.wall_ms();
  const std::int64_t ttl = kind == TokenKind::account  ? times.account_ms
                           : kind == TokenKind::member ? times.member_ms
                                                       : times.handover_ms;
  NewToken made = make_token();
  const auto id = directory_.put_token({.id = {},
                                        .kind = kind,
                                        .hash = made.hash,
                                        .account = account,
                                        .member = member,
                                        .zone = zone,
                                        .device = device,
                                        .created_ms = now,
                                        .expires_ms = now + ttl});
  if (!id) return of_directory(id.error(), LoginCode::token_invalid);
  // A login does not fail because the tidying up of older tokens did.
  auto dropped = drop_oldest(account, *id).value_or(std::vector<ports::Token>{});
  return Issued{
      .text = std::move(made.text), .id = *id, .expires_ms = now + ttl, .dropped = std::move(dropped)};
}

LoginResult<std::vector<ports::Token>> LocalLoginService::drop_oldest(AccountId account, TokenId newest) {
  const auto tokens = directory_.tokens_of(account, clock_.wall_ms());
  if (!tokens) return unavailable();
  std::vector<ports::Token> left = std::move(*tokens), dropped;
  while (left.size() > options_.tokens_per_account_max) {
    const auto victim = oldest_of_the_busiest_device(left, newest);
    if (victim == left.end()) break;
    const auto gone = revoke({.account = account, .device = {}, .only = victim->id});
    if (!gone) return fail(gone.error());
    dropped.insert(dropped.end(), gone->begin(), gone->end());
    left.erase(victim);
  }
  return dropped;
}

LoginResult<std::vector<ports::Token>> LocalLoginService::list_tokens(AccountId account) {
  auto tokens = directory_.tokens_of(account, clock_.wall_ms());
  if (!tokens) return unavailable();
  without_hashes(*tokens);
  return std::move(*tokens);
}

LoginResult<std::vector<ports::Token>> LocalLoginService::revoke(const RevokeRequest& request) {
  auto revoked = directory_.revoke_tokens(request.account, request.device, request.only);
  // Also after a failure: then nobody knows, and reading again is right in both cases.
  cache_.forget(request.account);
  if (!revoked) return unavailable();
  without_hashes(*revoked);
  return std::move(*revoked);
}

void LocalLoginService::forget(AccountId account) { cache_.forget(account); }

LoginResult<std::uint32_t> LocalLoginService::expire(std::uint32_t limit) {
  const auto removed = directory_.expire_tokens(clock_.wall_ms(), limit);
  if (!removed) return unavailable();
  return *removed;
}

}  // namespace plaza::login
