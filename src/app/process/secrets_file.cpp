#include "app/process/secrets_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "base/secret_box.h"

namespace plaza::app {
namespace {

/// Closes it at the end.
struct File {
  explicit File(int fd_in) : fd(fd_in) {}
  ~File() {
    if (fd >= 0) ::close(fd);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  const int fd;
};

std::unexpected<std::string> failed(const std::string& path, const char* what) {
  return fail(fmt::format("cannot {} {}: {}", what, path, std::strerror(errno)));
}

/// Complete or not there: written beside, then linked in place.
Result<SecretsKey, std::string> make(const std::string& path) {
  const std::string beside = path + ".new";
  SecretsKey key{.bytes = random_bytes(SecretBox::kKeyBytes), .fresh = true};
  ::unlink(beside.c_str());
  {
    const File file(::open(beside.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
    if (file.fd < 0) return failed(path, "make");
    if (::write(file.fd, key.bytes.data(), key.bytes.size()) != static_cast<ssize_t>(key.bytes.size()) ||
        ::fsync(file.fd) != 0) {
      return failed(path, "write");
    }
  }
  if (::rename(beside.c_str(), path.c_str()) != 0) return failed(path, "make");
  const File folder(::open(path.substr(0, path.rfind('/')).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (folder.fd < 0 || ::fsync(folder.fd) != 0) return failed(path, "make");
  return key;
}

}  // namespace

Result<SecretsKey, std::string> take_secrets_key(const std::string& data_dir) {
  const std::string path = data_dir + "/secrets.key";
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (file.fd < 0) return errno == ENOENT ? make(path) : failed(path, "read");
  struct stat facts{};
  if (::fstat(file.fd, &facts) != 0) return failed(path, "read");
  if ((facts.st_mode & 0077) != 0) {
    return fail(fmt::format(
        "{} can be read by others, who could forge requests of every app's servers. Make it yours alone "
        "(chmod 600), and rotate the keys if somebody may have read it.",
        path));
  }
  SecretsKey key;
  key.bytes.resize(SecretBox::kKeyBytes + 1);
  const ssize_t got = ::read(file.fd, key.bytes.data(), key.bytes.size());
  if (got < 0) return failed(path, "read");
  if (got != static_cast<ssize_t>(SecretBox::kKeyBytes)) {
    return fail(fmt::format("{} is not whole: it should have {} bytes. Restore it from a backup.", path,
                            SecretBox::kKeyBytes));
  }
  key.bytes.resize(SecretBox::kKeyBytes);
  return key;
}

}  // namespace plaza::app
