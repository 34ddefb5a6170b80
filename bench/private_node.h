#pragma once
#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/cpu_list.h"

namespace plaza::bench {

/// A folder that is removed, with everything in it, when this ends.
class TemporaryFolder {
 public:
  /// Made inside `parent`; empty: $TMPDIR, or /tmp.
  [[nodiscard]] static Result<std::unique_ptr<TemporaryFolder>, std::string> make(const std::string& parent);
  explicit TemporaryFolder(std::string path) : path_(std::move(path)) {}
  ~TemporaryFolder();
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }

 private:
  std::string path_;
};

/// A program that was started, pinned, in a process group of its own (so that ctrl-C reaches only its parent), and that is
/// told to end when its parent dies.
///
/// Stop   stop() sends SIGTERM, waits up to 12 s, then SIGKILL. The destructor does the same.
class ChildProcess {
 public:
  /// stdout and stderr go to `output_file`.
  [[nodiscard]] static Result<std::unique_ptr<ChildProcess>, std::string> start(
      const std::vector<std::string>& command, const CpuList& cpus, const std::string& output_file);
  explicit ChildProcess(pid_t pid) : pid_(pid) {}
  ~ChildProcess() { stop(); }
  ChildProcess(const ChildProcess&) = delete;
  ChildProcess& operator=(const ChildProcess&) = delete;

  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] bool running();
  /// Its exit status as waitpid() gives it; -1 when it is not known.
  int stop();

 private:
  pid_t pid_;
  int status_ = -1;
};

/// The value of `"key": number` in a JSON object of numbers; 0 when there is none.
[[nodiscard]] std::uint64_t number_in_json(const std::string& json, const std::string& key);

struct PrivateNodeOptions {
  std::string binary;  ///< empty: this program
  std::string data_dir;
  std::vector<std::string> set;  ///< section.key=value, after the node's own
  CpuList cpus;
  bool cheap_passwords = true;  ///< argon2 as cheap as it gets, so that preparing accounts is quick
};

/// A server of our own for one measurement, with the rates that protect members from each other out of the way.
class PrivateNode {
 public:
  /// Returns when it accepts connections, or tells why it does not (with the end of its log).
  [[nodiscard]] static Result<std::unique_ptr<PrivateNode>, std::string> start(
      const PrivateNodeOptions& options);
  PrivateNode(std::unique_ptr<ChildProcess> process, std::uint16_t tcp, std::uint16_t http)
      : process_(std::move(process)), tcp_(tcp), http_(http) {}

  [[nodiscard]] pid_t pid() const { return process_->pid(); }
  [[nodiscard]] std::uint16_t tcp_port() const { return tcp_; }
  [[nodiscard]] std::uint16_t http_port() const { return http_; }
  int stop() { return process_->stop(); }

 private:
  std::unique_ptr<ChildProcess> process_;
  std::uint16_t tcp_, http_;
};

/// The arguments that start it, for people who want to repeat a measurement by hand.
[[nodiscard]] std::vector<std::string> private_node_command(const PrivateNodeOptions& options);

/// Path of the running program.
[[nodiscard]] std::string own_executable();

}  // namespace plaza::bench
