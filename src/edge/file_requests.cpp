#include "edge/file_requests.h"

#include <algorithm>
#include <chrono>
#include <future>
#include <memory>
#include <utility>

#include "edge/file_answers.h"
#include "files/body.h"
#include "files/byte_range.h"

namespace plaza::edge {

using files::FileCode;
using files::parse_number;
using ports::FileContents;
using ports::FileId;
using ports::StreamId;
using ports::UploadId;

namespace {

constexpr std::string_view kFiles = "/files";
constexpr std::string_view kUploads = "/files/uploads/";
constexpr std::string_view kThumbnail = "/thumbnail";
constexpr std::string_view kBearer = "Bearer ";
constexpr std::string_view kBusy = "the server is busy";
constexpr std::chrono::seconds kStoreDeadline{5};

/// Before anybody has looked whose token it is: those with one token are taken in turn with those with another, and all that have none are
/// one. A number that no app's id has.
Share share_of(const net::HttpRequest& request) {
  constexpr Share kToken = Share{1} << 63;
  return std::hash<std::string_view>{}(request.header("Authorization")) | kToken;
}

/// The number in the query, such as 8 in "friendid=8&cseq=3".
std::optional<std::uint64_t> query_number(std::string_view query, std::string_view name) {
  while (!query.empty()) {
    const std::size_t end = query.find('&');
    const std::string_view one = query.substr(0, end);
    query.remove_prefix(end == std::string_view::npos ? query.size() : end + 1);
    if (one.size() > name.size() && one.starts_with(name) && one[name.size()] == '=')
      return parse_number(one.substr(name.size() + 1));
  }
  return std::nullopt;
}

net::HttpResponse done() {
  net::HttpResponse response;
  response.status = 204;
  return response;
}

/// A download on its way: one piece in memory, read when the one before is written.
class FileBody final : public net::HttpBody {
 public:
  FileBody(files::FileService& files, WorkerPool& workers, AppId app, ports::StoredFile file,
           FileContents::Part part, const files::ByteRange& range)
      : files_(files),
        workers_(workers),
        app_(app),
        file_(std::move(file)),
        part_(part),
        at_(range.first),
        left_(range.count) {}

  [[nodiscard]] std::uint64_t bytes() const override { return left_; }
  void next(std::shared_ptr<net::HttpBody> self, std::move_only_function<void(std::string)> piece) override {
    // The job holds the body, the connection may be gone meanwhile.
    auto shared = std::make_shared<std::move_only_function<void(std::string)>>(std::move(piece));
    const bool started = workers_.try_run([this, self = std::move(self), shared] { (*shared)(read()); },
                                          app_.value);
    if (!started) (*shared)({});
  }

 private:
  std::string read() {
    const auto count = static_cast<std::size_t>(std::min<std::uint64_t>(left_, FileRequests::kPieceBytes));
    auto bytes = files_.read(file_, part_, at_, count);
    if (!bytes || bytes->size() != count) return {};
    at_ += count;
    left_ -= count;
    return std::move(*bytes);
  }

