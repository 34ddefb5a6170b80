#include "app/backup/file_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sodium.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/digest.h"

namespace plaza::app {
namespace {

constexpr std::size_t kPieceBytes = std::size_t{1} << 20U;

std::unexpected<std::string> failed(const char* what, const std::string& path) {
  return fail(fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

class Descriptor {
 public:
  Descriptor(const std::string& path, int flags) : value_(open(path.c_str(), flags | O_CLOEXEC, 0600)) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int value() const { return value_; }
  [[nodiscard]] bool good() const { return value_ >= 0; }
  int close() { return value_ >= 0 ? ::close(std::exchange(value_, -1)) : 0; }

 private:
  int value_;
};

bool write_all(int to, const char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t written = write(to, data, size);
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    data += written;
    size -= static_cast<std::size_t>(written);
  }
  return true;
}

/// Reads `from` to its end and gives each piece to `to` too, when there is one.
Result<FileSum, std::string> read_through(const std::string& path, int from, const std::string& to_path,
                                          int to) {
  FileSum sum;
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  std::vector<char> piece(kPieceBytes);
  for (;;) {
    const ssize_t got = read(from, piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path);
    if (got == 0) break;
    const auto size = static_cast<std::size_t>(got);
    crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(piece.data()), size);
    if (to >= 0 && !write_all(to, piece.data(), size)) return failed("write", to_path);
    sum.bytes += size;
  }
  std::string digest(crypto_hash_sha256_BYTES, '\0');
  crypto_hash_sha256_final(&state, reinterpret_cast<unsigned char*>(digest.data()));
  sum.sha256 = to_hex(digest);
  return sum;
}

Result<void, std::string> finish(Descriptor& file, const std::string& path) {
  if (fsync(file.value()) != 0 || file.close() != 0) return failed("write", path);
  return {};
}

Result<FileSum, std::string> copy_to_new(const std::string& from_path, int from, const std::string& to_path) {
  Descriptor to(to_path, O_WRONLY | O_CREAT | O_EXCL);
  if (!to.good()) return failed("create", to_path);
  auto sum = read_through(from_path, from, to_path, to.value());
  if (!sum) return sum;
  if (auto done = finish(to, to_path); !done) return fail(std::move(done.error()));
  return sum;
}

}  // namespace

Result<FileSum, std::string> sum_of(const std::string& path) {
  const Descriptor from(path, O_RDONLY);
  if (!from.good()) return failed("read", path);
  return read_through(path, from.value(), {}, -1);
}

Result<FileSum, std::string> copy_file(const std::string& from_path, const std::string& to_path) {
  const Descriptor from(from_path, O_RDONLY);
  if (!from.good()) return failed("read", from_path);
  return copy_to_new(from_path, from.value(), to_path);
}

Result<std::optional<FileSum>, std::string> share_file(const std::string& from, const std::string& to) {
  // A reader who has it open needs its name no more.
  const Descriptor file(from, O_RDONLY);
  if (!file.good() && errno == ENOENT) return std::nullopt;
  if (!file.good()) return failed("read", from);
  if (link(from.c_str(), to.c_str()) == 0) {
    auto sum = sum_of(to);
    if (!sum) return fail(std::move(sum.error()));
    return *sum;
  }
  if (errno == ENOENT && access(from.c_str(), F_OK) != 0) return std::nullopt;
  // Another file system, one without such names, or another user's file.
  if (errno != EXDEV && errno != EPERM && errno != EOPNOTSUPP && errno != EMLINK) return failed("link", to);
  auto sum = copy_to_new(from, file.value(), to);
  if (!sum) return fail(std::move(sum.error()));
  return *sum;
}

Result<void, std::string> write_file(const std::string& path, const std::string& text) {
  Descriptor to(path, O_WRONLY | O_CREAT | O_EXCL);
  if (!to.good()) return failed("create", path);
  if (!write_all(to.value(), text.data(), text.size())) return failed("write", path);
  return finish(to, path);
}

Result<std::string, std::string> read_file(const std::string& path) {
  const Descriptor from(path, O_RDONLY);
  if (!from.good()) return failed("read", path);
  std::string text;
  std::vector<char> piece(64 * 1024);
  for (;;) {
    const ssize_t got = read(from.value(), piece.data(), piece.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed("read", path);
    if (got == 0) return text;
    text.append(piece.data(), static_cast<std::size_t>(got));
  }
}

Result<void, std::string> sync_to_disk(const std::string& path) {
  Descriptor file(path, O_RDONLY);
  if (!file.good()) return failed("open", path);
  return finish(file, path);
}

}  // namespace plaza::app
