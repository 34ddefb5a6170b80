#include "app/node/node_files.h"

#include "base/log.h"
#include "sqlite/file_catalog.h"

namespace plaza::app {
namespace {
constexpr std::uint32_t kContentsPerRound = 1000;
// This program: also after another one was put in its place.
constexpr const char* kProgram = "/proc/self/exe";
}  // namespace

NodeFiles::NodeFiles(const NodeFilesOptions& options, const Parts& parts,
                     std::unique_ptr<ports::FileCatalog> catalog)
    : catalog_(std::move(catalog)),
      contents_(options.folder),
      inspector_(kProgram, options.look_deadline_ms),
      service_({.catalog = *catalog_,
                .contents = contents_,
                .inspector = inspector_,
                .clock = parts.clock,
                .apps = parts.apps},
               options.rules),
      workers_("files", options.workers, options.requests_waiting_max),
      requests_({.files = service_,
                 .login = parts.login,
                 .directory = parts.directory,
                 .moderation = parts.moderation,
                 .store = parts.store,
                 .clock = parts.clock,
                 .workers = workers_,
                 .chunk_bytes_max = options.chunk_bytes_max,
                 .origins = edge::FileOrigins(options.origins)}) {}

Result<std::unique_ptr<NodeFiles>, std::string> NodeFiles::open(const NodeFilesOptions& options,
                                                                const Parts& parts) {
  if (auto prepared = disk::FolderContents::prepare(options.folder); !prepared) return fail(prepared.error());
  auto catalog = sqlite::StoredFileCatalog::open(options.catalog_path, options.region,
                                                 options.busy_timeout_ms);
  if (!catalog) return fail(catalog.error());
  const auto bytes = (*catalog)->bytes_of_zones();
  if (!bytes) return fail(options.catalog_path + ": " + bytes.error().detail);
  parts.apps.files(*bytes);
  return std::unique_ptr<NodeFiles>(new NodeFiles(options, parts, std::move(*catalog)));
}

Result<bool, std::string> NodeFiles::clear(ZoneId zone) {
  const auto cleared = service_.clear(zone);
  if (!cleared) return fail(cleared.error().detail);
  return *cleared > 0;
}

void NodeFiles::tidy() {
  if (const auto expired = service_.expire(); !expired)
    PLAZA_LOG(warn, "files", "uploads that have expired could not be removed: {}", expired.error().detail);
  if (const auto swept = service_.sweep(kContentsPerRound); !swept)
    PLAZA_LOG(warn, "files", "contents that no file has could not be removed: {}", swept.error().detail);
}

}  // namespace plaza::app
