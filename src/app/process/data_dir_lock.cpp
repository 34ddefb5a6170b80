#include "app/process/data_dir_lock.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <utility>

namespace plaza::app {
namespace {

std::string error_text(int error) { return std::strerror(error); }

// What the holder wrote into the file: its process id.
std::string holder(int descriptor) {
  std::array<char, 32> text{};
  const ssize_t size = pread(descriptor, text.data(), text.size(), 0);
  std::string pid(text.data(), size > 0 ? static_cast<std::size_t>(size) : 0);
  while (!pid.empty() && pid.back() == '\n') pid.pop_back();
  return pid.empty() ? "another process" : fmt::format("process {}", pid);
}

std::string create(const std::string& data_dir) {
  std::error_code error;
  const auto parent = std::filesystem::absolute(data_dir, error).parent_path();
  if (!error) std::filesystem::create_directories(parent, error);
  if (error) return error.message();
  if (mkdir(data_dir.c_str(), 0700) != 0 && errno != EEXIST) return error_text(errno);
  return {};
}

}  // namespace

Result<DataDirLock, std::string> DataDirLock::take(const std::string& data_dir) {
  if (const std::string wrong = create(data_dir); !wrong.empty()) {
    return fail(fmt::format("cannot create the data directory {}: {}. Choose another one with --data-dir.",
                            data_dir, wrong));
  }
  const std::string path = data_dir + "/plaza.lock";
  const int descriptor = open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    return fail(
        fmt::format("cannot write to the data directory {}: {}. The user that runs plaza must own it.",
                    data_dir, error_text(errno)));
  }
  DataDirLock lock(descriptor);
  if (flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK) return fail(fmt::format("cannot lock {}: {}", path, error_text(errno)));
    return fail(
        fmt::format("the data directory {} is in use by {}. Stop it, or choose another one with --data-dir.",
                    data_dir, holder(descriptor)));
  }
  const std::string pid = fmt::format("{}\n", getpid());
  if (ftruncate(descriptor, 0) != 0 ||
      pwrite(descriptor, pid.data(), pid.size(), 0) != static_cast<ssize_t>(pid.size())) {
    return fail(fmt::format("cannot write {}: {}", path, error_text(errno)));
  }
  return lock;
}

DataDirLock::DataDirLock(DataDirLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

DataDirLock::~DataDirLock() {
  if (descriptor_ >= 0) close(descriptor_);
}

std::string open_to_others(const std::string& data_dir) {
  struct stat folder{};
  if (stat(data_dir.c_str(), &folder) != 0 || (folder.st_mode & 077) == 0) return {};
  return fmt::format(
      "the data directory {} has mode {:04o}: others on this machine may look into it. chmod 700 {}",
      data_dir, folder.st_mode & 07777, data_dir);
}

}  // namespace plaza::app
