#pragma once
#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/clock.h"
#include "ports/file_inspector.h"
#include "ports/files.h"
#include "tenancy/app_meters.h"

namespace plaza::files {

struct FileRules {
  std::uint64_t size_bytes_max = 64U << 20U;
  ports::FileQuota quota{.bytes_max = 1U << 30U, .uploads_max = 4};
  std::int64_t upload_expires_ms = 24LL * 3'600 * 1'000;
  std::vector<std::string> types;  ///< "image/png", "video/*"; none: any
};

/// Whose request it is.
struct Requester {
  AppId app;
  ZoneId zone;
  MemberId member;
};

enum class FileCode : std::uint8_t {
  not_found,  ///< no such upload or file, or another member's
  bad_request,
  too_large,     ///< larger than a file may be
  type_refused,  ///< not a type that is taken here, or not what it claims to be
  quota,         ///< the member, or its app, has as much as it may
  wrong_offset,  ///< `offset` is where it goes on
  full,          ///< no room on the disk
  unavailable,
};
struct FileError {
  FileCode code = FileCode::unavailable;
  std::string detail;  ///< safe to show
  std::uint64_t offset = 0;
};
template <class T>
using FileResult = Result<T, FileError>;

struct Progress {
  std::uint64_t size = 0, offset = 0;
  std::optional<ports::StoredFile> file;  ///< when it is complete
};

/// Files that members send: uploads in pieces that can be gone on with after any break, contents that are stored once, by their hash.
///
///   begin() -> append()... -> all bytes are there: what are they (FileInspector)? -> hash -> content -> row of the file
///
/// Order    The content is there before the row that names it, and the upload until the row is: who dies in between finishes again by
///          an append of nothing, or leaves a content that nobody names, which sweep() removes.
/// Thread   Any that may block; calls for the same upload go one after the other.
/// Owner    app/; what it is given outlives it.
/// Limit    FileRules. An upload's bytes count against the member's quota and the app's from its beginning.
class FileService {
 public:
  struct Parts {
    ports::FileCatalog& catalog;
    ports::FileContents& contents;
    ports::FileInspector& inspector;
    const ports::Clock& clock;
    tenancy::AppMeters& apps;
  };
  FileService(Parts parts, FileRules rules) : parts_(parts), rules_(std::move(rules)) {}

  FileResult<ports::FileUpload> begin(const Requester& who, std::uint64_t size, std::string_view type,
                                      std::string_view name);
  /// Where an upload goes on, or what it has become.
  FileResult<Progress> state(const Requester& who, ports::UploadId id);
  /// `bytes` may be empty: then only what is complete is finished.
  FileResult<Progress> append(const Requester& who, ports::UploadId id, std::uint64_t offset,
                              std::string_view bytes);
  FileResult<void> cancel(const Requester& who, ports::UploadId id);

  FileResult<ports::StoredFile> file(ZoneId zone, ports::FileId id);
  /// The owner's: gone for everybody, and its bytes count no more.
  FileResult<void> remove(const Requester& who, ports::FileId id);
  FileResult<std::string> read(const ports::StoredFile& file, ports::FileContents::Part part,
                               std::uint64_t offset, std::size_t count);

  /// Removes uploads that have expired, a bounded number. Gives how many.
  FileResult<std::uint32_t> expire();
  /// Removes uploads and files of a zone that is no more, a bounded number. Gives how many.
  FileResult<std::uint32_t> clear(ZoneId zone);
  /// Removes contents that no file names, of the next so many. False: it has come to the end, and begins anew.
  FileResult<bool> sweep(std::uint32_t contents_max);

 private:
  static constexpr std::size_t kLocks = 64;

  FileResult<Progress> finish(const ports::FileUpload& upload);
  FileResult<ports::StoredFile> store(const ports::FileUpload& upload, const ports::FileFacts& facts);
  FileResult<void> drop(const ports::FileUpload& upload);
  void give_back(ZoneId zone, std::uint64_t bytes);
  FileResult<void> drop(const ports::StoredFile& file);
  FileResult<void> drop_content(const std::string& hash);
  [[nodiscard]] bool takes(std::string_view type) const;
  std::mutex& lock_of(ports::UploadId id) { return locks_[id.value % kLocks]; }

  // Constant after construction.
  const Parts parts_;
  const FileRules rules_;
  // One call for an upload at a time.
  std::array<std::mutex, kLocks> locks_;
  /// Between the naming of a content and the row that names it nobody removes it. Taken after an upload's.
  std::mutex contents_mutex_;
  std::string swept_;  ///< guarded by contents_mutex_
};

}  // namespace plaza::files
