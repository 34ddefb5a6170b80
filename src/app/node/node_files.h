#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/worker_pool.h"
#include "disk/file_contents.h"
#include "edge/file_requests.h"
#include "files/file_service.h"
#include "pictures/inspector_process.h"
#include "ports/files.h"

namespace plaza::app {

struct NodeFilesOptions {
  std::string catalog_path, folder;
  files::FileRules rules;
  std::uint8_t region = 0;
  std::uint32_t workers = 2;
  std::uint32_t requests_waiting_max = 256;
  std::int64_t look_deadline_ms = 15'000;
  std::uint32_t chunk_bytes_max = 64 * 1024;
  std::vector<std::string> origins;
  std::uint32_t busy_timeout_ms = 2'000;
};

/// Files on this node: where they are, who asks for them over HTTP, and what is cleared away.
///
/// Thread   open() and stop() on the owner's; tidy() on the janitor's; the rest as each part says.
/// Owner    The node.
class NodeFiles {
 public:
  struct Parts {
    login::LoginService& login;
    ports::Directory& directory;
    ports::Moderation& moderation;
    ports::StreamStore& store;
    const ports::Clock& clock;
    tenancy::AppMeters& apps;
  };
  /// The error is for an operator.
  static Result<std::unique_ptr<NodeFiles>, std::string> open(const NodeFilesOptions& options,
                                                              const Parts& parts);

  [[nodiscard]] ports::FileCatalog& catalog() { return *catalog_; }
  [[nodiscard]] edge::FileRequests& requests() { return requests_; }
  [[nodiscard]] std::size_t waiting() const { return workers_.waiting(); }
  /// Uploads that have expired, contents that nobody names: a bounded piece.
  void tidy();
  /// Removes what a zone that is no more has, a bounded piece: true when there may be more.
  Result<bool, std::string> clear(ZoneId zone);
  void stop() { workers_.stop(); }

 private:
  NodeFiles(const NodeFilesOptions& options, const Parts& parts, std::unique_ptr<ports::FileCatalog> catalog);

  std::unique_ptr<ports::FileCatalog> catalog_;
  disk::FolderContents contents_;
  pictures::InspectorProcess inspector_;
  files::FileService service_;
  WorkerPool workers_;
  edge::FileRequests requests_;
};

}  // namespace plaza::app
