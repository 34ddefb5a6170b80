#include "backend/api.h"

#include <fmt/format.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "backend/credentials.h"
#include "backend/documents.h"
#include "backend/router.h"
#include "base/digest.h"
#include "base/log.h"
#include "base/metrics.h"

namespace plaza::backend {

namespace json = boost::json;

namespace {

constexpr std::int64_t kBusyRetryMs = 1000;
constexpr std::int64_t kTidyEveryMs = 60'000;
constexpr std::uint32_t kTidyPiece = 1000;

const metrics::Counter g_requests{"plaza_api_requests_total",
                                  "Requests to the server API, each call of a batch for itself."};
const metrics::Histogram g_seconds{"plaza_api_seconds",
                                   "Time from taking up a request to the server API to its answer.",
                                   1e9,
                                   {100'000, 1'000'000, 5'000'000, 20'000'000, 100'000'000, 1'000'000'000}};

const metrics::Counter& refused_counter(ErrorCode code) {
  static const auto counters = [] {
    std::vector<metrics::Counter> all;
    for (const auto& row : error_rows()) {
      all.emplace_back("plaza_api_refused_total",
                       "Requests to the server API that were refused, by error code.",
                       metrics::Labels{{"code", std::string(row.name)}});
    }
    return all;
  }();
  return counters[static_cast<std::size_t>(code)];
}

ApiError busy(std::string message) {
  return {.code = ErrorCode::try_again, .message = std::move(message), .retry_after_ms = kBusyRetryMs};
}

/// Whose request it says to be, before anybody has looked: those with one key are taken up in turn with those with another, and all
/// that have none are one.
Share share_of(const net::HttpExchange& exchange) {
  if (exchange.door == net::Door::operators) return 0;
  const Credentials given = credentials_of(exchange.request);
  const auto* bearer = std::get_if<BearerCredentials>(&given);
  const auto* signature = std::get_if<SignedCredentials>(&given);
  return std::hash<std::string>{}(bearer ? bearer->key : signature ? signature->key : std::string()) | 1;
}

net::HttpResponse refused(const ApiError& error) {
  refused_counter(error.code).add();
  return to_response(error);
}

}  // namespace

/// Counted while it lives. Not for operators.
class Api::Place {
 public:
  Place(Api& api, const Caller& caller) : api_(api), app_(caller.app.id) {
    if (caller.is_operator) {
      has_ = true;
      app_ = {};
      return;
    }
    const std::lock_guard lock(api_.mutex_);
    AppUse& use = api_.uses_[app_];
    has_ = use.running < api_.options_.app_requests_at_once_max;
    if (has_) ++use.running;
  }
  ~Place() {
    if (!has_ || !app_) return;
    const std::lock_guard lock(api_.mutex_);
    --api_.uses_[app_].running;
  }
  Place(const Place&) = delete;
  Place& operator=(const Place&) = delete;
  [[nodiscard]] bool has() const { return has_; }