  files::FileService& files_;
  WorkerPool& workers_;
  const AppId app_;
  const ports::StoredFile file_;
  const FileContents::Part part_;
  // One reading at a time.
  std::uint64_t at_;
  std::uint64_t left_;
};

}  // namespace

bool FileRequests::takes(std::string_view path) { return path == kFiles || path.starts_with("/files/"); }

std::optional<net::HttpResponse> FileRequests::ask(net::HttpExchange asked, net::HttpAnswer answer_later) {
  const std::string origin(asked.request.header("Origin"));
  if (asked.request.method == "OPTIONS") return parts_.origins.preflight(origin);
  const auto marked = [this, origin](net::HttpResponse response) {
    parts_.origins.mark(response, origin);
    return response;
  };
  const Share share = share_of(asked.request);
  const auto shared = std::make_shared<net::HttpAnswer>(
      [marked, answer_later = std::move(answer_later)](net::HttpResponse response) mutable {
        answer_later(marked(std::move(response)));
      });
  const bool started = parts_.workers.try_run(
      [this, asked = std::move(asked), shared]() mutable { answer(std::move(asked), shared); }, share);
  if (!started) return marked(refused(503, kBusy));
  return std::nullopt;
}

/// Whose it is, is found out in the token's turn; what is asked is done in the app's, however many tokens that has.
void FileRequests::answer(net::HttpExchange exchange, const AnswerPtr& later) {
  net::HttpResponse refusal;
  const auto who = authenticate(exchange, refusal);
  if (!who) return (*later)(std::move(refusal));
  const bool started = parts_.workers.try_run(
      [this, exchange = std::move(exchange), who = *who, later] {
        (*later)(route({.request = exchange.request, .who = who}));
      },
      who->app.value);
  if (!started) (*later)(refused(503, kBusy));
}

std::optional<files::Requester> FileRequests::authenticate(const net::HttpExchange& exchange,
                                                           net::HttpResponse& refusal) {
  const std::string_view header = exchange.request.header("Authorization");
  refusal = refused(401, "a member's token is needed: Authorization: Bearer TOKEN");
  refusal.headers.emplace_back("WWW-Authenticate", "Bearer");
  if (!header.starts_with(kBearer)) return std::nullopt;
  login::LoginRequest request{.proof = login::TokenProof{std::string(header.substr(kBearer.size()))},
                              .place = {},
                              .device = {},
                              .address = exchange.remote.ip_text(),
                              .mode = login::LoginMode::account};
  const auto login = parts_.login.login(request);
  if (!login) {
    const auto code = login.error().code;
    if (code == login::LoginCode::unavailable || code == login::LoginCode::try_again)
      refusal = refused(503, "try again");
    if (code == login::LoginCode::limited) refusal = refused(429, "too many wrong tokens, wait");
    return std::nullopt;
  }
  const ports::Member* const member = login->entered_member();
  if (member == nullptr) return std::nullopt;
  if (banned(*member)) {
    refusal = refused(403, "banned");
    return std::nullopt;
  }
  return files::Requester{.app = login->zone->app, .zone = login->zone->id, .member = member->id};
}

bool FileRequests::banned(const ports::Member& member) {
  const auto sanctions = parts_.moderation.sanctions_of(member.zone, member.id, parts_.clock.wall_ms());
  // A list that cannot be read lets nobody in.
  return !sanctions || std::ranges::any_of(*sanctions, [](const ports::Sanction& sanction) {
    return sanction.kind == ports::SanctionKind::ban;
  });
}

net::HttpResponse FileRequests::route(const Asked& asked) {
  const std::string_view path = asked.request.path();
  if (path == kFiles) return asked.request.method == "POST" ? begin(asked) : refused_method("POST");
  if (path.starts_with(kUploads)) {
    const auto id = parse_number(path.substr(kUploads.size()));
    return id ? route_upload(asked, UploadId{*id}) : refused(404, "no such upload");
  }
  std::string_view number = path.substr(kFiles.size() + 1);
  auto part = FileContents::Part::content;
  if (number.ends_with(kThumbnail)) {
    number.remove_suffix(kThumbnail.size());
    part = FileContents::Part::thumbnail;
  }
  const auto id = parse_number(number);
  return id ? route_file(asked, FileId{*id}, part) : refused(404, "no such file");
}

net::HttpResponse FileRequests::route_upload(const Asked& asked, UploadId id) {
  const std::string& method = asked.request.method;
  if (method == "HEAD" || method == "GET") return state(asked, id);
  if (method == "PATCH") return append(asked, id);
  if (method == "DELETE") return cancel(asked, id);
  return refused_method("HEAD, GET, PATCH, DELETE");
}

net::HttpResponse FileRequests::route_file(const Asked& asked, FileId id, FileContents::Part part) {
  const std::string& method = asked.request.method;
  if (method == "DELETE" && part == FileContents::Part::content) return remove(asked, id);
  if (method != "GET" && method != "HEAD") return refused_method("GET, HEAD, DELETE");
  const auto file = parts_.files.file(asked.who.zone, id);
  if (!file) return refused(file.error());
  // Who may not read it learns no more than who asks for one that is not there.
  if (!may_read(asked, *file)) return refused(404, "no such file");
  return download(asked, *file, part);
}

net::HttpResponse FileRequests::begin(const Asked& asked) {
  const auto wanted = files::parse_new_upload(asked.request.body);
  if (!wanted) return refused(400, R"(the body is {"size":BYTES,"type":"image/png","name":"cat.png"})");
  const auto upload = parts_.files.begin(asked.who, wanted->size, wanted->type, wanted->name);
  if (!upload) return refused(upload.error());
  net::HttpResponse response = json_response(201, upload_json(*upload, parts_.chunk_bytes_max));
  response.headers.emplace_back("Location", std::string(kUploads) + std::to_string(upload->id.value));
  return response;
}

net::HttpResponse FileRequests::state(const Asked& asked, UploadId id) {
  const auto progress = parts_.files.state(asked.who, id);
  if (!progress) return refused(progress.error());
  return progress_response(*progress);
}

net::HttpResponse FileRequests::append(const Asked& asked, UploadId id) {
  const auto offset = parse_number(asked.request.header("Upload-Offset"));
  if (!offset) return refused(400, "Upload-Offset says where the bytes belong");
  const auto progress = parts_.files.append(asked.who, id, *offset, asked.request.body);
  if (!progress) return refused(progress.error());
  return progress_response(*progress);
}

net::HttpResponse FileRequests::cancel(const Asked& asked, UploadId id) {
  const auto gone = parts_.files.cancel(asked.who, id);
  return gone ? done() : refused(gone.error());
}

net::HttpResponse FileRequests::remove(const Asked& asked, FileId id) {
  const auto gone = parts_.files.remove(asked.who, id);
  return gone ? done() : refused(gone.error());
}

net::HttpResponse FileRequests::download(const Asked& asked, const ports::StoredFile& file,
                                         FileContents::Part part) {
  const bool small = part == FileContents::Part::thumbnail;
  if (small && file.thumbnail_bytes == 0) return refused(404, "no thumbnail");
  const std::uint64_t size = small ? file.thumbnail_bytes : file.size;
  const std::string tag = entity_tag(file, small);
  net::HttpResponse response = file_response(file, small, tag);
  if (asked.request.header("If-None-Match") == tag) {
    response.status = 304;
    return response;
  }
  // A part of another version than the one that is known is of no use.
  const std::string_view known = asked.request.header("If-Range");
  const auto range = files::parse_range(known.empty() || known == tag ? asked.request.header("Range") : "",
                                        size);
  if (range.kind == files::ByteRange::Kind::unsatisfiable) {
    net::HttpResponse refusal = refused(416, "no such part");
    refusal.headers.emplace_back("Content-Range", "bytes */" + std::to_string(size));
    return refusal;
  }
  if (range.kind == files::ByteRange::Kind::part) {
    response.status = 206;
    response.headers.emplace_back("Content-Range", content_range(range, size));
  }
  // A content that is gone is said now, not in the middle.
  if (const auto there = parts_.files.read(file, part, range.first, 1); !there || there->size() != 1)
    return there ? refused(404, "its content is not there any more") : refused(there.error());
  response.stream = std::make_shared<FileBody>(parts_.files, parts_.workers, asked.who.app, file, part,
                                               range);
  return response;
}

/// The owner may, and who may read a message of the owner's that has it. Of the owner's, because what stands in a message is the
/// sender's word.
bool FileRequests::may_read(const Asked& asked, const ports::StoredFile& file) {
  if (file.owner == asked.who.member) return true;
  const auto where = place(asked);
  if (!where) return false;
  const ports::MessagePtr message = message_at(*where);
  if (!message || message->sender != file.owner) return false;
  if (message->kind != ports::MessageKind::image && message->kind != ports::MessageKind::file) return false;
  const auto reference = files::file_reference(message->body);
  return reference && reference->file == file.id;
}

std::optional<FileRequests::Place> FileRequests::place(const Asked& asked) {
  const std::string_view query = asked.request.query();
  const auto cseq = query_number(query, "cseq");
  const auto friendid = query_number(query, "friendid"), groupid = query_number(query, "groupid");
  if (!cseq || *cseq == 0 || friendid.has_value() == groupid.has_value()) return std::nullopt;
  if (friendid) {
    if (*friendid == 0) return std::nullopt;
    return Place{.stream = StreamId::pair(asked.who.member, MemberId{*friendid}), .cseq = *cseq};
  }
  const auto standing = parts_.directory.standing(asked.who.zone, RoomId{*groupid}, asked.who.member);
  if (!standing || !standing->joined || *cseq < standing->visible_from) return std::nullopt;
  return Place{.stream = StreamId::room(RoomId{*groupid}), .cseq = *cseq};
}

ports::MessagePtr FileRequests::message_at(const Place& place) {
  ports::ReadRequest read;
  read.stream = place.stream;
  read.backward = true;
  read.from = place.cseq + 1;
  read.entries_max = 1;
  auto done = std::make_shared<std::promise<ports::MessagePtr>>();
  auto answered = done->get_future();
  parts_.store.read(read, [done, cseq = place.cseq](Result<ports::Page, ports::StoreError> page) {
    const bool there = page && !page->entries.empty() && page->entries.front().seq == cseq;
    done->set_value(there ? page->entries.front().message : nullptr);
  });
  if (answered.wait_for(kStoreDeadline) != std::future_status::ready) return nullptr;
  return answered.get();
}

}  // namespace plaza::edge
