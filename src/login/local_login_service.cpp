#include "login/local_login_service.h"

#include <fmt/format.h>

#include <algorithm>

#include "login/attempt.h"
#include "login/name_rules.h"
#include "login/refusals.h"

namespace plaza::login {

using ports::DirectoryCode;
using ports::TokenKind;

namespace {

constexpr std::size_t kAvatarBytesMax = 256;
constexpr std::size_t kVendorBytesMax = 32;
constexpr std::size_t kVendorUserBytesMax = 128;
constexpr std::size_t kProofBytesMax = 2048;
constexpr std::size_t kUnknownNameBytesMax = 64;

}  // namespace

LocalLoginService::LocalLoginService(ports::Directory& directory, PasswordHasher& hasher,
                                     const ports::Clock& clock, LocalLoginOptions options)
    : directory_(directory),
      hasher_(hasher),
      clock_(clock),
      options_(std::move(options)),
      throttle_(clock, options_.throttle),
      cache_(options_.token_cache) {}

LoginResult<ports::SharedZone> LocalLoginService::find_zone(const Place& place) {
  const std::string& app = place.app.empty() ? options_.default_place.app : place.app;
  const std::string& zone = place.zone.empty() ? options_.default_place.zone : place.zone;
  auto found = directory_.zone(app, zone);
  if (found) return share(std::move(*found));
  if (found.error().code == DirectoryCode::not_found) {
    return refuse(LoginCode::no_such_zone, place.app.empty() ? "zone" : "app",
                  "an app and zone of this server", "no such zone");
  }
  return unavailable();
}

/// One object for all who are logged in to a zone, as long as nothing about it changes.
ports::SharedZone LocalLoginService::share(ports::Zone zone) {
  const std::lock_guard lock(zones_mutex_);
  ports::SharedZone& shared = zones_[zone.id];
  if (!shared || *shared != zone) shared = std::make_shared<const ports::Zone>(std::move(zone));
  return shared;
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
  auto member = directory_.register_account(name->display, name->key, *hash, (*zone)->id);
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
  const auto candidate = find_candidate(proof, **zone);
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
                                                 .app = (*zone)->app_name,
                                                 .zone = (*zone)->zone_name});
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
LoginResult<LoggedIn> LocalLoginService::complete(const ports::Account& account,
                                                  const ports::SharedZone& zone, const LoginRequest& request,
                                                  const std::optional<ports::Member>& asked) {
  LoggedIn login{.account = account.id,
                 .account_name = account.name,
                 .zone = zone,
                 .device = request.device,
                 .token = {},
                 .token_id = {},
                 .token_expires_ms = 0,
                 .members = {},
                 .entered = {},
                 .dropped = {}};
  auto members = directory_.members_of(account.id, zone->id);
  if (!members) return unavailable();
  login.members = std::move(*members);
  if (request.mode == LoginMode::classic) {
    if (login.members.empty()) return no_such_peer();
    const auto wanted = asked ? std::ranges::find(login.members, asked->id, &ports::Member::id)
                              : std::ranges::find(login.members, account.name, &ports::Member::nickname);
    login.entered = wanted == login.members.end() ? 0
                                                  : static_cast<std::size_t>(wanted - login.members.begin());
    return login;
  }
  auto issued = issue(TokenKind::account, account.id, zone->id, {}, request.device);
  if (!issued) return fail(issued.error());
  login.token = std::move(issued->text);
  login.token_id = issued->id;
  login.token_expires_ms = issued->expires_ms;
  login.dropped = std::move(issued->dropped);
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

LoginResult<ports::Member> LocalLoginService::update_member(const UpdateMemberRequest& request) {
  ports::MemberChange change{.nickname = {},
                             .nickname_key = {},
                             .avatar = request.avatar,
                             .custom = request.custom,
                             .friends_from = request.friends_from,
                             .messages_from = request.messages_from};
  if (request.nickname) {
    const auto name = check_name(*request.nickname);
    if (!name) return refuse(LoginCode::name_invalid, "nickname", name.error().allowed, name.error().detail);
    change.nickname = name->display;
    change.nickname_key = name->key;
  }
  if (request.avatar && request.avatar->size() > kAvatarBytesMax)
    return refuse(LoginCode::bad_request, "avatar", "at most 256 bytes");
  if (request.custom && request.custom->size() > options_.custom_bytes_max) {
    return refuse(LoginCode::bad_request, "custom",
                  fmt::format("at most {} bytes as compact JSON", options_.custom_bytes_max));
  }
  if (change.custom == "{}") change.custom->clear();
  auto member = directory_.update_member(request.zone, request.member, change);
  if (!member) return of_directory(member.error(), LoginCode::no_such_peer);
  // A login by token shows the account's members.
  cache_.forget(member->account);
  return std::move(*member);
}

LoginResult<Entered> LocalLoginService::enter(const EnterRequest& request) {
  if (const auto ok = check_device(request.device); !ok) return fail(ok.error());
  auto member = directory_.member(request.zone, request.member);
  if (!member && member.error().code != DirectoryCode::not_found) return unavailable();
  if (!member || member->account != request.account) return no_such_peer();
  auto zone = directory_.zone(request.zone);
  if (!zone) return of_directory(zone.error(), LoginCode::no_such_zone);
  auto issued = issue(TokenKind::member, request.account, request.zone, request.member, request.device);
  if (!issued) return fail(issued.error());
  return Entered{.member = std::move(*member),
                 .zone = share(std::move(*zone)),
                 .token = std::move(issued->text),
                 .token_id = issued->id,
                 .token_expires_ms = issued->expires_ms,
                 .dropped = std::move(issued->dropped)};
}

}  // namespace plaza::login
