#pragma once
// System calls on files with destructors and results. Private to this folder.
#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <string>
#include <utility>

#include "ports/files.h"

namespace plaza::disk {

/// An open file; closed with this.
class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  Descriptor(const std::string& path, int flags)
      : fd_(open(path.c_str(), flags | O_CLOEXEC | O_NOFOLLOW, 0600)) {}
  Descriptor(Descriptor&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}
  Descriptor& operator=(Descriptor&&) = delete;
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

/// What errno says went wrong with `what`.
inline std::unexpected<ports::ContentError> failed(const std::string& what) {
  const int error = errno;
  ports::ContentCode code = ports::ContentCode::unavailable;
  if (error == ENOENT) code = ports::ContentCode::not_there;
  if (error == ENOSPC || error == EDQUOT || error == EFBIG) code = ports::ContentCode::full;
  return fail(ports::ContentError{code, what + ": " + std::strerror(error)});
}

inline bool sync_folder(const std::string& path) {
  const Descriptor folder(path, O_RDONLY | O_DIRECTORY);
  return folder && fsync(folder.get()) == 0;
}

}  // namespace plaza::disk
