#include "tests/process/program.h"

#include <arpa/inet.h>
#include <fcntl.h>
#include <fmt/format.h>
#include <netinet/in.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <stdexcept>
#include <thread>

extern char** environ;

namespace plaza::tests {
namespace {

constexpr std::chrono::milliseconds kLookEvery{2};
using SteadyClock = std::chrono::steady_clock;

std::string binary() {
  const char* path = std::getenv("PLAZA_TEST_BINARY");
  if (path == nullptr) throw std::runtime_error("PLAZA_TEST_BINARY must be the path of the plaza binary");
  return path;
}

std::vector<char*> pointers(std::vector<std::string>& texts) {
  std::vector<char*> result;
  for (auto& text : texts) result.push_back(text.data());
  result.push_back(nullptr);
  return result;
}

std::vector<std::string> child_environment(const Program::Environment& given) {
  std::vector<std::string> result;
  for (char** entry = environ; *entry != nullptr; ++entry) {
    const std::string_view text(*entry);
    for (const char* prefix : {"PATH=", "PLAZA_TEST_", "ASAN_", "UBSAN_", "TSAN_"}) {
      if (text.starts_with(prefix)) result.emplace_back(text);
    }
  }
  for (const auto& [name, value] : given) result.push_back(fmt::format("{}={}", name, value));
  return result;
}

}  // namespace

TempDir::TempDir() {
  std::string pattern = (std::filesystem::temp_directory_path() / "plaza-test-XXXXXX").string();
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp");
  path_ = pattern;
}

TempDir::~TempDir() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string read_file(const std::string& path) {
  std::ostringstream text;
  text << std::ifstream(path).rdbuf();
  return text.str();
}

void write_file(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::trunc) << text;
}

Program::Program(const TempDir& folder, const std::vector<std::string>& arguments,
                 const Environment& environment)
    : out_path_(folder.path(fmt::format("out-{}", ++count_))),
      err_path_(folder.path(fmt::format("err-{}", count_))) {
  std::vector<std::string> words{binary()};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<std::string> variables = child_environment(environment);
  const auto argv = pointers(words);
  const auto envp = pointers(variables);

  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, STDIN_FILENO, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_addopen(&actions, STDOUT_FILENO, out_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, err_path_.c_str(), O_WRONLY | O_CREAT | O_TRUNC,
                                   0600);
  posix_spawn_file_actions_addchdir_np(&actions, folder.path().c_str());
  const int error = posix_spawn(&pid_, words.front().c_str(), &actions, nullptr, argv.data(), envp.data());
  posix_spawn_file_actions_destroy(&actions);
  if (error != 0)
    throw std::runtime_error(fmt::format("cannot start {}: {}", words.front(), std::strerror(error)));
}

Program::~Program() {
  if (ended()) return;
  kill(pid_, SIGKILL);
  wait();
}

void Program::signal(int number) const { kill(pid_, number); }

bool Program::ended() {
  if (status_) return true;
  int status = 0;
  if (waitpid(pid_, &status, WNOHANG) == pid_) status_ = status;
  return status_.has_value();
}

Ended Program::wait(std::chrono::seconds deadline) {
  const auto end = SteadyClock::now() + deadline;
  while (!ended() && SteadyClock::now() < end) std::this_thread::sleep_for(kLookEvery);
  if (!ended()) {
    kill(pid_, SIGKILL);
    int status = 0;
    waitpid(pid_, &status, 0);
    status_ = status;
  }
  const int code = WIFEXITED(*status_) ? WEXITSTATUS(*status_) : 128 + WTERMSIG(*status_);
  return {code, out(), err()};
}

bool Program::says(const std::string& text, std::chrono::seconds deadline) {
  const auto end = SteadyClock::now() + deadline;
  for (;;) {
    const bool last_look = ended() || SteadyClock::now() > end;
    if ((out() + err()).find(text) != std::string::npos) return true;
    if (last_look) return false;
    std::this_thread::sleep_for(kLookEvery);
  }
}

Ended run_plaza(const TempDir& folder, const std::vector<std::string>& arguments,
                const Program::Environment& environment) {
  Program program(folder, arguments, environment);
  return program.wait();
}

Socket::Socket(std::uint16_t port) {
  const int descriptor = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_port = htons(port);
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  if (connect(descriptor, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0) {
    descriptor_ = descriptor;
  } else {
    close(descriptor);
  }
}

Socket::~Socket() {
  if (descriptor_ >= 0) close(descriptor_);
}

void Socket::send(const std::string& bytes) const {
  std::size_t sent = 0;
  while (sent < bytes.size()) {
    const ssize_t done = ::send(descriptor_, bytes.data() + sent, bytes.size() - sent, MSG_NOSIGNAL);
    if (done <= 0) return;
    sent += static_cast<std::size_t>(done);
  }
}

std::string Socket::receive_until(const std::string& end) {
  const auto deadline = SteadyClock::now() + std::chrono::seconds(30);
  while (end.empty() || rest_.find(end) == std::string::npos) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(deadline - SteadyClock::now())
                          .count();
    pollfd readable{descriptor_, POLLIN, 0};
    if (left <= 0 || poll(&readable, 1, static_cast<int>(left)) <= 0) break;
    std::array<char, 16384> buffer{};
    const ssize_t size = recv(descriptor_, buffer.data(), buffer.size(), 0);
    if (size <= 0) break;
    rest_.append(buffer.data(), static_cast<std::size_t>(size));
  }
  const auto at = end.empty() ? std::string::npos : rest_.find(end);
  std::string result = rest_.substr(0, at == std::string::npos ? at : at + end.size());
  rest_.erase(0, result.size());
  return result;
}

HttpAnswer http_get(std::uint16_t port, const std::string& path) {
  Socket socket(port);
  HttpAnswer answer;
  if (!socket.connected()) return answer;
  socket.send(fmt::format("GET {} HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n", path));
  const std::string all = socket.receive_all();
  const auto end = all.find("\r\n\r\n");
  if (end == std::string::npos || !all.starts_with("HTTP/1.1 ")) return answer;
  answer.status = std::atoi(all.c_str() + 9);
  answer.head = all.substr(0, end);
  answer.body = all.substr(end + 4);
  return answer;
}

}  // namespace plaza::tests
