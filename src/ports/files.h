#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "ports/directory_result.h"
#include "ports/stream_store.h"

namespace plaza::ports {

using FileId = Id<struct FileTag>;
using UploadId = Id<struct UploadTag>;

/// What a member is sending, or has sent, to be attached to messages.
struct FileUpload {
  UploadId id;
  ZoneId zone;
  MemberId owner;
  std::uint64_t size = 0;  ///< bytes it will have
  std::string type;        ///< as the member says: "image/png"
  std::string name;        ///< for people; never a path
  std::int64_t created_ms = 0;
};

/// One that is complete. Never changes.
struct StoredFile {
  FileId id;
  ZoneId zone;
  MemberId owner;
  UploadId upload;   ///< what it was made from
  std::string hash;  ///< SHA-256 of its bytes, in hexadecimal: the name of its content
  std::uint64_t size = 0;
  std::string type;  ///< as its bytes say
  std::string name;
  std::uint32_t width = 0, height = 0;  ///< of a picture, else 0
  std::uint32_t thumbnail_bytes = 0;    ///< 0: there is none
  std::int64_t created_ms = 0;

  bool operator==(const StoredFile&) const = default;
};

struct FileQuota {
  std::uint64_t bytes_max = 0;    ///< of a member: its files and what its uploads will be
  std::uint32_t uploads_max = 0;  ///< of a member at once
};

/// Which uploads and files there are, and whose. Not their bytes: see FileContents.
///
/// Contract  Every method is one transaction. What belongs to another zone or member is not_found where `zone` and `owner` are asked
///           for. Ids are never used again.
/// Thread    Blocks. Any thread but a shard's may call; implementations are thread-safe.
class FileCatalog {
 public:
  virtual ~FileCatalog() = default;

  /// Gives it an id. limit: one of the quota's two would be exceeded; the detail names it.
  virtual DirectoryResult<FileUpload> begin_upload(const FileUpload& wanted, const FileQuota& quota) = 0;
  virtual DirectoryResult<FileUpload> upload(ZoneId zone, MemberId owner, UploadId id) = 0;
  /// Gives the bytes that count no more: 0 when there is none (any more), which is fine.
  virtual DirectoryResult<std::uint64_t> drop_upload(UploadId id) = 0;
  /// Those of a zone, whosever they are, by id, at most `limit`.
  virtual DirectoryResult<std::vector<FileUpload>> uploads_in(ZoneId zone, std::uint32_t limit) = 0;
  virtual DirectoryResult<std::vector<StoredFile>> files_in(ZoneId zone, std::uint32_t limit) = 0;
  /// Those begun before, oldest first.
  virtual DirectoryResult<std::vector<FileUpload>> uploads_before(std::int64_t created_ms,
                                                                  std::uint32_t limit) = 0;
  /// The upload becomes a file of the same size, which gets an id. not_found when there is no such upload (any more).
  virtual DirectoryResult<StoredFile> finish_upload(UploadId id, const StoredFile& file) = 0;

  virtual DirectoryResult<StoredFile> file(ZoneId zone, FileId id) = 0;
  /// What the upload has become, for one who did not hear of it.
  virtual DirectoryResult<StoredFile> file_of_upload(ZoneId zone, MemberId owner, UploadId id) = 0;
  /// Whether any file has this content.
  virtual DirectoryResult<bool> used(const std::string& hash) = 0;
  /// As drop_upload().
  virtual DirectoryResult<std::uint64_t> drop_file(FileId id) = 0;
  /// Bytes that count against the member's quota.
  virtual DirectoryResult<std::uint64_t> bytes_of(MemberId owner) = 0;
  /// Those of all its members together, for each zone that has any, by id. Reads every row: for the start.
  virtual DirectoryResult<std::vector<ZoneBytes>> bytes_of_zones() = 0;
};

enum class ContentCode : std::uint8_t {
  not_there,     ///< no such upload or content
  wrong_offset,  ///< an upload is continued where it ends, and nowhere else
  full,          ///< no room on the disk
  unavailable,   ///< the disk does not answer, or refuses
};
struct ContentError {
  ContentCode code = ContentCode::unavailable;
  std::string detail;  ///< for the log, never for a client
};
template <class T>
using ContentResult = Result<T, ContentError>;

/// The bytes of uploads and of files, which are called by their hash. Equal contents are there once.
///
/// Contract  What append() has answered survives the death of the process; what keep() has answered that of the machine. No name comes
///           from outside: uploads are numbers, contents are 64 hexadecimal digits, and anything else is not_there.
/// Thread    Blocks. Any thread but a shard's may call; calls for one upload, and keep() and remove() of one hash, one at a time.
class FileContents {
 public:
  virtual ~FileContents() = default;

  /// How much of it is there; 0 also when nothing is.
  virtual ContentResult<std::uint64_t> uploaded(UploadId id) = 0;
  /// Gives the new end. Of bytes that did not all fit those that did are there, and the error is full.
  virtual ContentResult<std::uint64_t> append(UploadId id, std::uint64_t offset, std::string_view bytes) = 0;
  /// SHA-256 of what is there, in hexadecimal.
  virtual ContentResult<std::string> digest(UploadId id) = 0;
  /// Lets `look` read it: a descriptor at its beginning, open as long as the call.
  virtual ContentResult<void> with_upload(UploadId id, const std::function<void(int descriptor)>& look) = 0;
  /// The upload's bytes become this content (nothing happens to one that is there), and may still be read as the upload.
  virtual ContentResult<void> keep(UploadId id, const std::string& hash) = 0;
  /// Unknown is fine, as in the next two.
  virtual ContentResult<void> drop_upload(UploadId id) = 0;
  virtual ContentResult<void> remove(const std::string& hash) = 0;
  virtual ContentResult<void> put_thumbnail(const std::string& hash, std::string_view bytes) = 0;

  enum class Part : std::uint8_t { content, thumbnail };
  virtual ContentResult<std::uint64_t> size(const std::string& hash, Part part) = 0;
  /// At most `count` bytes; fewer at the end.
  virtual ContentResult<std::string> read(const std::string& hash, Part part, std::uint64_t offset,
                                          std::size_t count) = 0;
  /// Every content's hash after this one in their order, at most `limit`: for who looks for those that nobody uses.
  virtual ContentResult<std::vector<std::string>> hashes_after(const std::string& hash,
                                                               std::uint32_t limit) = 0;
};

}  // namespace plaza::ports
