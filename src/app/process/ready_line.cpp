#include "app/process/ready_line.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace plaza::app {

std::string ready_line(const ReadyFacts& facts) {
  std::string backend;
  if (facts.backend.port != 0)
    backend = fmt::format(", backend {}{}", to_string(facts.backend), facts.backend_tls ? " (TLS)" : "");
  return fmt::format("plaza ready: tcp {}{}, {}://{}{}, data {}, {} shard{}, pid {} ({:.2f} s)",
                     to_string(facts.tcp), facts.tcp_tls ? " (TLS)" : "", facts.http_tls ? "https" : "http",
                     to_string(facts.http), backend, facts.data_dir, facts.shards,
                     facts.shards == 1 ? "" : "s", getpid(), facts.seconds);
}

void say_ready(const ReadyFacts& facts) {
  const std::string line = ready_line(facts) + "\n";
  std::fwrite(line.data(), 1, line.size(), stdout);
  std::fflush(stdout);
}

}  // namespace plaza::app
