#pragma once
#include <atomic>
#include <cstdint>
#include <string>

#include "backend/api_error.h"
#include "backend/credentials.h"
#include "backend/nonces.h"
#include "base/secret_box.h"
#include "net/http_exchange.h"
#include "ports/apps.h"
#include "ports/clock.h"

namespace plaza::backend {

/// Who calls.
struct Caller {
  bool is_operator = false;
  ports::App app;     ///< of a server's key
  std::string actor;  ///< for the audit log: "operator", "server:game-1/pk_..."
};

struct AuthenticatorOptions {
  std::int64_t clock_skew_ms = 60'000;  ///< how far the time of a signed request may be from ours
  std::size_t nonces_per_app_max = 100'000;
};

/// Finds out who makes a request: the operators' door, a server's key and secret, or its signature.
///
/// Contract  Every refusal is `unauthorized` with the same words, whatever was wrong; what it was is logged and counted, never
///           with a secret. Only who has the secret learns more: app_disabled; rate_limited when too many nonces are kept; try_again
///           for what was signed before this program started, since nonces of then are forgotten.
/// Thread    Blocks (Apps). Any thread but a shard's.
class Authenticator {
 public:
  Authenticator(ports::Apps& apps, const SecretBox& box, const ports::Clock& clock,
                AuthenticatorOptions options);
  [[nodiscard]] ApiResult<Caller> authenticate(const net::HttpExchange& exchange);
  /// Who opens a connection; `tls`: nobody else can read what it says.
  [[nodiscard]] ApiResult<Caller> authenticate(const ConnectionLogin& given, const std::string& challenge,
                                               const net::Address& remote, bool tls);
  /// Who opened a connection with this key, before each thing it asks for: the key may be revoked since, its networks changed, its
  /// app disabled.
  [[nodiscard]] ApiResult<Caller> again(const std::string& key, const net::Address& remote);

  /// Makes a key for a server: what is stored, and the secret that is shown once.
  struct NewKey {
    ports::ApiKey key;
    std::string secret;
  };
  [[nodiscard]] NewKey make_key(ports::ServerId server) const;

 private:
  enum class Failure : std::uint8_t;
  struct Opened {
    ports::KeyHolder holder;
    std::string secret;
  };
  std::unexpected<ApiError> refused(Failure why, const net::Address& remote, const std::string& key);
  ApiResult<ports::KeyHolder> holder_of(const std::string& key, const net::Address& remote);
  ApiResult<Opened> open_key(const std::string& key, const net::Address& remote);
  ApiResult<Caller> by_key(const net::HttpExchange& exchange, const std::string& key,
                           const Credentials& given);
  ApiResult<Caller> caller_of(const ports::KeyHolder& holder, const net::Address& remote);
  ApiResult<void> check_freshness(const ports::KeyHolder& holder, const SignedCredentials& given);
  bool may_log();

  // Constant after construction.
  ports::Apps& apps_;
  const SecretBox& box_;
  const ports::Clock& clock_;
  const AuthenticatorOptions options_;
  const std::int64_t started_ms_;
  // Any thread.
  Nonces nonces_;
  std::atomic<std::int64_t> logged_s_{0};
  std::atomic<int> logged_count_{0};
};

}  // namespace plaza::backend
