#include "app/node/node.h"

#include <fmt/format.h>

#include <atomic>
#include <latch>

#include "app/metrics/exposition.h"
#include "app/metrics/metrics_page.h"
#include "app/node/announcement_clock.h"
#include "app/node/app_events.h"
#include "app/node/installation.h"
#include "app/node/janitor.h"
#include "app/node/live_channels.h"
#include "app/node/live_moderation.h"
#include "app/node/live_sessions.h"
#include "app/node/load_apps.h"
#include "app/node/node_erasing.h"
#include "app/node/node_files.h"
#include "app/node/node_search.h"
#include "app/node/node_servers.h"
#include "app/node/options.h"
#include "app/process/secrets_file.h"
#include "backend/api.h"
#include "base/log.h"
#include "base/metrics.h"
#include "cache/cached_directory.h"
#include "edge/edge_node.h"
#include "login/local_login_service.h"
#include "memory/memory_presence.h"
#include "memory/system_clock.h"
#include "net/listener.h"
#include "net/tls_context.h"
#include "sql/sql_directory.h"
#include "sqlite/embedded_stream_store.h"
#include "words/compiler.h"

namespace plaza::app {

using metrics::Observed;
using metrics::Type;

namespace {
// What one connection more than allowed is told before it is closed.
constexpr const char* kTooManyConnectionsJson =
    R"({"msgid":54,"errno":21,"errmsg":"the server has as many connections as it may","reconnect":true,"retry_after_ms":5000})"
    "\n";
constexpr const char* kTooManyConnectionsHttp =
    "HTTP/1.1 503 Service Unavailable\r\nRetry-After: 5\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
constexpr const char* kAuditKeyUse = "chain of the audit log";

bool has_default_zone(ports::Apps& apps) {
  const auto app = apps.app("default");
  return app && apps.zone_record(app->id, "default");
}
}  // namespace

/// In the order in which they are built; destroyed backwards.
struct Node::Parts {
  Parts(const Config& config, std::int64_t shared_number)
      : installation(shared_number),
        store(store_options(config, shared_number), clock),
        hasher(hasher_options(config)),
        sql_workers("sql", static_cast<std::size_t>(config.store.directory_readers), 4096),
        // More than hash at once, so that the look-ups before a hash do not wait for the hashes.
        password_workers("login", static_cast<std::size_t>(config.login.argon2_jobs_max) + 2,
                         static_cast<std::size_t>(config.login.jobs_waiting_max)),
        shards(shard_count(config), shard_options(config)),
        limits(net::make_connection_limits(connection_limits(config))),
        metrics(config.metrics.cache_ms, metrics_text) {}

  const std::int64_t installation;
  memory::SystemClock clock;
  words::Compiler word_compiler;
  std::unique_ptr<sql::SqlDirectory> sql_directory;
  std::unique_ptr<cache::CachedDirectory> directory;
  sqlite::EmbeddedStreamStore store;
  memory::MemoryPresence presence;
  login::PasswordHasher hasher;
  std::unique_ptr<login::LocalLoginService> login;
  WorkerPool sql_workers;
  WorkerPool password_workers;
  net::ShardGroup shards;
  std::unique_ptr<edge::EdgeNode> edge;
  std::unique_ptr<SecretBox> secrets;
  std::unique_ptr<LiveSessions> live;
  std::unique_ptr<LiveModeration> live_moderation;
  std::unique_ptr<LiveChannels> live_channels;
  std::unique_ptr<NodeAppEvents> app_events;
  std::unique_ptr<backend::Api> api;
  std::unique_ptr<NodeSearch> search;
  std::unique_ptr<NodeFiles> files;
  std::unique_ptr<NodeErasing> erasing;
  std::shared_ptr<net::ConnectionLimits> limits;
  std::shared_ptr<net::TlsContext> tls;
  std::unique_ptr<NodeServers> servers;  ///< null: backend.enabled is false
  std::unique_ptr<net::Listener> tcp, http, admin;
  std::unique_ptr<Janitor> janitor;
  std::unique_ptr<AnnouncementClock> announcement_clock;
  std::vector<std::unique_ptr<Observed>> observed;
  MetricsPage metrics;
  std::atomic<bool> draining{false};
  bool store_started = false;
  bool stopped = false;

