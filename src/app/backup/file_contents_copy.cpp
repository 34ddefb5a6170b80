#include "app/backup/file_contents_copy.h"

#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

#include "app/backup/contents.h"
#include "app/backup/file_copy.h"
#include "disk/file_contents.h"
#include "sqlite/catalog_contents.h"

namespace plaza::app {
namespace {

using disk::FolderContents;
using Part = ports::FileContents::Part;

constexpr std::uint32_t kBusyTimeoutMs = 2'000;
constexpr std::uint32_t kAtOnce = 64;
constexpr int kAttempts = 3;
constexpr std::string_view kBetween = "  files/";  // sum and name, as sha256sum writes them
constexpr std::size_t kSumDigits = 64;

/// The folder of contents that is being made, with its shelves.
class Shelves {
 public:
  explicit Shelves(const std::string& folder) : path_(folder + "/" + kFileContents) {}

  /// The path of a place such as "ab/cdef...", whose folder is there then.
  Result<std::string, std::string> path_of(const std::string& place) {
    const std::string shelf = place.substr(0, place.find('/'));
    if (made_.empty()) {
      if (auto made = make(path_); !made) return fail(std::move(made.error()));
    }
    if (!made_.contains(shelf)) {
      if (auto made = make(path_ + "/" + shelf); !made) return fail(std::move(made.error()));
      made_.insert(shelf);
    }
    return path_ + "/" + place;
  }
  Result<void, std::string> sync() const {
    if (made_.empty()) return {};
    for (const std::string& shelf : made_) {
      if (auto synced = sync_to_disk(path_ + "/" + shelf); !synced) return synced;
    }
    return sync_to_disk(path_);
  }

 private:
  static Result<void, std::string> make(const std::string& path) {
    if (mkdir(path.c_str(), 0700) == 0) return {};
    return fail(fmt::format("cannot create {}: {}", path, std::strerror(errno)));
  }
  std::string path_;
  std::set<std::string> made_;
};

class CopyOut {
 public:
  CopyOut(const std::string& data_dir, const std::string& backup)
      : from_(data_dir + "/" + kFileContents), shelves_(backup), list_path_(backup + "/" + kContentsList) {}

  Result<void, std::string> open(const std::string& data_dir, const std::string& backup) {
    list_.open(list_path_, std::ios::binary | std::ios::out);
    if (!list_) return failed_list();
    for (auto& [catalog, folder] : {std::pair{&now_, &data_dir}, std::pair{&then_, &backup}}) {
      auto opened = sqlite::CatalogContents::open(*folder + "/" + kFileCatalog, kBusyTimeoutMs);
      if (!opened) return fail(std::move(opened.error()));
      *catalog = std::move(*opened);
    }
    return {};
  }

  Result<void, std::string> all() {
    std::string last;
    for (;;) {
      const auto next = then_->after(last, kAtOnce);
      if (!next) return fail(next.error());
      if (next->empty()) return finish();
      for (const auto& content : *next) {
        if (auto done = one(content); !done) return done;
      }
      last = next->back().hash;
    }
  }
  [[nodiscard]] ContentsCopied result() && { return std::move(done_); }

 private:
  enum class Taken : std::uint8_t { whole, removed, lost };

  Result<void, std::string> one(const sqlite::CatalogContent& content) {
    const auto taken = take(content.hash);
    if (!taken) return fail(taken.error());
    if (*taken != Taken::whole) {
      if (*taken == Taken::lost) lose(content.hash);
      if (const auto dropped = then_->drop(content.hash); !dropped) return fail(dropped.error());
      return {};
    }
    ++done_.contents;
    if (!content.thumbnail) return {};
    // A file can do without.
    const auto small = share(content.hash, Part::thumbnail);
    if (!small) return fail(small.error());
    if (*small) list(content.hash, Part::thumbnail, **small);
    return {};
  }

  Result<Taken, std::string> take(const std::string& hash) {
    for (int i = 0; i < kAttempts; ++i) {
      const auto sum = share(hash, Part::content);
      if (!sum) return fail(sum.error());
      if (*sum && (*sum)->sha256 == hash) {
        list(hash, Part::content, **sum);
        return Taken::whole;
      }
      if (*sum) return discard(hash);
      // Gone while we came, or gone and here again: who removes one removes its last file first.
      const auto used = now_->used(hash);
      if (!used) return fail(used.error());
      if (!*used) return Taken::removed;
    }
    return Taken::lost;
  }

