#pragma once
#include <string>

#include "ports/files.h"

namespace plaza::disk {

/// The bytes of files in a folder:
///
///   FOLDER/uploads/17           an upload, as far as it is
///   FOLDER/ab/cdef...           a content, by its hash
///   FOLDER/ab/cdef....thumbnail its picture in small
///
/// Thread   As ports::FileContents. It has no state but the folder's path.
/// Owner    app/, one per data directory, which it has locked.
/// Durable  append() is write(2): it survives the process. keep() syncs the bytes and the folders before it links the content's name.
class FolderContents final : public ports::FileContents {
 public:
  /// Makes the folders. The error is for an operator.
  static Result<void, std::string> prepare(const std::string& folder);
  explicit FolderContents(std::string folder) : folder_(std::move(folder)) {}
  /// Where it is in the folder: "ab/cdef...". Empty: it is no hash.
  [[nodiscard]] static std::string place(const std::string& hash, Part part);

  ports::ContentResult<std::uint64_t> uploaded(ports::UploadId id) override;
  ports::ContentResult<std::uint64_t> append(ports::UploadId id, std::uint64_t offset,
                                             std::string_view bytes) override;
  ports::ContentResult<std::string> digest(ports::UploadId id) override;
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

 private:
  [[nodiscard]] std::string upload_path(ports::UploadId id) const;
  [[nodiscard]] std::string shelf(const std::string& hash) const;
  /// Empty: it is no hash.
  [[nodiscard]] std::string path(const std::string& hash, Part part) const;

  std::string folder_;
};

}  // namespace plaza::disk
