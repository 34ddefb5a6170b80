#include "app/backup/restore.h"

#include <fmt/format.h>
#include <sys/stat.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <string_view>

#include "app/backup/contents.h"
#include "app/backup/file_copy.h"
#include "app/process/data_dir_lock.h"
#include "sqlite/new_epoch.h"

namespace plaza::app {
namespace {

namespace fs = std::filesystem;

class Staging {
 public:
  explicit Staging(const std::string& data_dir) : path_(data_dir + "/restoring") {}
  ~Staging() { clear(); }
  Staging(const Staging&) = delete;
  Staging& operator=(const Staging&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  /// What an interrupted restore left is of no use: the directory has no databases.
  Result<void, std::string> make() {
    clear();
    if (mkdir(path_.c_str(), 0700) == 0) return {};
    return fail(fmt::format("cannot create {}: {}", path_, std::strerror(errno)));
  }

 private:
  void clear() {
    std::error_code ignored;
    fs::remove_all(path_, ignored);
  }
  std::string path_;
};

bool has(const Manifest& manifest, std::string_view name) {
  return std::ranges::find(manifest.files, name, &ManifestFile::name) != manifest.files.end();
}

Result<Manifest, std::string> read_manifest(const std::string& from) {
  std::error_code error;
  const std::string path = from + "/" + kManifest;
  if (!fs::exists(path, error)) {
    return fail(fmt::format(
        "{} is not a finished backup: there is no {} in it. A copy that was made by hand is put back "
        "by hand, and `plaza new-epoch` run on it.",
        from, kManifest));
  }
  const auto text = read_file(path);
  if (!text) return fail(text.error());
  auto manifest = manifest_from_json(*text);
  if (!manifest) return fail(fmt::format("{}: {}", path, manifest.error()));
  for (const char* name : kDatabases) {
    if (has(*manifest, name)) continue;
    return fail(fmt::format("{}: it has no {}", path, name));
  }
  return manifest;
}

Result<void, std::string> refuse_if_used(const std::string& data_dir) {
  for (const char* name : {kDatabases[0], kDatabases[1], kFileCatalog, kFileContents}) {
    // A log that was left behind would be replayed into the database that is put beside it.
    for (const char* suffix : {"", "-wal", "-shm", "-journal"}) {
      std::error_code error;
      const std::string file = fmt::format("{}{}", name, suffix);
      if (!fs::exists(data_dir + "/" + file, error)) continue;
      return fail(fmt::format(
          "{} has a {} already, and nothing is overwritten: move the directory away, or choose another "
          "one with --data-dir",
          data_dir, file));
    }
  }
  return {};
}

Result<void, std::string> copy_checked(const RestoreOptions& options, const Manifest& manifest,
                                       const Staging& staging) {
  for (const auto& file : manifest.files) {
    const std::string from = options.from + "/" + file.name;
    const auto sum = copy_file(from, staging.path(file.name));
    if (!sum) return fail(sum.error());
    if (sum->bytes == file.bytes && sum->sha256 == file.sha256) continue;
    return fail(fmt::format(
        "{} is not what was backed up: it has {} bytes and another checksum than {} says ({} bytes). "
        "Take another backup.",
        from, sum->bytes, kManifest, file.bytes));
  }
  return {};
}

Result<void, std::string> put_in_place(const RestoreOptions& options, const Manifest& manifest,
                                       const Staging& staging) {
  const auto place = [&](const std::string& name) -> Result<void, std::string> {
    const std::string to = options.data_dir + "/" + name;
    if (rename(staging.path(name).c_str(), to.c_str()) == 0) return {};
    return fail(fmt::format("cannot put {} in place: {}", to, std::strerror(errno)));
  };
  std::error_code error;
  if (fs::exists(staging.path(kFileContents), error)) {
    if (auto placed = place(kFileContents); !placed) return placed;
  }
  for (const auto& file : manifest.files) {
    if (std::ranges::find(kDatabases, file.name) != kDatabases.end() || file.name == kContentsList) continue;
    if (auto placed = place(file.name); !placed) return placed;
  }
  for (const char* name : kDatabases) {
    if (auto placed = place(name); !placed) return placed;
  }
  return sync_to_disk(options.data_dir);
}

}  // namespace

Result<Restored, std::string> restore_backup(const RestoreOptions& options) {
  auto manifest = read_manifest(options.from);
  if (!manifest) return fail(manifest.error());
  const auto lock = DataDirLock::take(options.data_dir);
  if (!lock) return fail(lock.error());
  if (auto free = refuse_if_used(options.data_dir); !free) return fail(free.error());

  Staging staging(options.data_dir);
  if (auto made = staging.make(); !made) return fail(made.error());
  if (auto copied = copy_checked(options, *manifest, staging); !copied) return fail(copied.error());
  ContentsCopied contents;
  if (has(*manifest, kContentsList)) {
    auto copied = copy_contents_back(options.from, staging.path());
    if (!copied) return fail(std::move(copied.error()));
    contents = std::move(*copied);
  }
  const auto epoch = sqlite::begin_new_epoch(staging.path("streams.db"), options.wall_ms);
  if (!epoch) return fail(epoch.error());
  if (auto placed = put_in_place(options, *manifest, staging); !placed) return fail(placed.error());
  return Restored{.manifest = std::move(*manifest), .epoch = epoch->epoch, .contents = std::move(contents)};
}

}  // namespace plaza::app
