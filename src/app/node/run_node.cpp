#include "app/node/run_node.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <mutex>
#include <optional>

#include "app/logging/logging.h"
#include "app/metrics/exposition.h"
#include "app/node/node.h"
#include "app/process/data_dir_lock.h"
#include "app/process/descriptor_limit.h"
#include "app/process/exit_code.h"
#include "app/process/ports_file.h"
#include "app/process/ready_line.h"
#include "app/process/signal_watcher.h"
#include "base/log.h"

namespace plaza::app {
namespace {

using Clock = std::chrono::steady_clock;

int failed(const std::string& why) {
  std::fprintf(stderr, "plaza serve: %s\n", why.c_str());
  return kExitFailed;
}
/// Into the log too; a console that shows the log's lines has said it then.
int failed(const std::string& why, const Config& config) {
  PLAZA_LOG(error, "start", "{}", why);
  return config.log.console && config.log.level <= LogLevel::error ? kExitFailed : failed(why);
}

/// What the signal thread leaves for the main thread.
struct Requests {
  std::mutex mutex;
  std::condition_variable wake;
  std::optional<int> stop;
  bool reload = false;
};

void reload(Node& node, Config& running,
            const std::function<Result<LoadedConfig, ConfigProblems>()>& read_again) {
  const auto read = read_again();
  if (!read) {
    for (const auto& problem : read.error()) PLAZA_LOG(error, "reload", "{}", problem);
    PLAZA_LOG(error, "reload", "the configuration is wrong: nothing was changed");
    return;
  }
  const auto applied = apply_live(running, read->config);
  if (!applied) {
    for (const auto& problem : applied.error()) PLAZA_LOG(error, "reload", "{}", problem);
    PLAZA_LOG(error, "reload",
              "the new settings do not go with those that need a restart: nothing was changed");
    return;
  }
  const Reloaded& now = *applied;
  running = now.config;
  node.apply(running);
  PLAZA_LOG(info, "reload", "applied: {}",
            now.changed.empty() ? "nothing is different" : fmt::format("{}", fmt::join(now.changed, ", ")));
  if (!now.needs_restart.empty()) {
    PLAZA_LOG(warn, "reload", "take effect only at the next start: {}", fmt::join(now.needs_restart, ", "));
  }
}

}  // namespace

int run_node(const Config& config, const std::function<Result<LoadedConfig, ConfigProblems>()>& read_again) {
  const auto began = Clock::now();
  // Whatever the directory's mode is: databases and logs are for this user only.
  umask(077);
  Requests requests;
  // First, so that every thread started from here on leaves the signals to it.
  const SignalWatcher signals({.stop =
                                   [&](int signal) {
                                     const std::lock_guard lock(requests.mutex);
                                     requests.stop = signal;
                                     requests.wake.notify_one();
                                   },
                               .reload =
                                   [&] {
                                     const std::lock_guard lock(requests.mutex);
                                     requests.reload = true;
                                     requests.wake.notify_one();
                                   }});
  const auto lock = DataDirLock::take(config.server.data_dir);
  if (!lock) return failed(lock.error());
  PortsFile ports_file(config.server.data_dir);
  const auto logging = Logging::start(config);
  if (!logging) return failed(logging.error());
  if (const std::string open = open_to_others(config.server.data_dir); !open.empty())
    PLAZA_LOG(warn, "start", "{}", open);
  const auto descriptors = raise_descriptor_limit();
  const std::uint64_t connections = connections_within(descriptors.soft);
  if (connections < static_cast<std::uint64_t>(config.edge.connections_max)) {
    PLAZA_LOG(info, "start",
              "at most about {} connections: this process may open {} files (`plaza doctor` says how to "
              "raise that)",
              connections, descriptors.soft);
  }
  register_process_metrics();

  auto node = Node::start(config);
  if (!node) return failed(node.error(), config);
  ReadyFacts facts;
  facts.tcp = {config.tcp.listen.host, (*node)->tcp_port()};
  facts.http = {config.http.listen.host, (*node)->http_port()};
  facts.backend = {config.backend.listen.host, (*node)->backend_port()};
  facts.backend_tls = config.backend.tls;
  facts.tcp_tls = config.tcp.tls;
  facts.http_tls = config.http.tls;
  facts.data_dir = config.server.data_dir;
  facts.shards = (*node)->shards();
  facts.seconds = std::chrono::duration<double>(Clock::now() - began).count();
  std::vector<std::pair<std::string, std::uint16_t>> ports{{"tcp", facts.tcp.port},
                                                           {"http", facts.http.port}};
  if (facts.backend.port != 0) ports.emplace_back("backend", facts.backend.port);
  if (const auto written = ports_file.write(ports); !written) {
    return failed(written.error(), config);
  }
  say_ready(facts);
  PLAZA_LOG(info, "start", "accepting, {:.2f} s after the start", facts.seconds);

  Config running = config;
  for (;;) {
    std::unique_lock waiting(requests.mutex);
    requests.wake.wait(waiting, [&] { return requests.stop || requests.reload; });
    if (requests.stop) break;
    requests.reload = false;
    waiting.unlock();
    reload(**node, running, read_again);
  }
  PLAZA_LOG(info, "stop", "signal {}: draining", *requests.stop);
  ports_file.remove();
  (*node)->stop(running.server.drain_ms);
  PLAZA_LOG(info, "stop", "stopped");
  return kExitOk;
}

}  // namespace plaza::app
