#include "pictures/inspector_process.h"

#include <fcntl.h>
#include <poll.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <csignal>
#include <cstring>
#include <optional>
#include <string_view>

#include "pictures/look.h"

namespace plaza::pictures {

using ports::FileFacts;
using ports::InspectError;

namespace {

constexpr std::size_t kHeadBytesMax = 256;
constexpr const char* kUnknown = "application/octet-stream";

std::int64_t now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

/// All that comes until the end; nothing when it is too much, or not there in time.
std::optional<std::string> read_all(int fd, std::int64_t deadline_ms) {
  std::string bytes;
  std::array<char, 16 * 1024> buffer{};
  for (;;) {
    const std::int64_t left_ms = deadline_ms - now_ms();
    pollfd wanted{.fd = fd, .events = POLLIN, .revents = 0};
    if (left_ms <= 0) return std::nullopt;
    const int ready = poll(&wanted, 1, static_cast<int>(left_ms));
    if (ready < 0 && errno == EINTR) continue;
    if (ready <= 0) return std::nullopt;
    const ssize_t got = read(fd, buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return std::nullopt;
    if (got == 0) return bytes;
    bytes.append(buffer.data(), static_cast<std::size_t>(got));
    if (bytes.size() > kHeadBytesMax + kThumbnailBytesMax) return std::nullopt;
  }
}

std::string_view take_word(std::string_view& rest) {
  const std::size_t end = rest.find(' ');
  const std::string_view word = rest.substr(0, end);
  rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
  return word;
}

bool take_number(std::string_view& rest, std::uint32_t& out) {
  const std::string_view word = take_word(rest);
  const auto read = std::from_chars(word.data(), word.data() + word.size(), out);
  return read.ec == std::errc{} && read.ptr == word.data() + word.size();
}

/// "TYPE WIDTH HEIGHT BYTES\n" and so many bytes. It is believed in nothing: whoever wrote it had a stranger's file in its hands.
std::optional<FileFacts> parse(std::string_view answer) {
  const std::size_t end = answer.substr(0, kHeadBytesMax).find('\n');
  if (end == std::string_view::npos) return std::nullopt;
  std::string_view head = answer.substr(0, end);
  const std::string_view bytes = answer.substr(end + 1);
  FileFacts facts;
  facts.type = take_word(head);
  std::uint32_t size = 0;
  if (!take_number(head, facts.width) || !take_number(head, facts.height) || !take_number(head, size) ||
      bytes.size() != size) {
    return std::nullopt;
  }
  facts.thumbnail = bytes;
  return facts;
}

struct Spawned {
  pid_t process = -1;
  int output = -1;
};

/// With this file as its input, and nothing else of ours.
std::optional<Spawned> spawn(const std::string& program, int input) {
  std::array<int, 2> ends{};
  if (pipe2(ends.data(), O_CLOEXEC) != 0) return std::nullopt;
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, input, STDIN_FILENO);
  posix_spawn_file_actions_adddup2(&actions, ends[1], STDOUT_FILENO);
  posix_spawn_file_actions_addopen(&actions, STDERR_FILENO, "/dev/null", O_WRONLY, 0);
  posix_spawn_file_actions_addclosefrom_np(&actions, STDERR_FILENO + 1);
  std::string name = "plaza", command = "look-at-file";
  std::array<char*, 3> arguments{name.data(), command.data(), nullptr};
  std::array<char*, 1> environment{nullptr};
  Spawned spawned{.process = -1, .output = ends[0]};
  const int error = posix_spawn(&spawned.process, program.c_str(), &actions, nullptr, arguments.data(),
                                environment.data());
  posix_spawn_file_actions_destroy(&actions);
  close(ends[1]);
  if (error == 0) return spawned;
  close(ends[0]);
  errno = error;
  return std::nullopt;
}

}  // namespace

Result<FileFacts, InspectError> InspectorProcess::inspect(int fd) {
  const auto spawned = spawn(program_, fd);
  if (!spawned) return fail(InspectError{program_ + ": " + std::strerror(errno)});
  const auto answer = read_all(spawned->output, now_ms() + deadline_ms_);
  close(spawned->output);
  if (!answer) kill(spawned->process, SIGKILL);
  int status = 0;
  while (waitpid(spawned->process, &status, 0) < 0 && errno == EINTR) {}
  if (answer && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
    if (auto facts = parse(*answer)) return std::move(*facts);
  }
  FileFacts unknown;
  unknown.type = kUnknown;
  return unknown;
}

}  // namespace plaza::pictures
