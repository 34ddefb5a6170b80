#include "backend/authenticator.h"

#include <array>
#include <cstdlib>

#include "net/networks.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/metrics.h"

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
      return refused(Failure::plain_secret, exchange, bearer->key);
    return by_key(exchange, bearer->key, given);
  }
  if (const auto* signature = std::get_if<SignedCredentials>(&given))
    return by_key(exchange, signature->key, given);
  return refused(Failure::no_credentials, exchange, "");
}

ApiResult<Caller> Authenticator::by_key(const net::HttpExchange& exchange, const std::string& key,
                                        const Credentials& given) {
  const auto holder = apps_.key_holder(key);
  if (!holder && holder.error().code != ports::DirectoryCode::not_found)
    return fail(of_directory(holder.error()));
  if (!holder) return refused(Failure::unknown_key, exchange, key);
  const auto secret = box_.open(holder->key.sealed_secret);
  if (!secret) {
    PLAZA_LOG(error, "api",
              "the secret of key {} cannot be read: is secrets.key the one of this data directory?", key);
    return refused(Failure::wrong_secret, exchange, key);
  }
  const auto* signature = std::get_if<SignedCredentials>(&given);
  const bool right = signature
                         ? same_secret(sign(*secret, exchange.request, signature->time_ms, signature->nonce),
                                       signature->signature)
                         : same_secret(sha256(*secret), sha256(std::get<BearerCredentials>(given).secret));
  if (!right) return refused(Failure::wrong_secret, exchange, key);
  if (!net::in_any(holder->server.networks, exchange.remote))
    return refused(Failure::wrong_address, exchange, key);
  if (signature) {
    if (std::llabs(clock_.wall_ms() - signature->time_ms) > options_.clock_skew_ms)
      return refused(Failure::wrong_time, exchange, key);
    if (auto fresh = check_freshness(*holder, *signature); !fresh) {
      return fresh.error().code == ErrorCode::unauthorized ? refused(Failure::replayed, exchange, key)
                                                           : fail(fresh.error());
    }
  }
  if (holder->app.disabled) return refuse(ErrorCode::app_disabled);
  return Caller{
      .is_operator = false, .app = holder->app, .actor = "server:" + holder->server.name + "/" + key};
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

std::unexpected<ApiError> Authenticator::refused(Failure why, const net::HttpExchange& exchange,
                                                 const std::string& key) {
  const auto index = static_cast<std::size_t>(why);
  failures(index).add();
  if (may_log()) {
    PLAZA_LOG(info, "api", "unauthorized request from {}: {}{}{}", exchange.remote.ip_text(),
              kFailures[index], key.empty() ? "" : ", key ", key);
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