  Result<void, std::string> open_storage(const Config& config);
  ports::AppendSink& sink(const Config& config);
  void start_search(const Config& config);
  Result<void, std::string> open_files(const Config& config);
  Result<void, std::string> start_erasing(const Config& config);
  Result<void, std::string> load_moderation();
  Result<void, std::string> open_certificate(const Config& config);
  void make_servers(const Config& config);
  Result<void, std::string> listen(const Config& config);
  Result<void, std::string> listen_for_operators(const Config& config);
  Result<void, std::string> make_app_events(const Config& config);
  void make_api(const Config& config);
  std::optional<net::HttpResponse> answer(net::HttpExchange asked, net::HttpAnswer answer);
  void observe();
  net::HttpResponse page(const net::HttpRequest& request);
  net::HttpResponse readiness();
  void stop(std::int64_t drain_ms);
};

Result<void, std::string> Node::Parts::open_storage(const Config& config) {
  const auto key = take_secrets_key(config.server.data_dir);
  if (!key) return fail(key.error());
  secrets = std::make_unique<SecretBox>(key->bytes);
  auto opened = sql::SqlDirectory::open(
      data_path(config, "directory.db"),
      directory_options(config, installation, secrets->derived(kAuditKeyUse)));
  if (!opened) return fail(fmt::format("{}: {}", data_path(config, "directory.db"), opened.error().detail));
  sql_directory = std::move(*opened);
  directory = std::make_unique<cache::CachedDirectory>(*sql_directory, clock, member_lists_options(config));
  if (const auto head = sql_directory->audit().head(); key->fresh && head && head->seq > 0) {
    PLAZA_LOG(warn, "start",
              "{} was missing and is made anew: keys of backend servers do not work until they are rotated, "
              "and the audit "
              "log before cannot be verified. Restore the file from a backup if you can.",
              data_path(config, "secrets.key"));
  }
  auto zone = directory->zone("default", "default");
  // One that was closed is there, and stays as it is.
  if (!zone && zone.error().code == ports::DirectoryCode::not_found &&
      !has_default_zone(sql_directory->apps()))
    zone = directory->put_zone(default_zone(config));
  if (!zone && zone.error().code != ports::DirectoryCode::not_found)
    return fail(fmt::format("{}: {}", data_path(config, "directory.db"), zone.error().detail));
  return {};
}

/// Where the store's outcomes go.
ports::AppendSink& Node::Parts::sink(const Config& config) {
  if (!config.search.enabled) return edge->sink();
  search = std::make_unique<NodeSearch>(edge->sink());
  return *search;
}

/// A server that cannot search is better than none.
void Node::Parts::start_search(const Config& config) {
  if (!search) return;
  if (const auto started = search->start(search_options(config), *directory); !started) {
    PLAZA_LOG(error, "search", "there is no search until the next start: {}", started.error());
    return;
  }
  edge->chat().search = search->members();
  observed.push_back(std::make_unique<Observed>(Type::gauge, "plaza_search_messages_behind",
                                                "Messages that are stored and cannot be found by SEARCH yet.",
                                                metrics::Labels{},
                                                [this] { return static_cast<double>(search->behind()); }));
}

Result<void, std::string> Node::Parts::open_files(const Config& config) {
  if (!config.file.enabled) return {};
  auto opened = NodeFiles::open(files_options(config), {.login = *login,
                                                        .directory = *directory,
                                                        .moderation = sql_directory->moderation(),
                                                        .store = store,
                                                        .clock = clock,
                                                        .apps = edge->chat().apps});
  if (!opened) return fail(std::move(opened.error()));
  files = std::move(*opened);
  edge->chat().files = &files->catalog();
  observed.push_back(std::make_unique<Observed>(
      Type::gauge, "plaza_file_requests_waiting", "Requests about files that wait for a thread.",
      metrics::Labels{}, [this] { return static_cast<double>(files->waiting()); }));
  return {};
}

/// What is being deleted is closed already, and gone on with.
Result<void, std::string> Node::Parts::start_erasing(const Config& config) {
  auto started = NodeErasing::start(
      store_options(config, installation).path, static_cast<std::uint32_t>(config.store.busy_timeout_ms),
      {.erasures = sql_directory->erasures(),
       .streams = store,
       .forget_words = [this](const ports::SearchScope& scope) -> Result<bool, std::string> {
         return search ? search->forget(scope) : false;
       },
       .clear_files = [this](ZoneId zone) -> Result<bool, std::string> {
         return files ? files->clear(zone) : false;
       },
       .gone =
           [this](const ports::Doomed& what) {
             app_events->zones_changed();
             app_events->webhooks_changed();
             PLAZA_LOG(info, "erasing", "{} {} is deleted with everything in it", what.zone ? "zone" : "app",
                       what.zone ? what.zone.value : what.app.value);
           }});
  if (!started) return fail(std::move(started.error()));
  erasing = std::move(*started);
  return {};
}

/// Before the first client: nobody who is banned may be in for a moment.
Result<void, std::string> Node::Parts::load_moderation() {
  std::latch sanctions(1), announcements(1), words(1);
  if (const auto loading = edge->moderator().load([&] { sanctions.count_down(); }); !loading)
    return fail("sanctions: " + loading.error().detail);
  sanctions.wait();
  if (const auto loading = edge->announcer().load([&] { announcements.count_down(); }); !loading)
    return fail("announcements: " + loading.error().detail);
  announcements.wait();
  if (const auto loading = edge->word_lists().load([&] { words.count_down(); }); !loading)
    return fail("words: " + loading.error().detail);
  words.wait();
  return {};
}

Result<void, std::string> Node::Parts::open_certificate(const Config& config) {
  if (!config.tcp.tls && !config.http.tls && !(config.backend.enabled && config.backend.tls)) return {};
  auto context = net::TlsContext::server({config.tls.certificate, config.tls.key});
  if (!context) return fail(context.error());
  tls = std::move(*context);
  return {};
}

/// Before the first event is told.
void Node::Parts::make_servers(const Config& config) {
  if (!config.backend.enabled) return;
  servers = std::make_unique<NodeServers>(NodeServers::Parts{.shards = shards,
                                                             .api = *api,
                                                             .events = sql_directory->app_events(),
                                                             .limits = limits,
                                                             .tls = config.backend.tls ? tls : nullptr},
                                          config);
  app_events->tell_also([this](AppId app) { servers->happened(app); });
}

Result<void, std::string> Node::Parts::listen(const Config& config) {
  const auto open = [&](const ListenAddress& address, net::Connection::Kind kind, bool with_tls,
                        const std::vector<std::string>& balancers) {
    net::ListenerOptions options;
    put_balancers(options, balancers, config);
    options.address = to_string(address);
    options.kind = kind;
    options.tls = with_tls ? tls : nullptr;
    options.connection = connection_options(config);
    options.refusal = kind == net::Connection::Kind::json ? kTooManyConnectionsJson : kTooManyConnectionsHttp;
    return net::Listener::open(
        shards, 0, std::move(options), limits,
        [this](std::unique_ptr<net::Connection> connection) { edge->accept(std::move(connection)); });
  };
  auto opened = open(config.tcp.listen, net::Connection::Kind::json, config.tcp.tls, config.tcp.balancers);
  if (!opened) return fail("tcp.listen: " + opened.error());
  tcp = std::move(*opened);
  opened = open(config.http.listen, net::Connection::Kind::http, config.http.tls, config.http.balancers);
  if (!opened) return fail("http.listen: " + opened.error());
  http = std::move(*opened);
  if (servers) return servers->listen(config);
  return {};
}

Result<void, std::string> Node::Parts::listen_for_operators(const Config& config) {
  net::ListenerOptions options;
  options.kind = net::Connection::Kind::http;
  options.unix_path = data_path(config, "admin.sock");
  options.connection = connection_options(config);
  options.connection.websocket_path = "\n";  // no request has this path: operators do not chat here
  auto opened = net::Listener::open(shards, 0, std::move(options), nullptr,
                                    [this](std::unique_ptr<net::Connection> connection) {
                                      edge->accept(std::move(connection), net::Door::operators);
                                    });
  if (!opened) return fail(std::move(opened.error()));
  admin = std::move(*opened);
  return {};
}

Result<void, std::string> Node::Parts::make_app_events(const Config& config) {
  auto made = NodeAppEvents::make({.feed = {.events = sql_directory->app_events(),
                                            .apps = sql_directory->apps(),
                                            .moderation = sql_directory->moderation(),
                                            .store = store,
                                            .clock = clock},
                                   .webhooks = sql_directory->webhooks(),
                                   .box = *secrets},
                                  config);
  if (!made) return fail(std::move(made.error()));
  app_events = std::move(*made);
  edge->chat().app_events = &app_events->hints();
  return {};
}

void Node::Parts::make_api(const Config& config) {
  live = std::make_unique<LiveSessions>(*edge, [this] {
    if (erasing) erasing->wake();
  });
  live_moderation = std::make_unique<LiveModeration>(*edge);
  live_channels = std::make_unique<LiveChannels>(*edge);
  api = std::make_unique<backend::Api>(
      backend::ApiParts{
          .directory = *directory,
          .apps = sql_directory->apps(),
          .idempotency = sql_directory->idempotency(),
          .audit = sql_directory->audit(),
          .moderation = sql_directory->moderation(),
          .announcements = sql_directory->announcements(),
          .channels = *sql_directory,
          .login = *login,
          .live = *live,
          .live_moderation = *live_moderation,
          .live_channels = *live_channels,
          .clock = clock,
          .box = *secrets,
          .events = {.log = sql_directory->app_events(),
                     .webhooks = sql_directory->webhooks(),
                     .desk = *app_events,
                     .box = *secrets,
                     .webhooks_per_app_max = static_cast<std::uint32_t>(config.webhook.per_app_max),
                     .private_networks = config.webhook.private_networks},
          .audit_key = secrets->derived(kAuditKeyUse)},
      api_options(config));
}

std::optional<net::HttpResponse> Node::Parts::answer(net::HttpExchange asked, net::HttpAnswer later) {
  if (backend::Api::takes(asked.request.path())) return api->ask(std::move(asked), std::move(later));
  if (files && edge::FileRequests::takes(asked.request.path()))
    return files->requests().ask(std::move(asked), std::move(later));
  return page(asked.request);
}

void Node::Parts::observe() {
  const auto add = [this](Type type, const char* name, const char* help, std::function<double()> read) {
    observed.push_back(std::make_unique<Observed>(type, name, help, metrics::Labels{}, std::move(read)));
  };
  const auto from_store = [&](Type type, const char* name, const char* help, auto member, double unit = 1) {
    add(type, name, help, [this, member, unit] { return static_cast<double>(store.stats().*member) / unit; });
  };
  using Stats = ports::StoreStats;
  add(Type::gauge, "plaza_connections", "Client connections open now.",
      [this] { return net::connections_open(*limits); });
  add(Type::gauge, "plaza_server_connections", "Connections of the apps' servers to the backend port.",
      [this] { return servers ? static_cast<double>(servers->connections()) : 0.0; });
  add(Type::gauge, "plaza_members_online", "Members that are online now.",
      [this] { return static_cast<double>(presence.online_count()); });
  add(Type::gauge, "plaza_store_writable", "1 while messages can be stored, 0 while they cannot.",
      [this] { return store.health().writable ? 1.0 : 0.0; });
  add(Type::gauge, "plaza_sql_jobs_waiting", "Requests that wait for a thread that reads the directory.",
      [this] { return static_cast<double>(sql_workers.waiting()); });
  add(Type::gauge, "plaza_api_requests_waiting", "Requests to the server API that wait for a thread.",
      [this] { return static_cast<double>(api->waiting()); });
  add(Type::gauge, "plaza_login_jobs_waiting", "Logins and registrations that wait for a thread.",
      [this] { return static_cast<double>(password_workers.waiting()); });
  from_store(Type::counter, "plaza_messages_accepted_total", "Messages stored and acknowledged.",
             &Stats::messages);
  from_store(Type::counter, "plaza_messages_duplicate_total", "Sends that repeated an accepted one.",
             &Stats::duplicates);
  from_store(Type::counter, "plaza_store_commits_total", "Transactions that stored messages.",
             &Stats::commits);
  from_store(Type::counter, "plaza_store_commit_failures_total", "Transactions that failed.",
             &Stats::commit_failures);
  from_store(Type::counter, "plaza_store_commit_seconds_total", "Time spent in transactions.",
             &Stats::commit_ns, 1e9);
  from_store(Type::counter, "plaza_store_entries_indexed_total", "Stream entries written to the index.",
             &Stats::entries_indexed);
  from_store(Type::gauge, "plaza_store_entries_waiting",
             "Stream entries served from memory, not yet in the index.", &Stats::entries_waiting);
  from_store(Type::gauge, "plaza_store_appends_waiting", "Messages that wait to be stored.",
             &Stats::appends_waiting);
}

net::HttpResponse Node::Parts::readiness() {
  std::string reasons;
  const auto health = store.health();
  if (draining) reasons += "the server is stopping\n";
  if (!health.writable) reasons += "messages cannot be stored: " + health.reason + "\n";
  net::HttpResponse response;
  response.status = reasons.empty() ? 200 : 503;
  response.body = reasons.empty() ? "ready\n" : reasons;
  return response;
}

net::HttpResponse Node::Parts::page(const net::HttpRequest& request) {
  net::HttpResponse response;
  if (request.method != "GET" && request.method != "HEAD") {
    response.status = 405;
    response.body = "only GET and HEAD\n";
    response.headers.emplace_back("Allow", "GET, HEAD");
    return response;
  }
  if (request.path() == "/healthz") {
    response.body = "ok\n";
  } else if (request.path() == "/readyz") {
    return readiness();
  } else if (request.path() == "/metrics") {
    response.content_type = kMetricsContentType;
    response.body = metrics.text();
  } else if (request.path() == "/") {
    response.body =
        "This is a Plaza server. Clients: WebSocket at /ws, or JSON over TCP. Operators: /healthz, /readyz, "
        "/metrics. The apps' servers: /api/v1/.\n";
  } else {
    response.status = 404;
    response.body = "nothing here; there is /ws, /healthz, /readyz and /metrics\n";
  }
  return response;
}

void Node::Parts::stop(std::int64_t drain_ms) {
  if (stopped) return;
  stopped = true;
  draining = true;
  if (tcp) tcp->stop();
  if (servers) servers->stop(drain_ms / 2);
  // Whoever asks /readyz is told to send clients elsewhere, until there are none.
  const auto stop_pages = [this] {
    if (http) http->stop();
    if (admin) admin->stop();
  };
  // A start that failed early has no shards that could say anything.
  if (edge && shards.at(0).running()) edge->drain(drain_ms, stop_pages);
  stop_pages();
  announcement_clock.reset();
  janitor.reset();
  observed.clear();
  // Workers first: what they finish still finds the shards. Then the store reports its last outcomes, to nobody.
  if (api) api->stop();
  erasing.reset();
  if (app_events) app_events->stop();
  sql_workers.stop();
  password_workers.stop();
  if (files) files->stop();
  if (search) search->stop();
  if (store_started) store.stop();
  shards.stop();
}

Node::Node(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}

Node::~Node() {
  if (parts_) parts_->stop(0);
}

Result<std::unique_ptr<Node>, std::string> Node::start(const Config& config) {
  const auto installation = find_installation(config);
  if (!installation) return fail(installation.error());
  std::unique_ptr<Node> node(new Node(std::make_unique<Parts>(config, *installation)));
  Parts& parts = *node->parts_;
  if (auto opened = parts.open_storage(config); !opened) return fail(std::move(opened.error()));
  parts.login = std::make_unique<login::LocalLoginService>(*parts.directory, parts.hasher, parts.clock,
                                                           login_options(config, parts.clock));
  parts.edge = std::make_unique<edge::EdgeNode>(
      edge::EdgeParts{.shards = parts.shards,
                      .sql_workers = parts.sql_workers,
                      .password_workers = parts.password_workers,
                      .store = parts.store,
                      .directory = *parts.directory,
                      .channels = *parts.sql_directory,
                      .moderation = parts.sql_directory->moderation(),
                      .announcements = parts.sql_directory->announcements(),
                      .word_compiler = parts.word_compiler,
                      .presence = parts.presence,
                      .clock = parts.clock,
                      .login = *parts.login,
                      .id = ports::NodeId{1},
                      .http =
                          [&parts](net::HttpExchange asked, net::HttpAnswer later) {
                            return parts.answer(std::move(asked), std::move(later));
                          }},
      edge_limits(config));
  if (auto made = parts.make_app_events(config); !made) return fail(std::move(made.error()));
  parts.make_api(config);
  // Before the store says what each zone has.
  parts.edge->chat().apps.set_settings(app_quotas(config));
  if (auto loaded = load_apps(parts.sql_directory->apps(), parts.edge->chat().apps); !loaded)
    return fail(fmt::format("{}: {}", data_path(config, "directory.db"), loaded.error().detail));
  parts.shards.start();
  if (auto started = parts.store.start(parts.sink(config)); !started) {
    return fail(started.error().detail);  // which names the file
  }
  parts.store_started = true;
  parts.observe();
  parts.start_search(config);
  if (auto opened = parts.open_files(config); !opened) return fail(std::move(opened.error()));
  if (auto loaded = parts.load_moderation(); !loaded) return fail(std::move(loaded.error()));
  if (auto opened = parts.open_certificate(config); !opened) return fail(std::move(opened.error()));
  parts.make_servers(config);
  if (auto started = parts.app_events->start(); !started) return fail(std::move(started.error()));
  // The first round of it, which is at once, repairs what a crash left between the two databases.
  parts.janitor = std::make_unique<Janitor>(
      Janitor::Parts{.store = parts.store,
                     .login = *parts.login,
                     .moderator = parts.edge->moderator(),
                     .announcer = parts.edge->announcer(),
                     .rooms = *parts.directory,
                     .announce_again = [&parts] { parts.edge->chat().room_events->recover(); },
                     .tidy_files =
                         [&parts] {
                           if (parts.files) parts.files->tidy();
                         }},
      janitor_options(config));
  if (auto started = parts.start_erasing(config); !started) return fail(std::move(started.error()));
  parts.announcement_clock = std::make_unique<AnnouncementClock>(parts.edge->announcer());
  if (auto listening = parts.listen(config); !listening) return fail(std::move(listening.error()));
  if (auto listening = parts.listen_for_operators(config); !listening)
    return fail(std::move(listening.error()));
  return node;
}

void Node::apply(const Config& config) {
  set_log_level(config.log.level);
  parts_->edge->set_limits(edge_limits(config));
  parts_->edge->chat().apps.set_settings(app_quotas(config));
  parts_->api->set_app_rate(api_options(config).app_requests);
  parts_->janitor->set(janitor_options(config));
  if (!parts_->tls) return;
  if (const auto reloaded = parts_->tls->reload(); !reloaded) {
    PLAZA_LOG(error, "reload", "{}: the old certificate stays", reloaded.error());
  }
}

void Node::stop(std::int64_t drain_ms) { parts_->stop(drain_ms); }

std::uint16_t Node::tcp_port() const { return parts_->tcp->address().port; }
std::uint16_t Node::http_port() const { return parts_->http->address().port; }
std::uint16_t Node::backend_port() const { return parts_->servers ? parts_->servers->tcp_port() : 0; }
std::uint32_t Node::shards() const { return parts_->shards.size(); }

}  // namespace plaza::app
