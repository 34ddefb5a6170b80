#include "app/backup/backup.h"

#include <fmt/chrono.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <filesystem>
#include <string_view>
#include <vector>

#include "app/backup/contents.h"
#include "app/backup/file_contents_copy.h"
#include "app/backup/file_copy.h"
#include "sqlite/online_copy.h"

namespace plaza::app {
namespace {

namespace fs = std::filesystem;

/// A folder that goes away with everything in it, unless it is given its name.
class Unfinished {
 public:
  explicit Unfinished(std::string path) : path_(std::move(path)) {}
  ~Unfinished() {
    std::error_code ignored;
    if (made_) fs::remove_all(path_, ignored);
  }
  Unfinished(const Unfinished&) = delete;
  Unfinished& operator=(const Unfinished&) = delete;

  [[nodiscard]] const std::string& path() const { return path_; }
  [[nodiscard]] std::string path(const std::string& name) const { return path_ + "/" + name; }
  Result<void, std::string> make() {
    std::error_code error;
    if (const fs::path parent = fs::path(path_).parent_path(); !parent.empty())
      fs::create_directories(parent, error);
    if (error) return fail(fmt::format("cannot create {}: {}", path_, error.message()));
    if (mkdir(path_.c_str(), 0700) != 0)
      return fail(fmt::format("cannot create {}: {}", path_, std::strerror(errno)));
    made_ = true;
    return {};
  }
  Result<void, std::string> becomes(const std::string& name) {
    if (auto synced = sync_to_disk(path_); !synced) return synced;
    if (rename(path_.c_str(), name.c_str()) != 0) {
      return fail(fmt::format("cannot name it {}: {}", name, std::strerror(errno)));
    }
    made_ = false;
    const fs::path parent = fs::path(name).parent_path();
    return sync_to_disk(parent.empty() ? "." : parent.string());
  }

 private:
  std::string path_;
  bool made_ = false;
};

Result<void, std::string> check(const BackupOptions& options) {
  std::error_code error;
  for (const char* name : kDatabases) {
    if (fs::exists(options.data_dir + "/" + name, error)) continue;
    return fail(fmt::format(
        "{} is not the data directory of a server: there is no {} in it. Choose it with --data-dir.",
        options.data_dir, name));
  }
  if (fs::exists(options.to, error)) {
    return fail(fmt::format("{} is there already: name a folder that is to be made", options.to));
  }
  return {};
}

Result<void, std::string> add(Manifest& manifest, const Unfinished& folder, const char* name) {
  auto sum = sum_of(folder.path(name));
  if (!sum) return fail(std::move(sum.error()));
  manifest.files.push_back({.name = name, .bytes = sum->bytes, .sha256 = sum->sha256});
  return sync_to_disk(folder.path(name));
}

Result<void, std::string> copy_small_files(const BackupOptions& options, Manifest& manifest,
                                           const Unfinished& folder) {
  for (const char* name : kSmallFiles) {
    std::error_code error;
    const std::string from = options.data_dir + "/" + name;
    if (!fs::exists(from, error)) continue;
    auto sum = copy_file(from, folder.path(name));
    if (!sum) return fail(std::move(sum.error()));
    manifest.files.push_back({.name = name, .bytes = sum->bytes, .sha256 = sum->sha256});
  }
  return {};
}

std::vector<const char*> databases_of(const std::string& data_dir) {
  std::vector<const char*> names(kDatabases.begin(), kDatabases.end());
  std::error_code error;
  if (fs::exists(data_dir + "/" + kFileCatalog, error)) names.push_back(kFileCatalog);
  return names;
}

Result<void, std::string> add_contents(const BackupOptions& options,
                                       const std::vector<const char*>& databases, const Unfinished& folder,
                                       BackupMade& made) {
  if (std::ranges::find(databases, std::string_view(kFileCatalog)) == databases.end()) return {};
  auto copied = copy_contents(options.data_dir, folder.path());
  if (!copied) return fail(std::move(copied.error()));
  made.contents = std::move(*copied);
  return add(made.manifest, folder, kContentsList);
}

std::string utc(std::chrono::system_clock::time_point at) {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", std::chrono::floor<std::chrono::seconds>(at));
}

}  // namespace

Result<BackupMade, std::string> make_backup(const BackupOptions& options) {
  if (auto right = check(options); !right) return fail(std::move(right.error()));
  std::string to = options.to;
  while (to.size() > 1 && to.back() == '/') to.pop_back();
  // Whatever is made here is for its owner only, also what SQLite makes.
  const mode_t before = umask(077);
  struct Mask {
    mode_t mode;
    ~Mask() { umask(mode); }
  } const restored{before};

  Unfinished folder(fmt::format("{}.partial-{}", to, getpid()));
  if (auto made = folder.make(); !made) return fail(std::move(made.error()));
  const std::vector<const char*> databases = databases_of(options.data_dir);
  std::vector<sqlite::FileCopy> copies;
  for (const char* name : databases) copies.push_back({options.data_dir + "/" + name, folder.path(name)});
  auto copied = sqlite::copy_together(copies, {});
  if (!copied) return fail(std::move(copied.error()));

  BackupMade made{.manifest = {.version = options.version, .moment = utc(copied->moment), .files = {}},
                  .held = copied->held,
                  .contents = {}};
  if (auto more = add_contents(options, databases, folder, made); !more) return fail(std::move(more.error()));
  for (const char* name : databases) {
    if (auto added = add(made.manifest, folder, name); !added) return fail(std::move(added.error()));
  }
  if (auto more = copy_small_files(options, made.manifest, folder); !more)
    return fail(std::move(more.error()));
  if (auto written = write_file(folder.path(kManifest), to_json(made.manifest)); !written) {
    return fail(std::move(written.error()));
  }
  if (auto named = folder.becomes(to); !named) return fail(std::move(named.error()));
  return made;
}

}  // namespace plaza::app
