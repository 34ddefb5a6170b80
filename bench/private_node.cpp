#include "bench/private_node.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

#include "bench/interrupt.h"

namespace plaza::bench {

namespace {

constexpr auto kStartMax = std::chrono::seconds(20);
constexpr auto kStopMax = std::chrono::seconds(12);  // the server drains for at most 10
constexpr auto kPoll = std::chrono::milliseconds(5);

std::string read_all(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string end_of(const std::string& path) {
  const std::string text = read_all(path);
  return text.size() <= 2000 ? text : "..." + text.substr(text.size() - 2000);
}

// The measurement must not depend on where it is started: not on PLAZA_* variables, not on a plaza.toml that lies there.
void forget_settings_of_the_shell() {
  std::vector<std::string> names;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    if (text.starts_with("PLAZA_")) names.emplace_back(text.substr(0, text.find('=')));
  }
  for (const auto& name : names) ::unsetenv(name.c_str());
}

[[noreturn]] void run_child(const std::vector<std::string>& command, const CpuList& cpus,
                            const std::string& output_file, pid_t parent) {
  ::setpgid(0, 0);
  ::prctl(PR_SET_PDEATHSIG, SIGTERM);
  if (::getppid() != parent) ::_exit(127);
  pin_this_thread(cpus);
  forget_settings_of_the_shell();
  const int in = ::open("/dev/null", O_RDONLY);
  const int out = ::open(output_file.c_str(), O_WRONLY | O_CREAT | O_APPEND, 0600);
  if (in < 0 || out < 0) ::_exit(127);
  ::dup2(in, 0);
  ::dup2(out, 1);
  ::dup2(out, 2);
  if (::chdir("/") != 0) ::_exit(127);
  std::vector<char*> args;
  for (const auto& word : command) args.push_back(const_cast<char*>(word.c_str()));
  args.push_back(nullptr);
  ::execv(args[0], args.data());
  const std::string why = fmt::format("cannot run {}: {}\n", command[0], std::strerror(errno));
  if (::write(2, why.data(), why.size()) < 0) ::_exit(126);
  ::_exit(127);
}

}  // namespace

Result<std::unique_ptr<TemporaryFolder>, std::string> TemporaryFolder::make(const std::string& parent) {
  const char* variable = std::getenv("TMPDIR");
  std::string path = !parent.empty() ? parent : variable && *variable ? variable : "/tmp";
  path += "/plaza-bench-XXXXXX";
  path = std::filesystem::absolute(path).string();
  if (::mkdtemp(path.data()) == nullptr)
    return fail(fmt::format("cannot make a folder {}: {}", path, std::strerror(errno)));
  return std::make_unique<TemporaryFolder>(std::move(path));
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

Result<std::unique_ptr<ChildProcess>, std::string> ChildProcess::start(
    const std::vector<std::string>& command, const CpuList& cpus, const std::string& output_file) {
  const pid_t parent = ::getpid();
  const pid_t pid = ::fork();
  if (pid < 0) return fail(fmt::format("cannot start {}: {}", command[0], std::strerror(errno)));
  if (pid == 0) run_child(command, cpus, output_file, parent);
  return std::make_unique<ChildProcess>(pid);
}

bool ChildProcess::running() {
  if (pid_ <= 0) return false;
  if (::waitpid(pid_, &status_, WNOHANG) == 0) return true;
  pid_ = 0;
  return false;
}

int ChildProcess::stop() {
  if (!running()) return status_;
  ::kill(pid_, SIGTERM);
  const auto deadline = std::chrono::steady_clock::now() + kStopMax;
  while (running()) {
    if (std::chrono::steady_clock::now() > deadline) ::kill(pid_, SIGKILL);
    std::this_thread::sleep_for(kPoll);
  }
  return status_;
}

std::uint64_t number_in_json(const std::string& json, const std::string& key) {
  std::size_t at = json.find('"' + key + '"');
  if (at == std::string::npos) return 0;
  at = json.find_first_not_of(" \t\r\n:", at + key.size() + 2);
  return at == std::string::npos ? 0 : std::strtoull(json.c_str() + at, nullptr, 10);
}

std::string own_executable() {
  std::error_code error;
  const auto path = std::filesystem::read_symlink("/proc/self/exe", error);
  return error ? "/proc/self/exe" : path.string();
}

std::vector<std::string> private_node_command(const PrivateNodeOptions& options) {
  std::vector<std::string> command = {
      options.binary.empty() ? own_executable() : options.binary,
      "serve",
      "--data-dir",
      options.data_dir,
      "--tcp",
      "127.0.0.1:0",
      "--http",
      "127.0.0.1:0",
      "--backend",
      "127.0.0.1:0",
      "--shards",
      std::to_string(std::max<std::size_t>(options.cpus.size(), 1)),
      "--log-level",
      "warn",
  };
  std::vector<std::string> settings = {
      // 0 = no limit.
      "member.message_rate_per_s=0",
      "member.request_rate_per_s=0",
      "room.message_rate_per_s=0",
      "channel.member_rate_per_s=0",
      "edge.account_request_rate_per_s=0",
      "presence.interval_ms=0",
      "channel.world_rate_per_s=0",
      "login.address_per_minute=1000000",
      "edge.connections_max=1000000",
      "edge.connections_per_address_max=1000000",
      // A connection of the load that waits for its turn to log in is not an intruder.
      "edge.login_deadline_ms=600000",
  };
  if (options.cheap_passwords) {
    settings.insert(settings.end(), {"login.argon2_memory_kib=8", "login.argon2_passes=1"});
  }
  settings.insert(settings.end(), options.set.begin(), options.set.end());
  for (auto& setting : settings) {
    command.emplace_back("--set");
    command.push_back(std::move(setting));
  }
  return command;
}

Result<std::unique_ptr<PrivateNode>, std::string> PrivateNode::start(const PrivateNodeOptions& options) {
  const std::string ports_file = options.data_dir + "/ports.json";
  const std::string output_file = options.data_dir + "/serve.out";
  std::error_code ignored;
  std::filesystem::remove(ports_file, ignored);
  auto process = ChildProcess::start(private_node_command(options), options.cpus, output_file);
  if (!process) return fail(process.error());
  const auto deadline = std::chrono::steady_clock::now() + kStartMax;
  while (std::chrono::steady_clock::now() < deadline && !interrupted()) {
    if (!(*process)->running())
      return fail(fmt::format("the private server ended at once:\n{}", end_of(output_file)));
    const std::string ports = read_all(ports_file);
    const std::uint64_t tcp = number_in_json(ports, "tcp"), http = number_in_json(ports, "http");
    if (tcp != 0 && http != 0 && ports.find('}') != std::string::npos) {
      return std::make_unique<PrivateNode>(std::move(*process), static_cast<std::uint16_t>(tcp),
                                           static_cast<std::uint16_t>(http));
    }
    std::this_thread::sleep_for(kPoll);
  }
  if (interrupted()) return fail(std::string("interrupted"));
  return fail(fmt::format("the private server did not accept connections within {} s:\n{}", kStartMax.count(),
                          end_of(output_file)));
}

}  // namespace plaza::bench
