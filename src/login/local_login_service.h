#pragma once
#include <memory>
#include <mutex>
#include <string>
#include <unordered_map>
#include <vector>

#include "login/login_service.h"
#include "login/login_throttle.h"
#include "login/password_hasher.h"
#include "login/third_party.h"
#include "login/token_cache.h"
#include "login/tokens.h"
#include "ports/clock.h"

namespace plaza::login {

struct LocalLoginOptions {
  Place default_place{"default", "default"};
  std::uint32_t
      password_bytes_min = 1;  ///< minimal clients use passwords like "123"; raise it where people matter
  std::uint32_t password_bytes_max = 128;
  std::uint32_t tokens_per_account_max = 64;  ///< the oldest goes when one more is issued
  std::size_t custom_bytes_max = 2048;        ///< of a member, as compact JSON
  TokenTimes token_times;
  TokenCacheOptions token_cache;
  LoginThrottleOptions throttle;
  std::vector<std::shared_ptr<ThirdPartyVerifier>> verifiers;  ///< shared with whoever configures vendors
};

/// The login service of this process, on its Directory.
///
/// Thread   As LoginService. Holds no lock across a call to the directory or the hasher.
/// Owner    app/ owns one; directory, hasher and clock outlive it.
/// Limit    As the options say; the caches and tables inside are bounded each.
class LocalLoginService final : public LoginService {
 public:
  LocalLoginService(ports::Directory& directory, PasswordHasher& hasher, const ports::Clock& clock,
                    LocalLoginOptions options = {});

  LoginResult<Registered> register_account(const RegisterRequest& request) override;
  LoginResult<LoggedIn> login(const LoginRequest& request) override;
  std::optional<LoggedIn> try_cached(const LoginRequest& request) override;
  LoginResult<ports::Member> create_member(const CreateMemberRequest& request) override;
  LoginResult<ports::Member> update_member(const UpdateMemberRequest& request) override;
  LoginResult<Entered> enter(const EnterRequest& request) override;
  LoginResult<std::vector<ports::Token>> change_password(const ChangePasswordRequest& request) override;
  LoginResult<std::vector<ports::Token>> reset_password(const ResetPasswordRequest& request) override;
  LoginResult<Handover> issue_handover(const HandoverRequest& request) override;
  LoginResult<std::vector<ports::Token>> list_tokens(AccountId account) override;
  LoginResult<std::vector<ports::Token>> revoke(const RevokeRequest& request) override;
  void forget(AccountId account) override;
  LoginResult<std::uint32_t> expire(std::uint32_t limit) override;

 private:
  struct Issued {
    std::string text;
    TokenId id;
    std::int64_t expires_ms = 0;
    std::vector<ports::Token> dropped;
  };
  /// The account that a password belongs to, or nobody; `key` is what the throttle counts it as.
  struct Candidate {
    std::optional<ports::Account> account;
    std::optional<ports::Member> member;  ///< when asked by member id
    std::string key;
  };

  LoginResult<ports::SharedZone> find_zone(const Place& place);
  LoginResult<void> check_new_password(const std::string& password, LoginCode code, const char* field) const;
  LoginResult<LoggedIn> login_by_password(const PasswordProof& proof, const LoginRequest& request);
  LoginResult<LoggedIn> login_by_third_party(const ThirdPartyProof& proof, const LoginRequest& request);
  LoginResult<LoggedIn> login_by_token(const TokenProof& proof, const LoginRequest& request);
  LoginResult<LoggedIn> login_by_handover(const std::string& hash, const LoginRequest& request);
  LoginResult<LoggedIn> read_token_login(const ports::Token& token);
  LoginResult<Candidate> find_candidate(const PasswordProof& proof, const ports::Zone& zone);
  ports::SharedZone share(ports::Zone zone);
  LoginResult<bool> check_password(const std::optional<ports::Account>& account, const std::string& password);
  LoginResult<LoggedIn> complete(const ports::Account& account, const ports::SharedZone& zone,
                                 const LoginRequest& request, const std::optional<ports::Member>& asked);
  LoginResult<void> still_valid(const ports::Account& account, const std::string& password, TokenId issued);
  LoginResult<Issued> issue(ports::TokenKind kind, AccountId account, ZoneId zone, MemberId member,
                            const std::string& device);
  LoginResult<std::vector<ports::Token>> drop_oldest(AccountId account, TokenId newest);
  LoginResult<std::vector<ports::Token>> revoke_others(AccountId account, const std::vector<TokenId>& keep);
  static bool fits(const LoggedIn& login, const LoginRequest& request);

  // Constant after construction.
  ports::Directory& directory_;
  PasswordHasher& hasher_;
  const ports::Clock& clock_;
  const LocalLoginOptions options_;
  // Any thread.
  LoginThrottle throttle_;
  TokenCache cache_;
  // Guarded by zones_mutex_.
  std::mutex zones_mutex_;
  std::unordered_map<ZoneId, ports::SharedZone> zones_;  ///< shared with who is logged in there
};

}  // namespace plaza::login
