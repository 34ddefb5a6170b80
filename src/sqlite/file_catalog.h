#pragma once
#include <memory>
#include <mutex>
#include <string>

#include "ports/files.h"

namespace plaza::sqlite {

/// Which uploads and files there are, in a SQLite file of its own.
///
/// Thread   As ports::FileCatalog; one call at a time, the others wait: each is a row or two.
/// Owner    app/ owns one per data directory.
/// Durable  WAL, synchronous=FULL.
class StoredFileCatalog final : public ports::FileCatalog {
 public:
  static Result<std::unique_ptr<StoredFileCatalog>, std::string> open(const std::string& path,
                                                                      std::uint8_t region,
                                                                      std::uint32_t busy_timeout_ms);
  ~StoredFileCatalog() override;
  StoredFileCatalog(const StoredFileCatalog&) = delete;
  StoredFileCatalog& operator=(const StoredFileCatalog&) = delete;

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
  struct Open;
  explicit StoredFileCatalog(std::unique_ptr<Open> open);

  std::mutex mutex_;
  std::unique_ptr<Open> open_;  ///< guarded by mutex_
};

}  // namespace plaza::sqlite
