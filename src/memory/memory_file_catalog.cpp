#include "memory/memory_file_catalog.h"

#include <algorithm>
#include <utility>

namespace plaza::memory {

using ports::DirectoryCode;
using ports::DirectoryError;
using ports::DirectoryResult;
using ports::FileUpload;
using ports::StoredFile;

namespace {
/// What it had counted.
template <class Id, class Thing>
std::uint64_t drop(std::map<Id, Thing>& things, Id id) {
  const auto at = things.find(id);
  if (at == things.end()) return 0;
  const std::uint64_t bytes = at->second.size;
  things.erase(at);
  return bytes;
}

std::unexpected<DirectoryError> refuse(DirectoryCode code, std::string detail) {
  return fail(DirectoryError{code, std::move(detail)});
}
}  // namespace

std::uint64_t MemoryFileCatalog::sum_of(MemberId owner) const {
  std::uint64_t bytes = 0;
  for (const auto& [id, upload] : uploads_) bytes += upload.owner == owner ? upload.size : 0;
  for (const auto& [id, file] : files_) bytes += file.owner == owner ? file.size : 0;
  return bytes;
}

DirectoryResult<FileUpload> MemoryFileCatalog::begin_upload(const FileUpload& wanted,
                                                            const ports::FileQuota& quota) {
  const std::lock_guard lock(mutex_);
  const auto open = std::ranges::count_if(uploads_,
                                          [&](const auto& e) { return e.second.owner == wanted.owner; });
  if (static_cast<std::uint64_t>(open) >= quota.uploads_max)
    return refuse(DirectoryCode::limit, "uploads at once");
  if (wanted.size > quota.bytes_max || sum_of(wanted.owner) > quota.bytes_max - wanted.size)
    return refuse(DirectoryCode::limit, "bytes of a member");
  FileUpload begun = wanted;
  begun.id = ports::UploadId{++last_upload_};
  uploads_.emplace(begun.id, begun);
  return begun;
}

DirectoryResult<FileUpload> MemoryFileCatalog::upload(ZoneId zone, MemberId owner, ports::UploadId id) {
  const std::lock_guard lock(mutex_);
  const auto at = uploads_.find(id);
  if (at == uploads_.end() || at->second.zone != zone || at->second.owner != owner)
    return refuse(DirectoryCode::not_found, "upload");
  return at->second;
}

DirectoryResult<std::uint64_t> MemoryFileCatalog::drop_upload(ports::UploadId id) {
  const std::lock_guard lock(mutex_);
  return drop(uploads_, id);
}

DirectoryResult<std::vector<FileUpload>> MemoryFileCatalog::uploads_in(ZoneId zone, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<FileUpload> found;
  for (const auto& [id, upload] : uploads_) {
    if (upload.zone == zone && found.size() < limit) found.push_back(upload);
  }
  return found;
}

DirectoryResult<std::vector<StoredFile>> MemoryFileCatalog::files_in(ZoneId zone, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<StoredFile> found;
  for (const auto& [id, file] : files_) {
    if (file.zone == zone && found.size() < limit) found.push_back(file);
  }
  return found;
}

DirectoryResult<std::vector<FileUpload>> MemoryFileCatalog::uploads_before(std::int64_t created_ms,
                                                                           std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<FileUpload> found;
  for (const auto& [id, upload] : uploads_) {
    if (upload.created_ms < created_ms) found.push_back(upload);
  }
  std::ranges::sort(found, {},
                    [](const FileUpload& upload) { return std::pair(upload.created_ms, upload.id); });
  if (found.size() > limit) found.resize(limit);
  return found;
}

DirectoryResult<StoredFile> MemoryFileCatalog::finish_upload(ports::UploadId id, const StoredFile& file) {
  const std::lock_guard lock(mutex_);
  if (uploads_.erase(id) == 0) return refuse(DirectoryCode::not_found, "upload");
  StoredFile stored = file;
  stored.upload = id;
  stored.id = ports::FileId{++last_file_};
  files_.emplace(stored.id, stored);
  return stored;
}

DirectoryResult<StoredFile> MemoryFileCatalog::file(ZoneId zone, ports::FileId id) {
  const std::lock_guard lock(mutex_);
  const auto at = files_.find(id);
  if (at == files_.end() || at->second.zone != zone) return refuse(DirectoryCode::not_found, "file");
  return at->second;
}

DirectoryResult<StoredFile> MemoryFileCatalog::file_of_upload(ZoneId zone, MemberId owner,
                                                              ports::UploadId id) {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, file] : files_) {
    if (file.upload == id && file.zone == zone && file.owner == owner) return file;
  }
  return refuse(DirectoryCode::not_found, "upload");
}

DirectoryResult<bool> MemoryFileCatalog::used(const std::string& hash) {
  const std::lock_guard lock(mutex_);
  return std::ranges::any_of(files_, [&](const auto& e) { return e.second.hash == hash; });
}

DirectoryResult<std::uint64_t> MemoryFileCatalog::drop_file(ports::FileId id) {
  const std::lock_guard lock(mutex_);
  return drop(files_, id);
}

DirectoryResult<std::uint64_t> MemoryFileCatalog::bytes_of(MemberId owner) {
  const std::lock_guard lock(mutex_);
  return sum_of(owner);
}

DirectoryResult<std::vector<ports::ZoneBytes>> MemoryFileCatalog::bytes_of_zones() {
  const std::lock_guard lock(mutex_);
  std::map<ZoneId, std::uint64_t> sums;
  for (const auto& [id, upload] : uploads_) sums[upload.zone] += upload.size;
  for (const auto& [id, file] : files_) sums[file.zone] += file.size;
  std::vector<ports::ZoneBytes> found;
  for (const auto& [zone, bytes] : sums) found.push_back({.zone = zone, .bytes = bytes});
  return found;
}

}  // namespace plaza::memory
