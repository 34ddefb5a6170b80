#pragma once
#include <map>
#include <mutex>

#include "ports/files.h"

namespace plaza::memory {

/// The twin of the catalog of files.
///
/// Thread   Any.
class MemoryFileCatalog final : public ports::FileCatalog {
 public:
  ports::DirectoryResult<ports::FileUpload> begin_upload(const ports::FileUpload& wanted,
                                                         const ports::FileQuota& quota) override;
  ports::DirectoryResult<ports::FileUpload> upload(ZoneId zone, MemberId owner, ports::UploadId id) override;
  ports::DirectoryResult<std::uint64_t> drop_upload(ports::UploadId id) override;
  ports::DirectoryResult<std::vector<ports::FileUpload>> uploads_in(ZoneId zone,
                                                                    std::uint32_t limit) override;
  ports::DirectoryResult<std::vector<ports::StoredFile>> files_in(ZoneId zone, std::uint32_t limit) override;
  ports::DirectoryResult<std::vector<ports::FileUpload>> uploads_before(std::int64_t created_ms,
                                                                        std::uint32_t limit) override;
  ports::DirectoryResult<ports::StoredFile> finish_upload(ports::UploadId id,
                                                          const ports::StoredFile& file) override;
  ports::DirectoryResult<ports::StoredFile> file(ZoneId zone, ports::FileId id) override;
  ports::DirectoryResult<ports::StoredFile> file_of_upload(ZoneId zone, MemberId owner,
                                                           ports::UploadId id) override;
  ports::DirectoryResult<bool> used(const std::string& hash) override;
  ports::DirectoryResult<std::uint64_t> drop_file(ports::FileId id) override;
  ports::DirectoryResult<std::uint64_t> bytes_of(MemberId owner) override;
  ports::DirectoryResult<std::vector<ports::ZoneBytes>> bytes_of_zones() override;

 private:
  [[nodiscard]] std::uint64_t sum_of(MemberId owner) const;

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<ports::UploadId, ports::FileUpload> uploads_;
  std::map<ports::FileId, ports::StoredFile> files_;
  std::uint64_t last_upload_ = 0, last_file_ = 0;
};

}  // namespace plaza::memory