  Result<std::optional<FileSum>, std::string> share(const std::string& hash, Part part) {
    const std::string place = FolderContents::place(hash, part);
    if (place.empty()) return std::nullopt;
    const auto to = shelves_.path_of(place);
    if (!to) return fail(to.error());
    return share_file(from_ + "/" + place, *to);
  }

  Result<Taken, std::string> discard(const std::string& hash) {
    const auto path = shelves_.path_of(FolderContents::place(hash, Part::content));
    if (!path) return fail(path.error());
    if (unlink(path->c_str()) == 0) return Taken::lost;
    return fail(fmt::format("cannot remove {}: {}", *path, std::strerror(errno)));
  }

  void list(const std::string& hash, Part part, const FileSum& sum) {
    done_.bytes += sum.bytes;
    list_ << sum.sha256 << kBetween << FolderContents::place(hash, part) << '\n';
  }
  void lose(const std::string& hash) {
    ++done_.lost;
    if (done_.lost_names.size() < ContentsCopied::kNamed) done_.lost_names.push_back(hash);
  }

  Result<void, std::string> finish() {
    // Closed before its sum is taken.
    now_.reset();
    then_.reset();
    list_.close();
    if (!list_) return failed_list();
    return shelves_.sync();
  }
  [[nodiscard]] std::unexpected<std::string> failed_list() const {
    return fail(fmt::format("cannot write {}: {}", list_path_, std::strerror(errno)));
  }

  const std::string from_;
  Shelves shelves_;
  const std::string list_path_;
  std::unique_ptr<sqlite::CatalogContents> now_, then_;
  std::ofstream list_;
  ContentsCopied done_;
};

struct Listed {
  std::string sha256, place;
  bool content = false;
};

/// Nothing when it is not a line of such a list. What a place may be is what a hash gives, so it leads nowhere else.
std::optional<Listed> parse(const std::string& line) {
  if (line.size() < kSumDigits + kBetween.size() || line.substr(kSumDigits, kBetween.size()) != kBetween)
    return std::nullopt;
  Listed listed{.sha256 = line.substr(0, kSumDigits), .place = line.substr(kSumDigits + kBetween.size())};
  std::string hash = listed.place.substr(0, kSumDigits + 1);
  std::erase(hash, '/');
  listed.content = listed.place == FolderContents::place(hash, Part::content) && listed.sha256 == hash;
  if (listed.content || listed.place == FolderContents::place(hash, Part::thumbnail)) return listed;
  return std::nullopt;
}

}  // namespace

Result<ContentsCopied, std::string> copy_contents(const std::string& data_dir, const std::string& backup) {
  CopyOut out(data_dir, backup);
  if (auto opened = out.open(data_dir, backup); !opened) return fail(std::move(opened.error()));
  if (auto copied = out.all(); !copied) return fail(std::move(copied.error()));
  return std::move(out).result();
}

Result<ContentsCopied, std::string> copy_contents_back(const std::string& backup,
                                                       const std::string& staging) {
  const std::string list_path = staging + "/" + kContentsList;
  std::ifstream list(list_path, std::ios::binary);
  Shelves shelves(staging);
  ContentsCopied done;
  for (std::string line; std::getline(list, line);) {
    const auto listed = parse(line);
    if (!listed) return fail(fmt::format("{}: \"{}\" is not a line of it", kContentsList, line));
    const std::string from = fmt::format("{}/{}/{}", backup, kFileContents, listed->place);
    const auto to = shelves.path_of(listed->place);
    if (!to) return fail(to.error());
    const auto sum = copy_file(from, *to);
    if (!sum) return fail(fmt::format("{}. The backup is not whole: take another one.", sum.error()));
    if (sum->sha256 != listed->sha256) {
      return fail(
          fmt::format("{} is not what was backed up: it has another checksum than {} says. Take "
                      "another backup.",
                      from, kContentsList));
    }
    done.bytes += sum->bytes;
    done.contents += listed->content ? 1 : 0;
  }
  if (list.bad() || !list.eof()) return fail(fmt::format("cannot read {}", list_path));
  if (auto synced = shelves.sync(); !synced) return fail(std::move(synced.error()));
  return done;
}

}  // namespace plaza::app
