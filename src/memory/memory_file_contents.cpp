#include "memory/memory_file_contents.h"

#include <algorithm>

#include "base/digest.h"

namespace plaza::memory {

using ports::ContentCode;
using ports::ContentError;
using ports::ContentResult;
using ports::UploadId;

namespace {

std::unexpected<ContentError> not_there() { return fail(ContentError{ContentCode::not_there, "not there"}); }

bool is_hash(const std::string& text) {
  return text.size() == 2 * kDigestBytes &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

}  // namespace

ContentResult<std::uint64_t> MemoryFileContents::uploaded(UploadId id) {
  const std::lock_guard lock(mutex_);
  const auto at = uploads_.find(id);
  return at == uploads_.end() ? 0 : at->second.size();
}

ContentResult<std::uint64_t> MemoryFileContents::append(UploadId id, std::uint64_t offset,
                                                        std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  std::string& upload = uploads_[id];
  if (upload.size() != offset || (kept_.contains(id) && !bytes.empty()))
    return fail(ContentError{ContentCode::wrong_offset, std::to_string(upload.size())});
  upload += bytes;
  return upload.size();
}

ContentResult<std::string> MemoryFileContents::digest(UploadId id) {
  const std::lock_guard lock(mutex_);
  const auto at = uploads_.find(id);
  if (at == uploads_.end()) return not_there();
  return to_hex(sha256(at->second));
}

ContentResult<void> MemoryFileContents::with_upload(UploadId id,
                                                    const std::function<void(int descriptor)>& look) {
  {
    const std::lock_guard lock(mutex_);
    if (!uploads_.contains(id)) return not_there();
  }
  look(0);
  return {};
}

ContentResult<void> MemoryFileContents::keep(UploadId id, const std::string& hash) {
  const std::lock_guard lock(mutex_);
  const auto at = uploads_.find(id);
  if (at == uploads_.end() || !is_hash(hash)) return not_there();
  contents_.emplace(hash, at->second);
  kept_.insert(id);
  return {};
}

ContentResult<void> MemoryFileContents::drop_upload(UploadId id) {
  const std::lock_guard lock(mutex_);
  uploads_.erase(id);
  kept_.erase(id);
  return {};
}

ContentResult<void> MemoryFileContents::remove(const std::string& hash) {
  const std::lock_guard lock(mutex_);
  contents_.erase(hash);
  thumbnails_.erase(hash);
  return {};
}

ContentResult<void> MemoryFileContents::put_thumbnail(const std::string& hash, std::string_view bytes) {
  const std::lock_guard lock(mutex_);
  if (!is_hash(hash)) return not_there();
  thumbnails_[hash] = bytes;
  return {};
}

const std::string* MemoryFileContents::find(const std::string& hash, Part part) const {
  const auto& all = part == Part::content ? contents_ : thumbnails_;
  const auto at = all.find(hash);
  return at == all.end() ? nullptr : &at->second;
}

ContentResult<std::uint64_t> MemoryFileContents::size(const std::string& hash, Part part) {
  const std::lock_guard lock(mutex_);
  const std::string* const bytes = find(hash, part);
  if (bytes == nullptr) return not_there();
  return bytes->size();
}

ContentResult<std::string> MemoryFileContents::read(const std::string& hash, Part part, std::uint64_t offset,
                                                    std::size_t count) {
  const std::lock_guard lock(mutex_);
  const std::string* const bytes = find(hash, part);
  if (bytes == nullptr) return not_there();
  return offset >= bytes->size() ? std::string() : bytes->substr(static_cast<std::size_t>(offset), count);
}

ContentResult<std::vector<std::string>> MemoryFileContents::hashes_after(const std::string& hash,
                                                                         std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<std::string> found;
  for (auto at = contents_.upper_bound(hash); at != contents_.end() && found.size() < limit; ++at)
    found.push_back(at->first);
  return found;
}

std::size_t MemoryFileContents::things() const {
  const std::lock_guard lock(mutex_);
  return uploads_.size() + contents_.size() + thumbnails_.size();
}

}  // namespace plaza::memory
