#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

#include "base/worker_pool.h"
#include "edge/file_origins.h"
#include "files/file_service.h"
#include "login/login_service.h"
#include "net/http_exchange.h"
#include "ports/directory.h"
#include "ports/moderation.h"
#include "ports/stream_store.h"

namespace plaza::edge {

/// Files over HTTP: uploads in pieces, downloads by those who may read a message that has the file (docs/files.md).
///
///   request -> a worker, in the token's turn: whose is it? -> a worker, in the app's turn: what is asked -> FileService -> answer, or a stream of pieces
///
/// Thread   ask() on any shard, does not block; everything else on `workers`.
/// Owner    app/; what it is given outlives it. Its workers are stopped after the edge has drained.
/// Limit    A piece of an upload is a request's body (http.body_bytes_max), a piece of a download kPieceBytes: no more of a file is ever in
///          memory. As many requests wait as `workers` lets.
class FileRequests {
 public:
  static constexpr std::size_t kPieceBytes = 64 * 1024;
  struct Parts {
    files::FileService& files;
    login::LoginService& login;
    ports::Directory& directory;
    ports::Moderation& moderation;
    ports::StreamStore& store;
    const ports::Clock& clock;
    WorkerPool& workers;
    std::uint32_t chunk_bytes_max = 64 * 1024;  ///< largest body of a request, which clients are told
    FileOrigins origins;                        ///< pages of other hosts that may ask
  };
  explicit FileRequests(Parts parts) : parts_(std::move(parts)) {}

  /// Whether the path is one of these.
  [[nodiscard]] static bool takes(std::string_view path);
  [[nodiscard]] std::optional<net::HttpResponse> ask(net::HttpExchange asked, net::HttpAnswer answer);

 private:
  /// A request whose sender is known.
  struct Asked {
    const net::HttpRequest& request;
    files::Requester who;
  };
  /// The conversation and position that a download names.
  struct Place {
    ports::StreamId stream;
    std::uint64_t cseq = 0;
  };

  using AnswerPtr = std::shared_ptr<net::HttpAnswer>;

  void answer(net::HttpExchange exchange, const AnswerPtr& later);
  std::optional<files::Requester> authenticate(const net::HttpExchange& exchange, net::HttpResponse& refused);
  bool banned(const ports::Member& member);
  net::HttpResponse route(const Asked& asked);
  net::HttpResponse route_upload(const Asked& asked, ports::UploadId id);
  net::HttpResponse route_file(const Asked& asked, ports::FileId id, ports::FileContents::Part part);

  net::HttpResponse begin(const Asked& asked);
  net::HttpResponse state(const Asked& asked, ports::UploadId id);
  net::HttpResponse append(const Asked& asked, ports::UploadId id);
  net::HttpResponse cancel(const Asked& asked, ports::UploadId id);
  net::HttpResponse remove(const Asked& asked, ports::FileId id);
  net::HttpResponse download(const Asked& asked, const ports::StoredFile& file,
                             ports::FileContents::Part part);
  bool may_read(const Asked& asked, const ports::StoredFile& file);
  std::optional<Place> place(const Asked& asked);
  ports::MessagePtr message_at(const Place& place);

  const Parts parts_;
};

}  // namespace plaza::edge
