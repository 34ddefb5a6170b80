#include "app/doctor/doctor.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <netdb.h>
#include <sys/socket.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <chrono>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <thread>

#include "app/process/data_dir_lock.h"
#include "app/process/descriptor_limit.h"
#include "net/tls_context.h"

namespace plaza::app {
namespace {

constexpr std::uint64_t kMiB = 1024 * 1024;
constexpr std::uint64_t kDiskBytesBad = 64 * kMiB;
constexpr std::uint64_t kDiskBytesWarning = 1024 * kMiB;
constexpr double kSyncMsWarning = 20;
constexpr std::int64_t kBacklogWanted = 4096;
constexpr std::int64_t kYear2024 = 1'704'067'200;
constexpr std::int64_t kYear2100 = 4'102'444'800;

std::string last_error() { return std::strerror(errno); }

class Descriptor {
 public:
  explicit Descriptor(int value) : value_(value) {}
  ~Descriptor() {
    if (value_ >= 0) close(value_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int get() const { return value_; }

 private:
  const int value_;
};

std::int64_t read_number(const char* path) {
  std::int64_t number = 0;
  std::ifstream(path) >> number;
  return number;
}

Finding examine_free_space(const std::string& folder) {
  struct statvfs disk{};
  if (statvfs(folder.c_str(), &disk) != 0) {
    return {Verdict::bad, "free disk", last_error(), fmt::format("Check the disk of {}.", folder)};
  }
  const std::uint64_t free_bytes = std::uint64_t{disk.f_bavail} * disk.f_frsize;
  const std::string fact = fmt::format("{} MiB for {}", free_bytes / kMiB, folder);
  const char* advice = "A full disk refuses messages (none that was acknowledged is lost). Make room.";
  if (free_bytes < kDiskBytesBad) return {Verdict::bad, "free disk", fact, advice};
  if (free_bytes < kDiskBytesWarning) return {Verdict::warning, "free disk", fact, advice};
  return {Verdict::good, "free disk", fact, ""};
}

// Every acknowledged message waits for an fsync: its latency is the latency of the server.
Finding examine_sync(const std::string& folder) {
  const std::string path = folder + "/.plaza-doctor";
  const Descriptor file(open(path.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600));
  const std::string bytes(4096, 'x');
  constexpr int kTimes = 20;
  std::vector<double> took_ms;
  for (int i = 0; i < kTimes; ++i) {
    const auto begin = std::chrono::steady_clock::now();
    if (write(file.get(), bytes.data(), bytes.size()) < 0 || fdatasync(file.get()) != 0) {
      const std::string error = last_error();
      unlink(path.c_str());
      return {Verdict::bad, "disk sync", error, fmt::format("{} cannot be written to.", folder)};
    }
    took_ms.push_back(
        std::chrono::duration<double, std::milli>(std::chrono::steady_clock::now() - begin).count());
  }
  unlink(path.c_str());
  std::ranges::sort(took_ms);
  const double median = took_ms[took_ms.size() / 2];
  const std::string fact = fmt::format("{:.2f} ms (slowest of {}: {:.2f} ms)", median, kTimes,
                                       took_ms.back());
  if (median <= kSyncMsWarning) return {Verdict::good, "disk sync", fact, ""};
  return {Verdict::warning, "disk sync", fact,
          "Each acknowledgement waits for that. A faster disk makes a faster server."};
}

Finding examine_cores() {
  const unsigned cores = std::max(1U, std::thread::hardware_concurrency());
  return {Verdict::good, "cores", std::to_string(cores), ""};
}

std::string_view mark(Verdict verdict) {
  switch (verdict) {
    case Verdict::good: return "ok";
    case Verdict::warning: return "warn";
    case Verdict::bad: return "BAD";
  }
  return "";
}

}  // namespace

Finding examine_descriptors(std::uint64_t soft, std::uint64_t hard, std::int64_t connections_max) {
  const std::uint64_t usable = connections_within(hard);
  const auto wanted = static_cast<std::uint64_t>(connections_max);
  const std::string fact = fmt::format("{} now, plaza raises it to {}: {} connections", soft, hard, usable);
  if (usable >= wanted) return {Verdict::good, "open files", fact, ""};
  return {usable < 100 ? Verdict::bad : Verdict::warning, "open files", fact,
          fmt::format("edge.connections_max is {}. Raise the limit (`ulimit -Hn {}`, LimitNOFILE= in a "
                      "systemd unit) or lower "
                      "the setting; clients over the limit are refused.",
                      wanted, wanted + kDescriptorsReserved)};
}

Finding examine_listener(const std::string& key, const ListenAddress& address) {
  const std::string subject = key;
  const std::string fact = to_string(address);
  addrinfo hints{};
  hints.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV | AI_PASSIVE;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  if (getaddrinfo(address.host.c_str(), std::to_string(address.port).c_str(), &hints, &found) != 0) {
    return {Verdict::bad, subject, fact, "This is not an IP address."};
  }
  const std::unique_ptr<addrinfo, decltype(&freeaddrinfo)> owned(found, freeaddrinfo);
  const Descriptor socket_(socket(found->ai_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
  const int on = 1;
  setsockopt(socket_.get(), SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  if (bind(socket_.get(), found->ai_addr, found->ai_addrlen) == 0 && listen(socket_.get(), 1) == 0) {
    return {Verdict::good, subject, fact + " is free", ""};
  }
  const int error = errno;
  std::string advice = fmt::format("{} must be an address of this machine and a port that is free.", key);
  if (error == EADDRINUSE)
    advice = fmt::format(
        "Another program listens there; perhaps plaza runs already. `ss -ltnp` names "
        "it, or change {}.",
        key);
  if (error == EACCES) advice = "Ports below 1024 need a right (CAP_NET_BIND_SERVICE). Use another port.";
  return {Verdict::bad, subject, fmt::format("{}: {}", fact, std::strerror(error)), advice};
}

std::vector<Finding> examine_data_dir(const std::string& data_dir) {
  std::string folder = data_dir;
  std::error_code error;
  std::vector<Finding> findings;
  if (std::filesystem::is_directory(folder, error)) {
    findings.push_back({Verdict::good, "data directory", folder, ""});
    if (const std::string open = open_to_others(folder); !open.empty())
      findings.push_back({Verdict::warning, "data directory", "rights of others", open});
  } else {
    auto parent = std::filesystem::absolute(folder, error);
    while (!std::filesystem::exists(parent, error) && parent.has_relative_path())
      parent = parent.parent_path();
    findings.push_back({Verdict::good, "data directory",
                        fmt::format("{} does not exist yet; it is made at the start", folder), ""});
    folder = parent;
  }
  const bool directory = std::filesystem::is_directory(folder, error);
  if (!directory || access(folder.c_str(), W_OK | X_OK) != 0) {
    const std::string reason = directory ? last_error() : "not a directory";
    findings.front() = {Verdict::bad, "data directory", fmt::format("{}: {}", folder, reason),
                        "The user that runs plaza must be allowed to write there."};
    return findings;
  }
  findings.push_back(examine_free_space(folder));
  findings.push_back(examine_sync(folder));
  return findings;
}

Finding examine_clock(std::int64_t wall_seconds) {
  const auto time = static_cast<std::time_t>(wall_seconds);
  std::tm utc{};
  gmtime_r(&time, &utc);
  std::string text(32, '\0');
  text.resize(std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S UTC", &utc));
  if (wall_seconds >= kYear2024 && wall_seconds <= kYear2100) return {Verdict::good, "clock", text, ""};
  return {
      Verdict::bad, "clock", text,
      "Set the clock (NTP): messages would carry that time, and tokens would not expire when they should."};
}

Finding examine_backlog(std::int64_t somaxconn) {
  const std::string fact = fmt::format("{}", somaxconn);
  if (somaxconn >= kBacklogWanted) return {Verdict::good, "net.core.somaxconn", fact, ""};
  return {Verdict::warning, "net.core.somaxconn", fact,
          fmt::format("`sysctl -w net.core.somaxconn={}` lets more clients connect at the same instant.",
                      kBacklogWanted)};
}

std::vector<Finding> examine_tls(const Config& config) {
  if (!config.tcp.tls && !config.http.tls && !(config.backend.enabled && config.backend.tls)) return {};
  const auto context = net::TlsContext::server({config.tls.certificate, config.tls.key});
  if (context) return {{Verdict::good, "tls", config.tls.certificate, ""}};
  return {{Verdict::bad, "tls", context.error(),
           "tls.certificate and tls.key must be files that plaza's user may read."}};
}

std::vector<Finding> examine(const Config& config) {
  std::vector<Finding> findings;
  findings.push_back(examine_cores());
  const DescriptorLimit limit = descriptor_limit();
  findings.push_back(examine_descriptors(limit.soft, limit.hard, config.edge.connections_max));
  findings.push_back(examine_backlog(read_number("/proc/sys/net/core/somaxconn")));
  findings.push_back(examine_listener("tcp.listen", config.tcp.listen));
  findings.push_back(examine_listener("http.listen", config.http.listen));
  if (config.backend.enabled) findings.push_back(examine_listener("backend.listen", config.backend.listen));
  for (auto& finding : examine_tls(config)) findings.push_back(std::move(finding));
  for (auto& finding : examine_data_dir(config.server.data_dir)) findings.push_back(std::move(finding));
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  findings.push_back(examine_clock(std::chrono::duration_cast<std::chrono::seconds>(now).count()));
  return findings;
}

std::string to_text(const std::vector<Finding>& findings) {
  std::string text;
  int warnings = 0;
  int bad = 0;
  for (const auto& finding : findings) {
    text += fmt::format("{:<5} {:<20} {}\n", mark(finding.verdict), finding.subject, finding.fact);
    if (!finding.advice.empty()) text += fmt::format("{:<26} -> {}\n", "", finding.advice);
    warnings += finding.verdict == Verdict::warning ? 1 : 0;
    bad += finding.verdict == Verdict::bad ? 1 : 0;
  }
  if (bad > 0) return text + fmt::format("\n{} of these must be put right before plaza can run.\n", bad);
  if (warnings > 0) return text + fmt::format("\nPlaza can run; {} to look at.\n", warnings);
  return text + "\nAll good.\n";
}

Verdict worst(const std::vector<Finding>& findings) {
  Verdict result = Verdict::good;
  for (const auto& finding : findings) result = std::max(result, finding.verdict);
  return result;
}

}  // namespace plaza::app
