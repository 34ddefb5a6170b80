#include "backend/authenticator.h"

#include <array>
#include <cstdlib>

#include "base/digest.h"
#include "base/log.h"
#include "base/metrics.h"
#include "net/networks.h"

namespace plaza::backend {

enum class Authenticator::Failure : std::uint8_t {
  no_credentials,
  plain_secret,
  unknown_key,
  wrong_secret,
  wrong_address,
  wrong_time,
  replayed,
};

namespace {

constexpr std::array kFailures{"no_credentials", "plain_secret", "unknown_key", "wrong_secret",
                               "wrong_address",  "wrong_time",   "replayed"};
constexpr int kLinesPerSecond = 10;
constexpr std::int64_t kNoncesFullRetryMs = 1000;

const metrics::Counter& failures(std::size_t why) {
  static const auto counters = [] {
    std::vector<metrics::Counter> all;
    for (const char* reason : kFailures) {
      all.emplace_back("plaza_api_unauthorized_total",
                       "Requests to the server API that were not authenticated, by reason.",
                       metrics::Labels{{"reason", reason}});
    }
    return all;
  }();
  return counters[why];
}

}  // namespace

Authenticator::Authenticator(ports::Apps& apps, const SecretBox& box, const ports::Clock& clock,
                             AuthenticatorOptions options)
    : apps_(apps),
      box_(box),
      clock_(clock),
      options_(options),
      started_ms_(clock.wall_ms()),
      nonces_(options.nonces_per_app_max, 2 * options.clock_skew_ms) {
  static_cast<void>(failures(0));  // shown as 0 from the start
}

ApiResult<Caller> Authenticator::authenticate(const net::HttpExchange& exchange) {
  if (exchange.door == net::Door::operators)
    return Caller{.is_operator = true, .app = {}, .actor = "operator"};
  const Credentials given = credentials_of(exchange.request);
  if (const auto* bearer = std::get_if<BearerCredentials>(&given)) {
    if (!exchange.tls && !net::is_loopback(exchange.remote))
      return refused(Failure::plain_secret, exchange.remote, bearer->key);
    return by_key(exchange, bearer->key, given);
  }
  if (const auto* signature = std::get_if<SignedCredentials>(&given))
    return by_key(exchange, signature->key, given);
  return refused(Failure::no_credentials, exchange.remote, "");
}

ApiResult<Caller> Authenticator::authenticate(const ConnectionLogin& given, const std::string& challenge,
                                              const net::Address& remote, bool tls) {
  const bool plain = !given.secret.empty();
  if (plain && !tls && !net::is_loopback(remote)) return refused(Failure::plain_secret, remote, given.key);
  const auto opened = open_key(given.key, remote);
  if (!opened) return fail(opened.error());
  const bool right = plain ? same_secret(sha256(opened->secret), sha256(given.secret))
                           : same_secret(connection_proof(opened->secret, given.key, challenge), given.proof);
  if (!right) return refused(Failure::wrong_secret, remote, given.key);
  return caller_of(opened->holder, remote);
}

ApiResult<Caller> Authenticator::again(const std::string& key, const net::Address& remote) {
  const auto holder = holder_of(key, remote);
  if (!holder) return fail(holder.error());
  return caller_of(*holder, remote);
}

ApiResult<ports::KeyHolder> Authenticator::holder_of(const std::string& key, const net::Address& remote) {
  auto holder = apps_.key_holder(key);
  if (holder) return std::move(*holder);
  if (holder.error().code == ports::DirectoryCode::not_found)
    return refused(Failure::unknown_key, remote, key);
  return fail(of_directory(holder.error()));
}

ApiResult<Authenticator::Opened> Authenticator::open_key(const std::string& key, const net::Address& remote) {
  auto holder = holder_of(key, remote);
  if (!holder) return fail(holder.error());
  auto secret = box_.open(holder->key.sealed_secret);
  if (!secret) {
    PLAZA_LOG(error, "api",
              "the secret of key {} cannot be read: is secrets.key the one of this data directory?", key);
    return refused(Failure::wrong_secret, remote, key);
  }
  return Opened{.holder = std::move(*holder), .secret = std::move(*secret)};
}

ApiResult<Caller> Authenticator::by_key(const net::HttpExchange& exchange, const std::string& key,
                                        const Credentials& given) {
  const auto opened = open_key(key, exchange.remote);
  if (!opened) return fail(opened.error());
  const auto* signature = std::get_if<SignedCredentials>(&given);
  const bool right = signature ? same_secret(sign(opened->secret, exchange.request, signature->time_ms,
                                                  signature->nonce),
                                             signature->signature)
                               : same_secret(sha256(opened->secret),
                                             sha256(std::get<BearerCredentials>(given).secret));
  if (!right) return refused(Failure::wrong_secret, exchange.remote, key);
  if (!signature) return caller_of(opened->holder, exchange.remote);
  if (!net::in_any(opened->holder.server.networks, exchange.remote))
    return refused(Failure::wrong_address, exchange.remote, key);
  if (std::llabs(clock_.wall_ms() - signature->time_ms) > options_.clock_skew_ms)
    return refused(Failure::wrong_time, exchange.remote, key);
  if (auto fresh = check_freshness(opened->holder, *signature); !fresh) {
    return fresh.error().code == ErrorCode::unauthorized ? refused(Failure::replayed, exchange.remote, key)
                                                         : fail(fresh.error());
  }
  return caller_of(opened->holder, exchange.remote);
}

ApiResult<Caller> Authenticator::caller_of(const ports::KeyHolder& holder, const net::Address& remote) {
  if (!net::in_any(holder.server.networks, remote))
    return refused(Failure::wrong_address, remote, holder.key.id);
  if (holder.app.disabled) return refuse(ErrorCode::app_disabled);
  return Caller{
      .is_operator = false, .app = holder.app, .actor = "server:" + holder.server.name + "/" + holder.key.id};
}

ApiResult<void> Authenticator::check_freshness(const ports::KeyHolder& holder,
                                               const SignedCredentials& given) {
  const std::int64_t now = clock_.wall_ms();
  // Whether its nonce was used before the start nobody knows any more.
  if (given.time_ms < started_ms_) {
    return fail(ApiError{.code = ErrorCode::try_again,
                         .message = "signed before this server started: sign it again",
                         .retry_after_ms = std::max<std::int64_t>(started_ms_ - given.time_ms, 1)});
  }
  switch (nonces_.note(holder.app.id, holder.key.id + " " + given.nonce, now)) {
    case Nonces::Seen::fresh: return {};
    case Nonces::Seen::again: return refuse(ErrorCode::unauthorized);
    case Nonces::Seen::full: break;
  }
  return fail(ApiError{.code = ErrorCode::rate_limited,
                       .message = "too many signed requests in the last two minutes",
                       .retry_after_ms = kNoncesFullRetryMs});
}

std::unexpected<ApiError> Authenticator::refused(Failure why, const net::Address& remote,
                                                 const std::string& key) {
  const auto index = static_cast<std::size_t>(why);
  failures(index).add();
  if (may_log()) {
    PLAZA_LOG(info, "api", "unauthorized request from {}: {}{}{}", remote.ip_text(), kFailures[index],
              key.empty() ? "" : ", key ", key);
  }
  return refuse(ErrorCode::unauthorized);
}

/// Somebody who guesses should not fill the log.
bool Authenticator::may_log() {
  const std::int64_t second = clock_.steady_ms() / 1000 + 1;
  if (logged_s_.exchange(second) != second) logged_count_ = 0;
  return logged_count_.fetch_add(1) < kLinesPerSecond;
}

Authenticator::NewKey Authenticator::make_key(ports::ServerId server) const {
  NewKey made;
  made.secret = "sk_" + random_text(32);
  made.key = {.id = "pk_" + to_hex(random_bytes(10)),
              .server = server,
              .sealed_secret = box_.seal(made.secret),
              .created_ms = clock_.wall_ms(),
              .revoked_ms = 0};
  return made;
}

}  // namespace plaza::backend
