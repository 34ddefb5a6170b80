#include "files/file_service.h"

#include <fmt/format.h>
#include <algorithm>

#include "files/file_name.h"
#include "tenancy/quota_metrics.h"

namespace plaza::files {

using ports::ContentCode;
using ports::FileUpload;
using ports::StoredFile;

namespace {

constexpr std::size_t kTypeBytesMax = 100;
constexpr std::uint32_t kExpiredAtOnce = 100;
constexpr std::uint32_t kClearedAtOnce = 50;

std::unexpected<FileError> refuse(FileCode code, std::string detail, std::uint64_t offset = 0) {
  return fail(FileError{code, std::move(detail), offset});
}

std::unexpected<FileError> app_is_full() {
  tenancy::count_refusal(ports::Quota::stored_bytes);
  return refuse(FileCode::quota,
                fmt::format("the app has reached its quota {}", name_of(ports::Quota::stored_bytes)));
}

std::unexpected<FileError> refuse(const ports::DirectoryError& error) {
  switch (error.code) {
    case ports::DirectoryCode::not_found: return refuse(FileCode::not_found, "no such " + error.detail);
    case ports::DirectoryCode::limit: return refuse(FileCode::quota, "too many " + error.detail);
    default: return refuse(FileCode::unavailable, "the storage does not answer");
  }
}

std::unexpected<FileError> refuse(const ports::ContentError& error) {
  switch (error.code) {
    case ContentCode::full: return refuse(FileCode::full, "no room on the disk");
    case ContentCode::not_there: return refuse(FileCode::not_found, "its content is not there any more");
    default: return refuse(FileCode::unavailable, "the disk does not answer");
  }
}

/// Letters, digits and some signs, beginning with one of the first two (RFC 6838, section 4.2; in small letters).
bool is_type_word(std::string_view text) {
  const auto plain = [](char c) { return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9'); };
  const auto good = [&](char c) {
    return plain(c) || std::string_view("!#$&-^_.+").find(c) != std::string_view::npos;
  };
  return !text.empty() && plain(text.front()) && std::ranges::all_of(text, good);
}

/// "image/png"
bool is_type(std::string_view text) {
  const std::size_t slash = text.find('/');
  return slash != std::string_view::npos && text.size() <= kTypeBytesMax &&
         is_type_word(text.substr(0, slash)) && is_type_word(text.substr(slash + 1));
}

std::string_view family(std::string_view type) { return type.substr(0, type.find('/')); }

/// What is said to be a picture, a film or a sound has to be one, whatever its format.
bool keeps_its_word(std::string_view claimed, std::string_view found) {
  constexpr std::array<std::string_view, 3> kMedia{"image", "video", "audio"};
  return std::ranges::find(kMedia, family(claimed)) == kMedia.end() || family(claimed) == family(found);
}

}  // namespace

bool FileService::takes(std::string_view type) const {
  if (rules_.types.empty()) return true;
  return std::ranges::any_of(rules_.types, [type](std::string_view taken) {
    return taken == type || (taken.ends_with("/*") && family(taken) == family(type));
  });
}

FileResult<FileUpload> FileService::begin(const Requester& who, std::uint64_t size, std::string_view type,
                                          std::string_view name) {
  if (size == 0) return refuse(FileCode::bad_request, "a file has a byte at least");
  if (size > rules_.size_bytes_max)
    return refuse(FileCode::too_large, fmt::format("at most {} bytes", rules_.size_bytes_max));
  if (!is_type(type)) return refuse(FileCode::bad_request, "a type is for example image/png");
  if (!takes(type)) return refuse(FileCode::type_refused, fmt::format("{} is not taken here", type));
  const tenancy::SharedMeter app = parts_.apps.of(who.zone, who.app);
  if (!app->take_bytes(size)) return app_is_full();
  auto begun = parts_.catalog.begin_upload({.id = {},
                                            .zone = who.zone,
                                            .owner = who.member,
                                            .size = size,
                                            .type = std::string(type),
                                            .name = display_name(name),
                                            .created_ms = parts_.clock.wall_ms()},
                                           rules_.quota);
  if (!begun) {
    app->give_bytes(size);
    return refuse(begun.error());
  }
  return std::move(*begun);
}

FileResult<Progress> FileService::state(const Requester& who, ports::UploadId id) {
  // In this order: what is no upload any more is a file by now.
  const auto upload = parts_.catalog.upload(who.zone, who.member, id);
  if (!upload && upload.error().code != ports::DirectoryCode::not_found) return refuse(upload.error());
  if (upload) {
    const auto offset = parts_.contents.uploaded(id);
    if (!offset) return refuse(offset.error());
    return Progress{.size = upload->size, .offset = *offset, .file = {}};
  }
  auto file = parts_.catalog.file_of_upload(who.zone, who.member, id);
  if (!file) return refuse(file.error());
  const std::uint64_t size = file->size;
  return Progress{.size = size, .offset = size, .file = std::move(*file)};
}

FileResult<Progress> FileService::append(const Requester& who, ports::UploadId id, std::uint64_t offset,
                                         std::string_view bytes) {
  const std::lock_guard lock(lock_of(id));
  auto progress = state(who, id);
  if (!progress) return progress;
  if (progress->offset != offset)
    return refuse(FileCode::wrong_offset, "it goes on elsewhere", progress->offset);
  if (bytes.size() > progress->size - offset)
    return refuse(FileCode::too_large, "more bytes than were announced", offset);
  if (progress->file) return progress;
  if (!bytes.empty()) {
    const auto end = parts_.contents.append(id, offset, bytes);
    if (!end) return refuse(end.error());
    progress->offset = *end;
  }
  if (progress->offset < progress->size) return progress;
  const auto upload = parts_.catalog.upload(who.zone, who.member, id);
  if (!upload) return refuse(upload.error());
  return finish(*upload);
}

/// All bytes are there. What they are is asked in another process: no byte of them is looked at in this one.
FileResult<Progress> FileService::finish(const FileUpload& upload) {
  Result<ports::FileFacts, ports::InspectError> facts = fail(ports::InspectError{});
  const auto looked = parts_.contents.with_upload(
      upload.id, [&](int descriptor) { facts = parts_.inspector.inspect(descriptor); });
  if (!looked) return refuse(looked.error());
  if (!facts) return refuse(FileCode::unavailable, "files cannot be looked at just now");
  if (!is_type(facts->type) || !keeps_its_word(upload.type, facts->type) || !takes(facts->type)) {
    static_cast<void>(drop(upload));
    return refuse(FileCode::type_refused, fmt::format("it is announced as {}, and is {}", upload.type,
                                                      is_type(facts->type) ? facts->type : "something else"));
  }
  auto stored = store(upload, *facts);
  if (!stored) return fail(std::move(stored.error()));
  return Progress{.size = upload.size, .offset = upload.size, .file = std::move(*stored)};
}

FileResult<StoredFile> FileService::store(const FileUpload& upload, const ports::FileFacts& facts) {
  const auto hash = parts_.contents.digest(upload.id);
  if (!hash) return refuse(hash.error());
  const std::lock_guard lock(contents_mutex_);
  if (const auto kept = parts_.contents.keep(upload.id, *hash); !kept) return refuse(kept.error());
  std::uint32_t thumbnail_bytes = 0;
  if (!facts.thumbnail.empty() && parts_.contents.put_thumbnail(*hash, facts.thumbnail))
    thumbnail_bytes = static_cast<std::uint32_t>(facts.thumbnail.size());
  auto stored = parts_.catalog.finish_upload(upload.id, {.id = {},
                                                         .zone = upload.zone,
                                                         .owner = upload.owner,
                                                         .upload = upload.id,
                                                         .hash = *hash,
                                                         .size = upload.size,
                                                         .type = facts.type,
                                                         .name = upload.name,
                                                         .width = facts.width,
                                                         .height = facts.height,
                                                         .thumbnail_bytes = thumbnail_bytes,
                                                         .created_ms = parts_.clock.wall_ms()});
  if (!stored) return refuse(stored.error());
  static_cast<void>(parts_.contents.drop_upload(upload.id));  // else sweep() finds it
  return std::move(*stored);
}

FileResult<void> FileService::drop(const FileUpload& upload) {
  // The bytes first: without the row nobody would find them again.
  if (const auto gone = parts_.contents.drop_upload(upload.id); !gone) return refuse(gone.error());
  const auto freed = parts_.catalog.drop_upload(upload.id);
  if (!freed) return refuse(freed.error());
  give_back(upload.zone, *freed);
  return {};
}

void FileService::give_back(ZoneId zone, std::uint64_t bytes) {
  if (const tenancy::SharedMeter app = parts_.apps.of(zone)) app->give_bytes(bytes);
}

FileResult<void> FileService::cancel(const Requester& who, ports::UploadId id) {
  const std::lock_guard lock(lock_of(id));
  const auto upload = parts_.catalog.upload(who.zone, who.member, id);
  if (!upload) return refuse(upload.error());
  return drop(*upload);
}

FileResult<StoredFile> FileService::file(ZoneId zone, ports::FileId id) {
  auto found = parts_.catalog.file(zone, id);
  if (!found) return refuse(found.error());
  return std::move(*found);
}

FileResult<void> FileService::remove(const Requester& who, ports::FileId id) {
  const auto found = file(who.zone, id);
  if (!found) return fail(found.error());
  if (found->owner != who.member) return refuse(FileCode::not_found, "no such file");
  return drop(*found);
}

FileResult<void> FileService::drop(const StoredFile& file) {
  const std::lock_guard lock(contents_mutex_);
  const auto freed = parts_.catalog.drop_file(file.id);
  if (!freed) return refuse(freed.error());
  give_back(file.zone, *freed);
  return drop_content(file.hash);
}

FileResult<void> FileService::drop_content(const std::string& hash) {
  const auto used = parts_.catalog.used(hash);
  if (!used) return refuse(used.error());
  if (*used) return {};
  if (const auto gone = parts_.contents.remove(hash); !gone) return refuse(gone.error());
  return {};
}

FileResult<std::string> FileService::read(const StoredFile& file, ports::FileContents::Part part,
                                          std::uint64_t offset, std::size_t count) {
  auto bytes = parts_.contents.read(file.hash, part, offset, count);
  if (!bytes) return refuse(bytes.error());
  return std::move(*bytes);
}

FileResult<std::uint32_t> FileService::expire() {
  const std::int64_t before_ms = parts_.clock.wall_ms() - rules_.upload_expires_ms;
  const auto old = parts_.catalog.uploads_before(before_ms, kExpiredAtOnce);
  if (!old) return refuse(old.error());
  for (const FileUpload& upload : *old) {
    const std::lock_guard lock(lock_of(upload.id));
    if (const auto gone = drop(upload); !gone) return fail(gone.error());
  }
  return static_cast<std::uint32_t>(old->size());
}

FileResult<std::uint32_t> FileService::clear(ZoneId zone) {
  const auto uploads = parts_.catalog.uploads_in(zone, kClearedAtOnce);
  if (!uploads) return refuse(uploads.error());
  for (const FileUpload& upload : *uploads) {
    const std::lock_guard lock(lock_of(upload.id));
    if (const auto gone = drop(upload); !gone) return fail(gone.error());
  }
  const auto files = parts_.catalog.files_in(zone, kClearedAtOnce);
  if (!files) return refuse(files.error());
  for (const StoredFile& file : *files) {
    if (const auto gone = drop(file); !gone) return fail(gone.error());
  }
  return static_cast<std::uint32_t>(uploads->size() + files->size());
}

FileResult<bool> FileService::sweep(std::uint32_t contents_max) {
  const std::lock_guard lock(contents_mutex_);
  const auto hashes = parts_.contents.hashes_after(swept_, contents_max);
  if (!hashes) return refuse(hashes.error());
  for (const std::string& hash : *hashes) {
    if (const auto good = drop_content(hash); !good) return fail(good.error());
  }
  const bool more = hashes->size() == contents_max;
  swept_ = more ? hashes->back() : std::string();
  return more;
}

}  // namespace plaza::files
