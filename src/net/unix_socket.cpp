#include "net/unix_socket.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

namespace plaza::net {
namespace {

/// The address of a path. A long one is named through its folder, kept open meanwhile: 108 bytes are less than a path may have.
class UnixAddress {
 public:
  explicit UnixAddress(const std::string& path) {
    address_.sun_family = AF_UNIX;
    std::string name = path;
    if (name.size() >= sizeof address_.sun_path) {
      const auto slash = path.rfind('/');
      folder_ = ::open(slash == std::string::npos ? "." : path.substr(0, slash).c_str(),
                       O_PATH | O_DIRECTORY | O_CLOEXEC);
      if (folder_ < 0) return;
      name = "/proc/self/fd/" + std::to_string(folder_) + "/" + path.substr(slash + 1);
    }
    if (name.size() >= sizeof address_.sun_path) {
      errno = ENAMETOOLONG;
      return;
    }
    std::memcpy(address_.sun_path, name.c_str(), name.size() + 1);
    good_ = true;
  }
  ~UnixAddress() {
    if (folder_ >= 0) ::close(folder_);
  }
  UnixAddress(const UnixAddress&) = delete;
  UnixAddress& operator=(const UnixAddress&) = delete;

  [[nodiscard]] bool good() const { return good_; }
  [[nodiscard]] const sockaddr* get() const { return reinterpret_cast<const sockaddr*>(&address_); }
  static constexpr socklen_t size() { return sizeof(sockaddr_un); }

 private:
  sockaddr_un address_{};
  int folder_ = -1;
  bool good_ = false;
};

std::unexpected<int> close_and_fail(int fd) {
  const int error = errno;
  ::close(fd);
  return fail(error);
}

}  // namespace

Result<int, int> listen_on_unix(const std::string& path, int backlog) {
  const UnixAddress address(path);
  if (!address.good()) return fail(errno);
  if (::unlink(path.c_str()) != 0 && errno != ENOENT) return fail(errno);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(errno);
  // Nobody can connect before listen(), so the mode is right from the first moment on.
  if (::bind(fd, address.get(), UnixAddress::size()) != 0 || ::chmod(path.c_str(), 0600) != 0 ||
      ::listen(fd, backlog) != 0) {
    return close_and_fail(fd);
  }
  return fd;
}

Result<int, int> connect_to_unix(const std::string& path) {
  const UnixAddress address(path);
  if (!address.good()) return fail(errno);
  const int fd = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);
  if (fd < 0) return fail(errno);
  if (::connect(fd, address.get(), UnixAddress::size()) != 0) return close_and_fail(fd);
  return fd;
}

}  // namespace plaza::net
