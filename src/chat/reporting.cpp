#include "chat/reporting.h"

#include "moderation/sanction_rules.h"
#include "protocol/message_requests.h"

namespace plaza::chat {

using protocol::Errno;

namespace {
Refusal no_such_message() {
  return {.error = Errno::no_such_message, .field = "cseq", .allowed = "the cseq of a message that is there"};
}
}  // namespace

Verdict Reporting::report(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Report>(request);
  const Asked asked = Asked::from(request);
  std::string reason(wanted.reason);
  if (const auto good = moderation::check_text("reason", reason, ports::kReasonBytesMax); !good) {
    return refuse(session, asked,
                  {.error = Errno::bad_request, .field = "reason", .allowed = good.error().detail});
  }
  const Reading::Target of = reading_.target(session, asked, wanted.of);
  if (!of.stream) return of.verdict;
  if (wanted.cseq == 0 || wanted.cseq < of.visible_from) return refuse(session, asked, no_such_message());
  std::int64_t wait_ms = 0;
  if (!session.member->rates.reports.take(state_.limits.member_reports, state_.node.executor.now_ms(),
                                          wait_ms)) {
    return refuse(session, asked,
                  {.error = Errno::rate_limited,
                   .message = "too many reports, wait a little",
                   .retry_after_ms = static_cast<std::uint64_t>(wait_ms)});
  }
  ports::ReadRequest read;
  read.stream = of.stream;
  read.backward = true;
  read.from = wanted.cseq + 1;
  read.entries_max = 1;
  auto then = [this, asked, stream = of.stream, cseq = wanted.cseq, reason = std::move(reason)](
                  Session& s, Result<ports::Page, ports::StoreError> page) {
    if (!page) return refuse(s, asked, storage_unavailable());
    if (page->entries.empty() || page->entries.front().seq != cseq)
      return refuse(s, asked, no_such_message());
    return store(s, asked, stream, reason, *page->entries.front().message);
  };
  state_.node.store.read(read, state_.answer<ports::Page>(session, std::move(then)));
  return Verdict::wait;
}

Verdict Reporting::store(Session& session, const Asked& asked, ports::StreamId stream,
                         const std::string& reason, const ports::Message& message) {
  const MemberId me = session.member->who.id;
  if (message.sender == me || !message.sender) {
    return refuse(session, asked,
                  {.error = Errno::not_permitted,
                   .message = message.sender ? "your own message" : "a message of the server",
                   .field = "cseq",
                   .allowed = "another member's message"});
  }
  ports::Report report{.id = {},
                       .zone = session.zone,
                       .reporter = me,
                       .time_ms = state_.node.clock.wall_ms(),
                       .reason = reason,
                       .conversation = stream,
                       .conversation_seq = message.conversation_seq,
                       .message = message.id,
                       .sender = message.sender,
                       .sender_name = message.sender_name,
                       .sent_ms = message.time_ms,
                       .kind = message.kind,
                       .body = message.body};
  auto& moderation = state_.node.moderation;
  const bool started = state_.await(
      session,
      [&moderation, events = state_.node.app_events, report = std::move(report)] {
        auto made = moderation.put_report(report);
        if (made && events) events->reported(report.zone);
        return made;
      },
      [asked](Session& s, const ports::DirectoryResult<ports::ReportMade>& made) {
        if (made) return ok(s, asked);
        return refuse(s, asked, refusal_of(made.error(), Errno::no_such_peer, Errno::conflict));
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

}  // namespace plaza::chat
