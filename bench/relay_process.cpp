#include "bench/relay_process.h"

#include <fmt/format.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

namespace plaza::bench {

namespace {

constexpr std::int64_t kStartMaxNs = 5'000'000'000;

Result<std::uint16_t, std::string> wait_for_port(ChildProcess& relay, const std::string& output) {
  const std::int64_t deadline = now_ns() + kStartMaxNs;
  while (now_ns() < deadline && relay.running()) {
    std::ifstream file(output);
    std::stringstream text;
    text << file.rdbuf();
    if (text.str().find('\n') != std::string::npos) {
      if (const std::uint64_t port = number_in_json(text.str(), "port"))
        return static_cast<std::uint16_t>(port);
      return fail("the bare relay did not start: " + text.str());
    }
    ::usleep(2000);
  }
  return fail(std::string("the bare relay did not start"));
}

}  // namespace

RelayProcess::RelayProcess(std::unique_ptr<TemporaryFolder> folder, std::unique_ptr<ChildProcess> process,
                           std::uint16_t port)
    : folder_(std::move(folder)), process_(std::move(process)), port_(port) {}

Target RelayProcess::target() const {
  return {net::Address::parse(fmt::format("127.0.0.1:{}", port_)).value(), Framing::lengths};
}

Result<std::unique_ptr<RelayProcess>, std::string> RelayProcess::start(const Options& options,
                                                                       const CpuList& cpus) {
  auto folder = TemporaryFolder::make(options.tmp_dir);
  if (!folder) return fail(folder.error());
  const std::string output = (*folder)->path() + "/raw-relay.out";
  auto relay = ChildProcess::start({own_executable(), "bench", "raw-relay", "--listen", "127.0.0.1:0"}, cpus,
                                   output);
  if (!relay) return fail(relay.error());
  const auto port = wait_for_port(**relay, output);
  if (!port) return fail(port.error());
  return std::make_unique<RelayProcess>(std::move(*folder), std::move(*relay), *port);
}

}  // namespace plaza::bench