 private:
  Api& api_;
  AppId app_;
  bool has_ = false;
};

Api::Api(ApiParts parts, const ApiOptions& options)
    : parts_(std::move(parts)),
      options_(options),
      run_(random_text(16)),
      digest_key_(parts_.box.derived("digests of requests")),
      authenticator_(parts_.apps, parts_.box, parts_.clock, options.authentication),
      services_{.directory = parts_.directory,
                .apps = parts_.apps,
                .audit = parts_.audit,
                .moderation = parts_.moderation,
                .announcements = parts_.announcements,
                .channels = parts_.channels,
                .login = parts_.login,
                .live = parts_.live,
                .live_moderation = parts_.live_moderation,
                .live_channels = parts_.live_channels,
                .authenticator = authenticator_,
                .clock = parts_.clock,
                .events = parts_.events,
                .audit_key = parts_.audit_key,
                .limits = options.limits},
      tidied_ms_(parts_.clock.steady_ms()),
      app_rate_(options.app_requests),
      workers_("api", options.threads, options.requests_waiting_max) {
  static_cast<void>(refused_counter(ErrorCode::bad_request));  // shown as 0 from the start
}

Api::~Api() { stop(); }

void Api::set_app_rate(Rate rate) {
  const std::lock_guard lock(mutex_);
  app_rate_ = rate;
}

std::optional<net::HttpResponse> Api::ask(net::HttpExchange exchange, net::HttpAnswer answer) {
  if (auto page = document_at(exchange.request)) return page;
  const Share share = share_of(exchange);
  const bool taken = workers_.try_run([this, exchange = std::move(exchange),
                                       answer = std::move(answer)]() mutable { answer(handle(exchange)); },
                                      share);
  if (taken) return std::nullopt;
  return refused(busy("too many requests wait"));
}

net::HttpResponse Api::handle(const net::HttpExchange& exchange) {
  const auto caller = authenticator_.authenticate(exchange);
  if (!caller) return refused(caller.error());
  std::string allow;
  const auto done = timed(*caller, [&] { return route(*caller, exchange.request, allow); });
  if (!done) {
    auto response = refused(done.error());
    if (!allow.empty()) response.headers.emplace_back("Allow", allow);
    return response;
  }
  net::HttpResponse response;
  response.content_type = "application/json";
  response.body = done->result + "\n";
  response.headers.emplace_back("Cache-Control", "no-store");
  if (done->replayed) response.headers.emplace_back("Idempotency-Replayed", "true");
  return response;
}

ApiResult<Api::Done> Api::call(const Caller& caller, std::string_view op, const json::object& params) {
  auto done = timed(caller, [&]() -> ApiResult<Done> {
    if (auto charged = charge(caller); !charged) return fail(charged.error());
    return named(caller, find_operation(op), params);
  });
  if (!done) refused_counter(done.error().code).add();
  return done;
}

/// In a place of its app's, or refused.
ApiResult<Api::Done> Api::timed(const Caller& caller, const std::function<ApiResult<Done>()>& work) {
  const std::int64_t began_ms = parts_.clock.steady_ms();
  const Place place(*this, caller);
  if (!place.has()) {
    return fail(ApiError{.code = ErrorCode::rate_limited,
                         .message = "too many requests of this app at once",
                         .retry_after_ms = kBusyRetryMs});
  }
  auto done = work();
  g_seconds.observe(
      static_cast<std::uint64_t>(std::max<std::int64_t>(parts_.clock.steady_ms() - began_ms, 0)) * 1'000'000);
  return done;
}

ApiResult<Api::Done> Api::named(const Caller& caller, const Operation* operation,
                                const json::object& params) {
  if (!operation)
    return refuse(ErrorCode::bad_request, "there is no such operation", "op",
                  "a name of /api/v1/openapi.json");
  const auto args = Arguments::of_object(*operation, params);
  if (!args) return fail(args.error());
  return operation->run ? make(caller, *operation, *args) : run_batch(caller, *args);
}

ApiResult<Api::Done> Api::route(const Caller& caller, const net::HttpRequest& request, std::string& allow) {
  if (auto charged = charge(caller); !charged) return fail(charged.error());
  const Route route = find_route(request.method, request.path());
  if (!route.operation) {
    allow = route.allow;
    return route.allow.empty()
               ? refuse(ErrorCode::not_found, "there is no such path", {}, "see /api/v1/openapi.json")
               : refuse(ErrorCode::method_not_allowed, {}, {}, route.allow);
  }
  const auto args = Arguments::of_request(*route.operation, route.path, request);
  if (!args) return fail(args.error());
  if (!route.operation->run) return run_batch(caller, *args);
  return make(caller, *route.operation, *args);
}

ApiResult<void> Api::charge(const Caller& caller) {
  g_requests.add();
  if (caller.is_operator) return {};
  std::int64_t wait_ms = 0;
  const std::lock_guard lock(mutex_);
  if (uses_[caller.app.id].rate.take(app_rate_, parts_.clock.steady_ms() + 1, wait_ms)) return {};
  return fail(ApiError{.code = ErrorCode::rate_limited, .message = {}, .retry_after_ms = wait_ms});
}

ApiResult<Api::Done> Api::run_batch(const Caller& caller, const Arguments& args) {
  json::array results;
  const json::array* calls = args.list("calls");
  for (const auto& item : *calls) {
    const json::object& one = item.get_object();
    const auto* op = one.if_contains("op");
    const auto* params = one.if_contains("params");
    const Operation* operation = op && op->is_string() ? find_operation(std::string_view(op->get_string()))
                                                       : nullptr;
    const auto answer = [&]() -> ApiResult<Done> {
      if (params && !params->is_object())
        return refuse(ErrorCode::bad_request, {}, "params", "a JSON object");
      if (auto charged = charge(caller); !charged) return fail(charged.error());
      // No batch in a batch.
      return named(caller, operation && operation->run ? operation : nullptr,
                   params ? params->get_object() : json::object());
    }();
    if (answer) {
      results.emplace_back(json::object{{"status", 200}, {"result", json::parse(answer->result)}});
    } else {
      refused_counter(answer.error().code).add();
      json::object wrong = json::parse(to_json(answer.error())).get_object();
      wrong["status"] = row_of(answer.error().code).status;
      results.emplace_back(std::move(wrong));
    }
  }
  return Done{.result = json::serialize(json::object{{"results", std::move(results)}})};
}

// One call -----------------------------------------------------------------------------------------------------------

ApiResult<ports::App> Api::app_of(const Caller& caller, const Operation& operation, const Arguments& args) {
  if (operation.about == About::nothing) return ports::App{};
  if (!caller.is_operator) {
    // It is the key that says it: there is no such parameter for a server.
    if (args.has("app")) return refuse(ErrorCode::bad_request, "there is no such parameter here", "app");
    return caller.app;
  }
  auto app = parts_.apps.app(args.has("app") ? args.text("app") : "default");
  if (!app) return fail(of_directory(app.error(), "app"));
  return std::move(*app);
}

ApiResult<Api::Done> Api::make(const Caller& caller, const Operation& operation, const Arguments& args) {
  if (operation.who == Who::operators && !caller.is_operator)
    return refuse(ErrorCode::not_permitted, "only operators of the server may do that");
  auto app = app_of(caller, operation, args);
  if (!app) return fail(app.error());
  Call call{.services = services_, .args = args, .caller = caller, .app = std::move(*app), .once = {}};
  if (!operation.changes) {
    const auto answer = operation.run(call);
    if (!answer) return fail(answer.error());
    return Done{.result = json::serialize(*answer)};
  }
  return args.has("idempotency_key") ? make_once(call, operation) : make_audited(call, operation);
}

std::string Api::keyed(std::string_view what, const std::string& text) const {
  return to_hex(hmac_sha256(digest_key_, fmt::format("{}\n{}", what, text)));
}

ApiResult<Api::Done> Api::make_once(Call& call, const Operation& operation) {
  using State = ports::EarlierCall::State;
  forget_old_calls();
  // Operators have keys of their own, so that nobody finds out or takes a server's.
  call.once = keyed("call", fmt::format("{}\n{}\n{}", call.caller.is_operator, call.app.id.value,
                                        call.args.text("idempotency_key")));
  const auto earlier = parts_.idempotency.claim({.app = call.app.id,
                                                 .key = call.once,
                                                 .operation = std::string(operation.name),
                                                 .request_hash = keyed("request", call.args.canonical()),
                                                 .run = run_},
                                                parts_.clock.wall_ms());
  if (!earlier) return fail(of_directory(earlier.error()));
  if (*earlier) {
    if ((*earlier)->state == State::other) return refuse(ErrorCode::key_reused, {}, "idempotency_key");
    if ((*earlier)->state == State::running) {
      return fail(ApiError{
          .code = ErrorCode::in_progress, .field = "idempotency_key", .retry_after_ms = kBusyRetryMs});
    }
    auto result = parts_.box.open((*earlier)->answer);
    if (!result) return refuse(ErrorCode::unavailable);
    return Done{.result = std::move(*result), .replayed = true};
  }
  auto done = make_audited(call, operation);
  // A refusal has changed nothing, so the key is free. `unavailable` may have: repeated, the call is made again, which doubles
  // nothing (names are unique, a send has a number of its own).
  const auto kept = done ? parts_.idempotency.finish(call.app.id, call.once, parts_.box.seal(done->result))
                         : parts_.idempotency.release(call.app.id, call.once);
  if (!kept) PLAZA_LOG(warn, "api", "the answer of a call could not be kept: repeated, it is made again");
  return done;
}

ApiResult<Api::Done> Api::make_audited(Call& call, const Operation& operation) {
  // Before it is done: nothing happens that is not in the log.
  if (auto written = audit(call, operation, "asked"); !written) return fail(written.error());
  const auto answer = operation.run(call);
  if (answer) return Done{.result = json::serialize(*answer)};
  if (auto written = audit(call, operation, std::string(row_of(answer.error().code).name)); !written)
    PLAZA_LOG(warn, "api", "a refusal is missing in the audit log");
  return fail(answer.error());
}

ApiResult<void> Api::audit(const Call& call, const Operation& operation, std::string outcome) {
  const auto written = parts_.audit.append({.seq = 0,
                                            .time_ms = parts_.clock.wall_ms(),
                                            .app = call.app.id,
                                            .actor = call.caller.actor,
                                            .action = std::string(operation.name),
                                            .target = call.args.target(operation),
                                            .outcome = std::move(outcome),
                                            .digest = keyed("audit", call.args.canonical()),
                                            .hash = {}});
  if (!written) return fail(of_directory(written.error()));
  return {};
}

void Api::forget_old_calls() {
  const std::int64_t now = parts_.clock.steady_ms();
  std::int64_t last = tidied_ms_.load();
  if (now - last < kTidyEveryMs || !tidied_ms_.compare_exchange_strong(last, now)) return;
  for (int piece = 0; piece < 20; ++piece) {
    const auto gone = parts_.idempotency.forget_old(parts_.clock.wall_ms() - options_.repeatable_ms,
                                                    kTidyPiece);
    if (!gone || *gone < kTidyPiece) return;
  }
}

}  // namespace plaza::backend
