#include "chat/attaching.h"

#include "chat/sending.h"
#include "files/body.h"

namespace plaza::chat {

using ports::MessageKind;
using protocol::Errno;

namespace {

bool accepted_before(const Session& session, const Asked& asked) {
  return asked.send_id && *asked.send_id <= session.accepted_send_id;
}

bool fits(const ports::StoredFile& file, MessageKind kind) {
  return kind == MessageKind::file || file.type.starts_with("image/");
}

}  // namespace

std::optional<Verdict> Attaching::attach(Session& session, const Asked& asked, protocol::Content& content) {
  const auto kind = static_cast<MessageKind>(content.kind);
  if (state_.node.files == nullptr || !content.body) return std::nullopt;
  if (kind != MessageKind::image && kind != MessageKind::file) return std::nullopt;
  const auto reference = files::file_reference(*content.body);
  if (!reference) return std::nullopt;
  if (!session.attached || session.attached->id != reference->file)
    return look_up(session, asked, reference->file);
  const auto attached = std::move(session.attached);
  const auto& file = attached->file;
  if (file && file->owner == session.member->who.id && fits(*file, kind)) {
    body_ = files::file_body(*file, reference->text);
    content.body = body_;
    return std::nullopt;
  }
  // A repetition of a send whose file is gone since: the store says that it cannot be the same.
  if (accepted_before(session, asked)) return std::nullopt;
  return Sending::refuse_send(
      session, asked,
      {.error = Errno::no_such_file, .field = "body", .allowed = "a file of your own; for kind 1 a picture"});
}

Verdict Attaching::look_up(Session& session, const Asked& asked, ports::FileId file) {
  std::int64_t wait_ms = 0;
  if (!session.member->rates.requests.take(state_.limits.member_requests, state_.node.executor.now_ms(),
                                           wait_ms)) {
    return Sending::refuse_send(
        session, asked,
        {.error = Errno::rate_limited, .retry_after_ms = static_cast<std::uint64_t>(wait_ms)});
  }
  auto& catalog = *state_.node.files;
  const bool started = state_.await(
      session, [&catalog, zone = session.zone, file] { return catalog.file(zone, file); },
      [asked, file](Session& s, ports::DirectoryResult<ports::StoredFile> found) {
        if (!found && found.error().code != ports::DirectoryCode::not_found)
          return Sending::refuse_send(s, asked, storage_unavailable());
        s.attached = std::make_unique<AttachedFile>();
        s.attached->id = file;
        if (found) s.attached->file = std::move(*found);
        return Verdict::again;
      });
  return started ? Verdict::again : refuse(session, asked, busy());
}

}  // namespace plaza::chat
