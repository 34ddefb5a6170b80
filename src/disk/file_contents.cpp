#include "disk/file_contents.h"

#include <sodium.h>
#include <sys/stat.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "disk/descriptor.h"

namespace plaza::disk {

using ports::ContentCode;
using ports::ContentError;
using ports::ContentResult;
using ports::UploadId;

namespace fs = std::filesystem;

namespace {

constexpr std::size_t kHashDigits = 64;
constexpr std::size_t kShelfDigits = 2;
constexpr const char* kThumbnail = ".thumbnail";

bool is_hash(std::string_view text) {
  return text.size() == kHashDigits &&
         std::ranges::all_of(text, [](char c) { return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f'); });
}

std::unexpected<ContentError> no_hash() { return fail(ContentError{ContentCode::not_there, "no hash"}); }

/// Writes all of it; what could be written before a failure stays.
bool write_at(int fd, std::uint64_t offset, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = pwrite(fd, bytes.data(), bytes.size(), static_cast<off_t>(offset));
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    offset += static_cast<std::uint64_t>(written);
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

std::string hexadecimal(const std::array<unsigned char, crypto_hash_sha256_BYTES>& bytes) {
  std::array<char, 2 * crypto_hash_sha256_BYTES + 1> text{};
  sodium_bin2hex(text.data(), text.size(), bytes.data(), bytes.size());
  return text.data();
}

ContentResult<void> unlink_if_there(const std::string& path) {
  if (unlink(path.c_str()) != 0 && errno != ENOENT) return failed(path);
  return {};
}

}  // namespace

Result<void, std::string> FolderContents::prepare(const std::string& folder) {
  std::error_code error;
  fs::create_directories(folder + "/uploads", error);
  if (error) return fail(folder + ": " + error.message());
  fs::permissions(folder, fs::perms::owner_all, error);
  if (error) return fail(folder + ": " + error.message());
  return {};
}

std::string FolderContents::upload_path(UploadId id) const {
  return folder_ + "/uploads/" + std::to_string(id.value);
}
std::string FolderContents::place(const std::string& hash, Part part) {
  if (!is_hash(hash)) return {};
  return hash.substr(0, kShelfDigits) + "/" + hash.substr(kShelfDigits) +
         (part == Part::thumbnail ? kThumbnail : "");
}
std::string FolderContents::shelf(const std::string& hash) const {
  return folder_ + "/" + hash.substr(0, kShelfDigits);
}
std::string FolderContents::path(const std::string& hash, Part part) const {
  const std::string at = place(hash, part);
  return at.empty() ? at : folder_ + "/" + at;
}

ContentResult<std::uint64_t> FolderContents::uploaded(UploadId id) {
  struct stat facts{};
  const std::string path = upload_path(id);
  if (stat(path.c_str(), &facts) == 0) return static_cast<std::uint64_t>(facts.st_size);
  if (errno == ENOENT) return 0;
  return failed(path);
}

ContentResult<std::uint64_t> FolderContents::append(UploadId id, std::uint64_t offset,
                                                    std::string_view bytes) {
  const auto end = uploaded(id);
  if (!end) return end;
  if (*end != offset) return fail(ContentError{ContentCode::wrong_offset, std::to_string(*end)});
  const std::string path = upload_path(id);
  const Descriptor file(path, O_WRONLY | O_CREAT);
  struct stat facts{};
  if (!file || fstat(file.get(), &facts) != 0) return failed(path);
  // Kept already: its bytes are a content now, which never changes.
  if (facts.st_nlink > 1 && !bytes.empty()) return fail(ContentError{ContentCode::wrong_offset, "kept"});
  if (!write_at(file.get(), offset, bytes)) return failed(path);
  return offset + bytes.size();
}

ContentResult<void> FolderContents::with_upload(UploadId id,
                                                const std::function<void(int descriptor)>& look) {
  const std::string path = upload_path(id);
  const Descriptor file(path, O_RDONLY);
  if (!file) return failed(path);
  look(file.get());
  return {};
}

ContentResult<std::string> FolderContents::digest(UploadId id) {
  const std::string path = upload_path(id);
  const Descriptor file(path, O_RDONLY);
  if (!file) return failed(path);
  crypto_hash_sha256_state state;
  crypto_hash_sha256_init(&state);
  std::string buffer(256 * 1024, '\0');
  for (;;) {
    const ssize_t got = ::read(file.get(), buffer.data(), buffer.size());
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(path);
    if (got == 0) break;
    crypto_hash_sha256_update(&state, reinterpret_cast<const unsigned char*>(buffer.data()),
                              static_cast<unsigned long long>(got));
  }
  std::array<unsigned char, crypto_hash_sha256_BYTES> hash{};
  crypto_hash_sha256_final(&state, hash.data());
  return hexadecimal(hash);
}

ContentResult<void> FolderContents::keep(UploadId id, const std::string& hash) {
  const std::string from = upload_path(id), to = path(hash, Part::content);
  if (to.empty()) return no_hash();
  const Descriptor file(from, O_RDONLY);
  if (!file || fsync(file.get()) != 0) return failed(from);
  if (mkdir(shelf(hash).c_str(), 0700) != 0 && errno != EEXIST) return failed(shelf(hash));
  if (link(from.c_str(), to.c_str()) != 0 && errno != EEXIST) return failed(to);
  if (!sync_folder(shelf(hash)) || !sync_folder(folder_)) return failed(shelf(hash));
  return {};
}

ContentResult<void> FolderContents::drop_upload(UploadId id) { return unlink_if_there(upload_path(id)); }

ContentResult<void> FolderContents::remove(const std::string& hash) {
  for (const Part part : {Part::thumbnail, Part::content}) {
    const std::string name = path(hash, part);
    if (name.empty()) return {};
    if (auto gone = unlink_if_there(name); !gone) return gone;
  }
  return {};
}

ContentResult<void> FolderContents::put_thumbnail(const std::string& hash, std::string_view bytes) {
  const std::string to = path(hash, Part::thumbnail);
  if (to.empty()) return no_hash();
  const std::string made = to + ".new";
  {
    const Descriptor file(made, O_WRONLY | O_CREAT | O_TRUNC);
    if (!file || !write_at(file.get(), 0, bytes) || fsync(file.get()) != 0) return failed(made);
  }
  if (rename(made.c_str(), to.c_str()) != 0) return failed(to);
  return {};
}

ContentResult<std::uint64_t> FolderContents::size(const std::string& hash, Part part) {
  const std::string name = path(hash, part);
  if (name.empty()) return no_hash();
  struct stat facts{};
  if (stat(name.c_str(), &facts) != 0) return failed(name);
  return static_cast<std::uint64_t>(facts.st_size);
}

ContentResult<std::string> FolderContents::read(const std::string& hash, Part part, std::uint64_t offset,
                                                std::size_t count) {
  const std::string name = path(hash, part);
  if (name.empty()) return no_hash();
  const Descriptor file(name, O_RDONLY);
  if (!file) return failed(name);
  std::string bytes(count, '\0');
  std::size_t have = 0;
  while (have < count) {
    const ssize_t got = pread(file.get(), bytes.data() + have, count - have,
                              static_cast<off_t>(offset + have));
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(name);
    if (got == 0) break;
    have += static_cast<std::size_t>(got);
  }
  bytes.resize(have);
  return bytes;
}

ContentResult<std::vector<std::string>> FolderContents::hashes_after(const std::string& hash,
                                                                     std::uint32_t limit) {
  std::vector<std::string> found;
  constexpr int kShelves = 256;
  const int first = is_hash(hash) ? std::stoi(hash.substr(0, kShelfDigits), nullptr, 16) : 0;
  for (int i = first; i < kShelves && found.size() < limit; ++i) {
    std::array<char, 3> digits{};
    std::snprintf(digits.data(), digits.size(), "%02x", static_cast<unsigned>(i));
    std::vector<std::string> on_shelf;
    std::error_code error;
    for (fs::directory_iterator at(folder_ + "/" + digits.data(), error), end; !error && at != end;
         at.increment(error)) {
      const std::string name = digits.data() + at->path().filename().string();
      if (is_hash(name) && name > hash) on_shelf.push_back(name);
    }
    std::ranges::sort(on_shelf);
    for (std::string& name : on_shelf) {
      if (found.size() < limit) found.push_back(std::move(name));
    }
  }
  return found;
}

}  // namespace plaza::disk
