#pragma once
#include <atomic>
#include <boost/json/object.hpp>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "backend/call.h"
#include "base/rate_limit.h"
#include "base/secret_box.h"
#include "base/worker_pool.h"
#include "net/http_exchange.h"
#include "ports/idempotency.h"

namespace plaza::backend {

struct ApiOptions {
  ApiLimits limits;
  AuthenticatorOptions authentication;
  Rate app_requests{200, 400};  ///< of one app
  std::uint32_t app_requests_at_once_max = 16;
  std::uint32_t threads = 4;
  std::uint32_t requests_waiting_max = 1024;
  std::int64_t repeatable_ms = 24LL * 3600 * 1000;  ///< how long an idempotency_key is remembered
};

/// What the Api is built on; everything outlives it.
struct ApiParts {
  ports::Directory& directory;
  ports::Apps& apps;
  ports::Idempotency& idempotency;
  ports::AuditLog& audit;
  ports::Moderation& moderation;
  ports::Announcements& announcements;
  ports::Channels& channels;
  login::LoginService& login;
  Live& live;
  LiveModeration& live_moderation;
  LiveChannels& live_channels;
  const ports::Clock& clock;
  const SecretBox& box;
  EventServices events;
  std::string audit_key;
};

/// The API for the apps' own servers and for operators: over HTTP, and for connections (src/servers).
///
///   request -> (a worker) -> who asks? -> rate of its app -> route -> parameters -> repeated? -> audit -> operation -> answer
///
/// Thread   ask() on any shard, which it does not block: everything else runs on `threads` workers of its own, which calls of
///          the chat never wait for.
/// Limit    requests_waiting_max wait, then try_again; app_requests_at_once_max of one app run at once, so that one app
///          cannot have all workers.
/// Stop     stop() finishes what was begun. The parts are there until then.
class Api {
 public:
  Api(ApiParts parts, const ApiOptions& options);
  ~Api();

  /// Whether this path is one of ours.
  [[nodiscard]] static bool takes(std::string_view path) {
    return path == "/api" || path.starts_with("/api/");
  }
  /// Answers at once (pages, too busy), or later.
  std::optional<net::HttpResponse> ask(net::HttpExchange exchange, net::HttpAnswer answer);

  // For connections of servers (src/servers).
  struct Done {
    std::string result;  ///< a JSON object
    bool replayed = false;
  };
  /// One call, by the name of its operation, with all its parameters in one object: what a request over HTTP does, the app's limits
  /// included. Blocks: on a worker.
  ApiResult<Done> call(const Caller& caller, std::string_view op, const boost::json::object& params);
  [[nodiscard]] Authenticator& authenticator() { return authenticator_; }
  /// Runs the job on a worker; false: too many wait.
  [[nodiscard]] bool run(WorkerPool::Job job) { return workers_.try_run(std::move(job)); }

  void stop() { workers_.stop(); }
  [[nodiscard]] std::size_t waiting() const { return workers_.waiting(); }
  void set_app_rate(Rate rate);

 private:
  /// A place among the calls that one app makes at once.
  class Place;

  net::HttpResponse handle(const net::HttpExchange& exchange);
  ApiResult<Done> timed(const Caller& caller, const std::function<ApiResult<Done>()>& work);
  ApiResult<Done> named(const Caller& caller, const Operation* operation, const boost::json::object& params);
  ApiResult<Done> route(const Caller& caller, const net::HttpRequest& request, std::string& allow);
  ApiResult<Done> make(const Caller& caller, const Operation& operation, const Arguments& args);
  ApiResult<Done> make_once(Call& call, const Operation& operation);
  ApiResult<Done> make_audited(Call& call, const Operation& operation);
  ApiResult<Done> run_batch(const Caller& caller, const Arguments& args);
  ApiResult<ports::App> app_of(const Caller& caller, const Operation& operation, const Arguments& args);
  ApiResult<void> audit(const Call& call, const Operation& operation, std::string outcome);
  ApiResult<void> charge(const Caller& caller);
  std::string keyed(std::string_view what, const std::string& text) const;
  void forget_old_calls();

  // Constant after construction.
  const ApiParts parts_;
  const ApiOptions options_;
  const std::string run_;  ///< names this run of the program
  const std::string digest_key_;
  Authenticator authenticator_;
  const Services services_;
  // Any thread (atomic).
  std::atomic<std::int64_t> tidied_ms_;
  // Guarded by mutex_.
  std::mutex mutex_;
  Rate app_rate_;
  struct AppUse {
    RateLimit rate;
    std::uint32_t running = 0;
  };
  std::unordered_map<AppId, AppUse> uses_;
  // Last: its jobs use all the above.
  WorkerPool workers_;
};

}  // namespace plaza::backend
