#pragma once
#include <map>
#include <mutex>
#include <set>
#include <string>

#include "ports/files.h"

namespace plaza::memory {

/// The twin of the folder of files.
///
/// Thread   Any.
class MemoryFileContents final : public ports::FileContents {
 public:
  ports::ContentResult<std::uint64_t> uploaded(ports::UploadId id) override;
  ports::ContentResult<std::uint64_t> append(ports::UploadId id, std::uint64_t offset,
                                             std::string_view bytes) override;
  ports::ContentResult<std::string> digest(ports::UploadId id) override;
  /// The descriptor is of nothing: whoever looks through it in a test knows what to say.
  ports::ContentResult<void> with_upload(ports::UploadId id,
                                         const std::function<void(int descriptor)>& look) override;
  ports::ContentResult<void> keep(ports::UploadId id, const std::string& hash) override;
  ports::ContentResult<void> drop_upload(ports::UploadId id) override;
  ports::ContentResult<void> remove(const std::string& hash) override;
  ports::ContentResult<void> put_thumbnail(const std::string& hash, std::string_view bytes) override;
  ports::ContentResult<std::uint64_t> size(const std::string& hash, Part part) override;
  ports::ContentResult<std::string> read(const std::string& hash, Part part, std::uint64_t offset,
                                         std::size_t count) override;
  ports::ContentResult<std::vector<std::string>> hashes_after(const std::string& hash,
                                                              std::uint32_t limit) override;

  /// Uploads, contents and thumbnails.
  [[nodiscard]] std::size_t things() const;

 private:
  [[nodiscard]] const std::string* find(const std::string& hash, Part part) const;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<ports::UploadId, std::string> uploads_;
  std::set<ports::UploadId> kept_;
  std::map<std::string, std::string> contents_, thumbnails_;
};

}  // namespace plaza::memory
