#include "bench/measured_server.h"

#include <fmt/format.h>
#include <sys/vfs.h>

namespace plaza::bench {

namespace {

constexpr std::uint64_t kOtherFiles = 64;

Result<net::Address, std::string> address_of(const std::string& text, std::string_view option) {
  auto address = net::Address::parse(text);
  if (!address) return fail(fmt::format("{} {}: {}", option, text, address.error()));
  return *address;
}

net::Address loopback(std::uint16_t port) {
  return net::Address::parse(fmt::format("127.0.0.1:{}", port)).value();
}

/// fsync on a file system in memory costs nothing: figures from there must say so.
std::string file_system_of(const std::string& path) {
  struct statfs info{};
  if (::statfs(path.c_str(), &info) != 0) return "unknown";
  switch (static_cast<unsigned long>(info.f_type)) {
    case 0x01021994: return "tmpfs (nothing is durable)";
    case 0xEF53: return "ext4";
    case 0x58465342: return "xfs";
    case 0x9123683E: return "btrfs";
    case 0x794c7630: return "overlayfs";
    default: return fmt::format("0x{:x}", static_cast<unsigned long>(info.f_type));
  }
}

}  // namespace

Result<std::unique_ptr<MeasuredServer>, std::string> MeasuredServer::make(const Options& options,
                                                                          bool cheap_passwords) {
  auto server = std::make_unique<MeasuredServer>();
  server->framing_ = options.transport == Transport::tcp ? Framing::lines : Framing::websocket;
  const Placement placement = default_placement(allowed_cpus());
  server->client_cpus_ = options.client_cpus.empty() ? placement.client : options.client_cpus;
  if (!pin_this_thread(server->client_cpus_)) {
    return fail(fmt::format("cannot run on processors {}", to_string(server->client_cpus_)));
  }
  if (!options.connect.empty()) {
    auto tcp = address_of(options.connect, "--connect");
    if (!tcp) return fail(tcp.error());
    server->tcp_ = *tcp;
    if (!options.http.empty()) {
      auto http = address_of(options.http, "--http");
      if (!http) return fail(http.error());
      server->http_ = *http;
    }
    server->pid_ = static_cast<pid_t>(options.server_pid);
    return server;
  }
  auto folder = TemporaryFolder::make(options.tmp_dir);
  if (!folder) return fail(folder.error());
  server->folder_ = std::move(*folder);
  server->node_options_ = {.binary = options.server_binary,
                           .data_dir = server->folder_->path(),
                           .set = options.set,
                           .cpus = options.server_cpus.empty() ? placement.server : options.server_cpus,
                           .cheap_passwords = cheap_passwords};
  if (auto started = server->restart(); !started) return fail(started.error());
  return server;
}

Result<void, std::string> MeasuredServer::restart() {
  node_.reset();
  auto node = PrivateNode::start(node_options_);
  if (!node) return fail(node.error());
  node_ = std::move(*node);
  pid_ = node_->pid();
  tcp_ = loopback(node_->tcp_port());
  http_ = loopback(node_->http_port());
  return {};
}

Target MeasuredServer::target() const { return {framing_ == Framing::websocket ? http_ : tcp_, framing_}; }

ProcessMeter MeasuredServer::meter() const { return ProcessMeter(pid_); }

void MeasuredServer::describe(Report& report) const {
  report.params.emplace_back("transport", std::string(framing_ == Framing::websocket ? "ws" : "tcp"));
  report.params.emplace_back("server", node_ ? std::string("private") : tcp_.text());
  report.params.emplace_back("client_cpus", to_string(client_cpus_));
  if (!node_) return;
  report.params.emplace_back("server_cpus", to_string(node_options_.cpus));
  report.params.emplace_back("data_on", file_system_of(folder_->path()));
}

Result<void, std::string> check_file_limit(std::uint64_t connections) {
  const std::uint64_t limit = raise_file_limit();
  if (connections + kOtherFiles <= limit) return {};
  return fail(
      fmt::format("{} connections need more open files than this process may have ({}): raise the limit with "
                  "`ulimit -n`, or use fewer",
                  connections, limit));
}

}  // namespace plaza::bench
