// The versions of a message: the present one is the message's own body, the ones before are rows.
#include <algorithm>
#include <memory>

#include "sqlite/reads.h"

namespace plaza::sqlite {

using ports::MessageVersion;
using ports::VersionPage;
using ports::VersionsRequest;

namespace {

/// Puts versions on a page until a limit is reached.
class VersionFill {
 public:
  explicit VersionFill(const VersionsRequest& request) : request_(request) {}

  /// False: it does not fit any more.
  bool offer(MessageVersion version) {
    bytes_ += version.body.size();
    const bool full = page_.versions.size() >= std::max<std::uint32_t>(request_.versions_max, 1) ||
                      bytes_ > request_.bytes_max;
    if (full && !page_.versions.empty()) {
      page_.more = true;
      return false;
    }
    page_.versions.push_back(std::move(version));
    return true;
  }
  [[nodiscard]] VersionPage& page() { return page_; }

 private:
  const VersionsRequest& request_;
  std::size_t bytes_ = 0;
  VersionPage page_;
};

Result<VersionPage, std::string> read_versions(Reader& reader, const VersionsRequest& request,
                                               std::uint64_t id) {
  VersionFill fill(request);
  VersionPage& page = fill.page();
  const auto found = reader.lookup().message(id, page.message);
  if (found == MessageLookup::Found::failed) return fail(reader.failure());
  if (!page.message || page.message->recalled()) return std::move(page);
  const ports::MessageExtra none;
  const ports::MessageExtra& extra = page.message->extra ? *page.message->extra : none;
  const auto newest = static_cast<std::uint32_t>(extra.edits.size());
  if (request.before == 0 || newest < request.before) {
    fill.offer({.number = newest,
                .time_ms = extra.edited_ms != 0 ? extra.edited_ms : page.message->time_ms,
                .body = page.message->body});
  }
  const Rewind rewind(reader.versions);
  reader.versions.bind(1, id);
  reader.versions.bind(2, std::uint64_t{request.before == 0 ? newest : request.before});
  for (;;) {
    const int code = reader.versions.step();
    if (code == SQLITE_DONE) return std::move(page);
    if (code != SQLITE_ROW) return fail(reader.failure());
    MessageVersion version{.number = static_cast<std::uint32_t>(reader.versions.uint(0)),
                           .time_ms = reader.versions.sint(1),
                           .body = std::string(reader.versions.bytes(2))};
    if (!fill.offer(std::move(version))) return std::move(page);
  }
}

}  // namespace

void Reads::versions(VersionsJob job) {
  const VersionsRequest& request = job.request;
  const streams::StreamState* const stream = set_.stream(request.conversation);
  if (stream == nullptr) return job.done(fail(unavailable(connection_.failure().text)));
  if (request.cseq <= stream->trimmed || request.cseq > stream->head) return job.done(VersionPage{});
  std::uint64_t id = stream->in_tail(request.cseq);
  if (id == 0 && !tables_.find_entry(request.conversation, request.cseq, id))
    return job.done(fail(unavailable(connection_.failure().text)));
  if (id == 0) return job.done(VersionPage{});
  hand_over<VersionPage>(std::move(job.done),
                         [request, id](Reader& reader) { return read_versions(reader, request, id); });
}

}  // namespace plaza::sqlite
