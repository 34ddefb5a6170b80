#include "login/local_login_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "login/name_rules.h"

namespace plaza::login {

using ports::DirectoryCode;
using ports::DirectoryError;
using ports::TokenKind;

namespace {

constexpr std::size_t kDeviceBytesMax = 32;
constexpr std::size_t kAvatarBytesMax = 256;
constexpr std::size_t kVendorBytesMax = 32;
constexpr std::size_t kVendorUserBytesMax = 128;
constexpr std::size_t kProofBytesMax = 2048;
constexpr std::size_t kUnknownNameBytesMax = 64;
constexpr std::int64_t kBusyRetryMs = 1'000;

std::unexpected<LoginError> refuse(LoginCode code, std::string field = {}, std::string allowed = {},
                                   std::string detail = {}) {
  return fail(LoginError{.code = code,
                         .field = std::move(field),
                         .allowed = std::move(allowed),
                         .detail = std::move(detail),
                         .retry_after_ms = 0});
}
std::unexpected<LoginError> unavailable() {
  return refuse(LoginCode::unavailable, {}, {}, "the storage does not answer");
}
std::unexpected<LoginError> bad_credentials() {
  return refuse(LoginCode::bad_credentials, {}, {}, "unknown account or wrong password");
}
std::unexpected<LoginError> token_invalid() {
  return refuse(LoginCode::token_invalid, "token", {}, "unknown, expired or revoked token");
}
std::unexpected<LoginError> wait(LoginCode code, std::int64_t ms, std::string detail) {
  return fail(LoginError{
      .code = code, .field = {}, .allowed = {}, .detail = std::move(detail), .retry_after_ms = ms});
}
std::unexpected<LoginError> limited(std::int64_t ms) {
  return wait(LoginCode::limited, ms, "too many failed attempts");
}
std::unexpected<LoginError> no_such_peer() {
  return refuse(LoginCode::no_such_peer, "id", {}, "this account has no such member in this zone");
}

std::unexpected<LoginError> of_hasher(PasswordFailure failure) {
  if (failure == PasswordFailure::busy) {
    return wait(LoginCode::try_again, kBusyRetryMs, "too many passwords are being checked");
  }
  return refuse(LoginCode::unavailable, {}, {}, "the password cannot be checked now");
}

/// `missing` is what "not found" means to this caller.
std::unexpected<LoginError> of_directory(const DirectoryError& error, LoginCode missing) {
  switch (error.code) {
    case DirectoryCode::not_found: return refuse(missing, {}, {}, error.detail);
    case DirectoryCode::name_taken:
      return refuse(LoginCode::name_taken, "nickname", "a name that nobody has here",
                    error.detail + " is taken");
    case DirectoryCode::limit:
      return refuse(LoginCode::limit_reached, {}, error.detail, "the limit is reached");
    case DirectoryCode::conflict: return refuse(LoginCode::bad_request, {}, {}, error.detail);
    case DirectoryCode::unavailable: break;
  }
  return unavailable();
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

LoginResult<void> check_device(const std::string& device) {
  if (!device.empty() && device.size() <= kDeviceBytesMax && !has_control(device)) return {};
  return refuse(LoginCode::bad_request, "device", "1 to 32 bytes without control characters",
                "bad device name");
}

void without_hashes(std::vector<ports::Token>& tokens) {
  for (auto& token : tokens) token.hash.clear();
}

std::string account_key(AccountId id) { return "a:" + std::to_string(id.value); }

/// An attempt that LoginThrottle::begin() has let through. Its outcome is "abandoned" until somebody says another.
class Attempt {
 public:
  Attempt(LoginThrottle& throttle, std::string account, const std::string& address)
      : throttle_(throttle), account_(std::move(account)), address_(address) {}
  ~Attempt() {
    if (!finished_) throttle_.abandoned(account_);
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  [[nodiscard]] std::int64_t begin() {
    const auto ms = throttle_.begin(account_, address_);
    finished_ = ms != 0;
    return ms;
  }
  void succeeded() {
    finish([this] { throttle_.succeeded(account_); });
  }
  void failed() {
    finish([this] { throttle_.failed(account_, address_); });
  }

 private:
  template <class Outcome>
  void finish(Outcome outcome) {
    if (!finished_) outcome();
    finished_ = true;
  }

  LoginThrottle& throttle_;
  const std::string account_;
  const std::string address_;
  bool finished_ = true;
};

}  // namespace

LocalLoginService::LocalLoginService(ports::Directory& directory, PasswordHasher& hasher,
                                     const ports::Clock& clock, LocalLoginOptions options)
    : directory_(directory),
      hasher_(hasher),
      clock_(clock),
      options_(std::move(options)),
      throttle_(clock, options_.throttle),
      cache_(options_.token_cache) {}

LoginResult<ports::Zone> LocalLoginService::find_zone(const Place& place) {
  const std::string& app = place.app.empty() ? options_.default_place.app : place.app;
  const std::string& zone = place.zone.empty() ? options_.default_place.zone : place.zone;
  auto found = directory_.zone(app, zone);
  if (found) return std::move(*found);
  if (found.error().code == DirectoryCode::not_found) {
    return refuse(LoginCode::no_such_zone, place.app.empty() ? "zone" : "app",
                  "an app and zone of this server", "no such zone");
  }
  return unavailable();
}

LoginResult<void> LocalLoginService::check_new_password(const std::string& password, LoginCode code,
                                                        const char* field) const {
  if (password.size() >= options_.password_bytes_min && password.size() <= options_.password_bytes_max)
    return {};
  return refuse(code, field,
                fmt::format("{} to {} bytes", options_.password_bytes_min, options_.password_bytes_max),
                "the password is too short or too long");
}

// Registration -------------------------------------------------------------------------------------------------------

LoginResult<Registered> LocalLoginService::register_account(const RegisterRequest& request) {
  const auto zone = find_zone(request.place);
  if (!zone) return fail(zone.error());
  const auto name = check_name(request.name);
  if (!name) return refuse(LoginCode::registration_failed, "name", name.error().allowed, name.error().detail);
  if (const auto ok = check_new_password(request.password, LoginCode::registration_failed, "password"); !ok) {
    return fail(ok.error());
  }
  if (const auto ms = throttle_.begin_registration(request.address); ms > 0) {
    return wait(LoginCode::limited, ms, "too many registrations from this address");
  }

  const auto taken = [](const std::string& what) {
    return refuse(LoginCode::registration_failed, "name", "a name that nobody has", what + " is taken");
  };
  // Asked first, because a hash for nothing costs 25 ms; the registration itself decides.
  const auto holder = directory_.account_by_name(name->key);
  if (holder) return taken("account name");
  if (holder.error().code != DirectoryCode::not_found) return unavailable();

  const auto hash = hasher_.hash(request.password);
  if (!hash) return of_hasher(hash.error());
  auto member = directory_.register_account(name->display, name->key, *hash, zone->id);
  if (member) return Registered{.account = member->account, .member = std::move(*member)};
  if (member.error().code == DirectoryCode::name_taken) return taken(member.error().detail);
  return of_directory(member.error(), LoginCode::no_such_zone);
}

// Login --------------------------------------------------------------------------------------------------------------

LoginResult<LoggedIn> LocalLoginService::login(const LoginRequest& request) {
  if (const auto* token = std::get_if<TokenProof>(&request.proof)) return login_by_token(*token, request);
  if (const auto ok = check_device(request.device); !ok) return fail(ok.error());
  if (const auto* password = std::get_if<PasswordProof>(&request.proof))
    return login_by_password(*password, request);
  return login_by_third_party(std::get<ThirdPartyProof>(request.proof), request);
}

LoginResult<LocalLoginService::Candidate> LocalLoginService::find_candidate(const PasswordProof& proof,
                                                                            const ports::Zone& zone) {
  Candidate candidate;
  if (proof.member) {
    auto member = directory_.member(zone.id, *proof.member);
    if (!member && member.error().code != DirectoryCode::not_found) return unavailable();
    candidate.key = "m:" + std::to_string(proof.member->value);
    if (!member) return candidate;
    candidate.member = std::move(*member);
  }
  const auto name = proof.member ? Result<Name, NameError>(Name{}) : check_name(proof.account);
  if (!proof.member)
    candidate.key = "n:" + (name ? name->key : proof.account.substr(0, kUnknownNameBytesMax));
  if (!name) return candidate;

  auto account = candidate.member ? directory_.account(candidate.member->account)
                                  : directory_.account_by_name(name->key);
  if (!account && account.error().code != DirectoryCode::not_found) return unavailable();
  if (!account) return candidate;
  // One count for an account, however it is addressed.
  candidate.key = account_key(account->id);
  candidate.account = std::move(*account);
  return candidate;
}

LoginResult<bool> LocalLoginService::check_password(const std::optional<ports::Account>& account,
                                                    const std::string& password) {
  const bool possible = account && !account->password_hash.empty() &&
                        password.size() <= options_.password_bytes_max;
  const auto verdict = possible ? hasher_.verify(account->password_hash, password)
                                : hasher_.verify_nobody("nobody");
  if (!verdict) return of_hasher(verdict.error());
  return *verdict;
}

LoginResult<LoggedIn> LocalLoginService::login_by_password(const PasswordProof& proof,
                                                           const LoginRequest& request) {
  const auto zone = find_zone(request.place);
  if (!zone) return fail(zone.error());
  const auto candidate = find_candidate(proof, *zone);
  if (!candidate) return fail(candidate.error());

  Attempt attempt(throttle_, candidate->key, request.address);
  if (const auto ms = attempt.begin(); ms > 0) return limited(ms);
  const auto right = check_password(candidate->account, proof.password);
  if (!right) return fail(right.error());
  if (!*right) {
    attempt.failed();
    return bad_credentials();
  }
  attempt.succeeded();

  ports::Account account = *candidate->account;
  if (hasher_.outdated(account.password_hash)) {
    // The cost has changed since. If it cannot be stored now, the next login does it.
    const auto hash = hasher_.hash(proof.password);
    if (hash && directory_.set_password(account.id, *hash)) account.password_hash = *hash;
  }
  auto login = complete(account, *zone, request, candidate->member);
  if (!login) return login;
  if (const auto ok = still_valid(account, proof.password, login->token_id); !ok) return fail(ok.error());
  return login;
}

/// Between the check of the password and the storing of the token somebody may have changed the password and revoked all
/// tokens: this one would have escaped.
LoginResult<void> LocalLoginService::still_valid(const ports::Account& account, const std::string& password,
                                                 TokenId issued) {
  const auto now = directory_.account(account.id);
  if (now && now->password_hash == account.password_hash) return {};
  if (now) {
    const auto right = check_password(*now, password);
    if (right && *right) return {};
  }
  if (issued) static_cast<void>(revoke({.account = account.id, .device = {}, .only = issued}));
  if (!now && now.error().code != DirectoryCode::not_found) return unavailable();
  return bad_credentials();
}

LoginResult<LoggedIn> LocalLoginService::login_by_third_party(const ThirdPartyProof& proof,
                                                              const LoginRequest& request) {
  if (proof.vendor.empty() || proof.vendor.size() > kVendorBytesMax) {
    return refuse(LoginCode::bad_request, "vendor", "1 to 32 bytes");
  }
  if (proof.user.empty() || proof.user.size() > kVendorUserBytesMax || has_control(proof.user)) {
    return refuse(LoginCode::bad_request, "vendor_user", "1 to 128 bytes without control characters");
  }
  if (proof.proof.size() > kProofBytesMax)
    return refuse(LoginCode::bad_request, "proof", "at most 2048 bytes");
  const auto zone = find_zone(request.place);
  if (!zone) return fail(zone.error());

  Attempt attempt(throttle_, "v:" + proof.vendor + ':' + proof.user, request.address);
  if (const auto ms = attempt.begin(); ms > 0) return limited(ms);
  const auto verifier = std::ranges::find_if(options_.verifiers,
                                             [&](const auto& v) { return v->vendor() == proof.vendor; });
  const auto proven = verifier == options_.verifiers.end()
                          ? Result<void, ProofFailure>(fail(ProofFailure::wrong))
                          : (*verifier)->verify({.vendor = proof.vendor,
                                                 .user = proof.user,
                                                 .proof = proof.proof,
                                                 .app = zone->app_name,
                                                 .zone = zone->zone_name});
  if (!proven && proven.error() == ProofFailure::unavailable) {
    return refuse(LoginCode::unavailable, {}, {}, "the vendor cannot be asked now");
  }
  if (!proven) {
    attempt.failed();
    return bad_credentials();
  }
  attempt.succeeded();

  const auto account = directory_.third_party_account(proof.vendor, proof.user);
  if (!account) return of_directory(account.error(), LoginCode::unavailable);
  return complete(*account, *zone, request, std::nullopt);
}

/// The credentials are right: what the session starts with.
LoginResult<LoggedIn> LocalLoginService::complete(const ports::Account& account, const ports::Zone& zone,
                                                  const LoginRequest& request,
                                                  const std::optional<ports::Member>& asked) {
  LoggedIn login{.account = account.id,
                 .account_name = account.name,
                 .zone = zone,
                 .device = request.device,
                 .token = {},
                 .token_id = {},
                 .token_expires_ms = 0,
                 .members = {},
                 .entered = asked,
                 .dropped = {}};
  auto members = directory_.members_of(account.id, zone.id);
  if (!members) return unavailable();
  login.members = std::move(*members);
  if (request.mode == LoginMode::classic) {
    if (login.members.empty()) return no_such_peer();
    if (!login.entered) {
      const auto named = std::ranges::find(login.members, account.name, &ports::Member::nickname);
      login.entered = named == login.members.end() ? login.members.front() : *named;
    }
    return login;
  }
  login.entered.reset();
  auto issued = issue(TokenKind::account, account.id, zone.id, {}, request.device);
  if (!issued) return fail(issued.error());
  login.token = std::move(issued->text);
  login.token_id = issued->id;
  login.token_expires_ms = issued->expires_ms;
  login.dropped = std::move(issued->dropped);
  return login;
}

// Login by token -----------------------------------------------------------------------------------------------------

bool LocalLoginService::fits(const LoggedIn& login, const LoginRequest& request) {
  return (request.place.app.empty() || request.place.app == login.zone.app_name) &&
         (request.place.zone.empty() || request.place.zone == login.zone.zone_name) &&
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
  const auto zone = directory_.zone(token.zone);
  if (!zone) return of_directory(zone.error(), LoginCode::token_invalid);
  auto members = directory_.members_of(token.account, token.zone);
  if (!members) return unavailable();

  LoggedIn login{.account = account->id,
                 .account_name = account->name,
                 .zone = *zone,
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
  login.entered = *member;
  return login;
}

LoginResult<LoggedIn> LocalLoginService::login_by_handover(const std::string& hash,
                                                           const LoginRequest& request) {
  if (const auto ok = check_device(request.device); !ok) return fail(ok.error());
  // Of two that use it at once, one takes it.
  const auto token = directory_.take_token(hash, clock_.wall_ms());
  if (!token && token.error().code != DirectoryCode::not_found) return unavailable();
  if (!token) return token_invalid();
  auto login = read_token_login(*token);
  if (!login) return login;
  login->device = request.device;
  if (!fits(*login, request)) return token_invalid();
  auto issued = issue(TokenKind::member, login->account, login->zone.id, token->member, request.device);
  if (!issued) return fail(issued.error());
  login->token = std::move(issued->text);
  login->token_id = issued->id;
  login->token_expires_ms = issued->expires_ms;
  login->dropped = std::move(issued->dropped);
  return login;
}

// Members ------------------------------------------------------------------------------------------------------------

LoginResult<ports::Member> LocalLoginService::create_member(const CreateMemberRequest& request) {
  const auto name = check_name(request.nickname);
  if (!name) return refuse(LoginCode::name_invalid, "nickname", name.error().allowed, name.error().detail);
  if (request.avatar.size() > kAvatarBytesMax)
    return refuse(LoginCode::bad_request, "avatar", "at most 256 bytes");
  auto member = directory_.create_member(request.account, request.zone, name->display, name->key,
                                         request.avatar);
  if (!member) return of_directory(member.error(), LoginCode::no_such_zone);
  cache_.forget(request.account);
  return std::move(*member);
}

LoginResult<Entered> LocalLoginService::enter(const EnterRequest& request) {
  if (const auto ok = check_device(request.device); !ok) return fail(ok.error());
  auto member = directory_.member(request.zone, request.member);
  if (!member && member.error().code != DirectoryCode::not_found) return unavailable();
  if (!member || member->account != request.account) return no_such_peer();
  auto issued = issue(TokenKind::member, request.account, request.zone, request.member, request.device);
  if (!issued) return fail(issued.error());
  return Entered{.member = std::move(*member),
                 .token = std::move(issued->text),
                 .token_id = issued->id,
                 .token_expires_ms = issued->expires_ms,
                 .dropped = std::move(issued->dropped)};
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
  auto issued = issue(TokenKind::handover, request.account, request.zone, request.member, {});
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
  std::vector<ports::Token> dropped;
  std::size_t left = tokens->size();
  for (const auto& token : *tokens) {
    if (left <= options_.tokens_per_account_max) break;
    if (token.id == newest) continue;
    const auto gone = revoke({.account = account, .device = {}, .only = token.id});
    if (!gone) return fail(gone.error());
    dropped.insert(dropped.end(), gone->begin(), gone->end());
    --left;
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
