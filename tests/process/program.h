#pragma once
#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace plaza::tests {

/// A folder of the test's own, removed at the end.
class TempDir {
 public:
  TempDir();
  ~TempDir();
  TempDir(const TempDir&) = delete;
  TempDir& operator=(const TempDir&) = delete;
  [[nodiscard]] std::string path(const std::string& name = "") const {
    return path_ + (name.empty() ? "" : "/" + name);
  }

 private:
  std::string path_;
};

std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& text);

struct Ended {
  int code = 0;  ///< 128 + signal when a signal ended it
  std::string out, err;
};

/// The plaza binary ($PLAZA_TEST_BINARY) as a process of its own.
///
/// Limit  Every wait has a deadline, which only ends a broken run; the destructor kills what still runs.
class Program {
 public:
  using Environment = std::vector<std::pair<std::string, std::string>>;

  /// Starts `plaza ARGUMENTS` in the folder, with this environment and nothing of the test's but PATH and PLAZA_TEST_*.
  Program(const TempDir& folder, const std::vector<std::string>& arguments,
          const Environment& environment = {});
  ~Program();
  Program(const Program&) = delete;
  Program& operator=(const Program&) = delete;

  void signal(int number) const;
  /// Waits for the end.
  Ended wait(std::chrono::seconds deadline = std::chrono::seconds(60));
  /// Waits until `text` is in its output (standard output and error); false when it ended or the time is over.
  [[nodiscard]] bool says(const std::string& text, std::chrono::seconds deadline = std::chrono::seconds(60));
  [[nodiscard]] pid_t pid() const { return pid_; }
  [[nodiscard]] std::string out() const { return read_file(out_path_); }
  [[nodiscard]] std::string err() const { return read_file(err_path_); }

 private:
  [[nodiscard]] bool ended();

  static inline int count_ = 0;
  std::string out_path_, err_path_;
  pid_t pid_ = -1;
  std::optional<int> status_;
};

/// Runs the binary to its end.
Ended run_plaza(const TempDir& folder, const std::vector<std::string>& arguments,
                const Program::Environment& environment = {});

/// A blocking TCP connection to 127.0.0.1 with deadlines.
class Socket {
 public:
  explicit Socket(std::uint16_t port);
  ~Socket();
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  [[nodiscard]] bool connected() const { return descriptor_ >= 0; }
  void send(const std::string& bytes) const;
  /// Bytes until `end` has come (included), or the peer closed, or 30 s are over.
  std::string receive_until(const std::string& end);
  std::string receive_all() { return receive_until(""); }

 private:
  int descriptor_ = -1;
  std::string rest_;
};

struct HttpAnswer {
  int status = 0;
  std::string head, body;
};
HttpAnswer http_get(std::uint16_t port, const std::string& path);

}  // namespace plaza::tests
