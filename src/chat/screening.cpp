#include "chat/screening.h"

#include "chat/message_view.h"
#include "chat/sanctions.h"
#include "chat/screening_metrics.h"
#include "moderation/word_policy.h"

namespace plaza::chat {

using ports::WordAction;
using protocol::Errno;

std::optional<Refusal> muted(const ShardState& state, const MemberState& sender) {
  const auto& mute = sender.mute;
  if (!mute || !mute->in_force(state.node.clock.wall_ms())) return std::nullopt;
  return refusal_of(*mute);
}

std::optional<Refusal> screen(const ShardState& state, ZoneId zone, const protocol::Content& content,
                              std::string& masked) {
  const ports::WordFilter* filter = state.words.of(zone);
  if (!filter || content.kind != 0) return std::nullopt;
  moderation::Judged judged = moderation::judge(*filter, content.bytes());
  if (judged.action == WordAction::refuse) {
    screening_metrics().refused.add();
    return Refusal{.error = Errno::content_refused, .message = {}, .field = "msg"};
  }
  if (judged.action == WordAction::mask) {
    screening_metrics().masked.add();
    masked = std::move(judged.masked);
  }
  return std::nullopt;
}

void report_words(ShardState& state, const ports::Message& accepted) {
  const ports::WordFilter* filter = state.words.of(accepted.zone);
  if (!filter || content_kind(accepted) != ports::MessageKind::text) return;
  const auto judged = moderation::judge(*filter, accepted.body);
  if (judged.action != WordAction::report) return;
  ports::Report report{.id = {},
                       .zone = accepted.zone,
                       .reporter = {},
                       .time_ms = state.node.clock.wall_ms(),
                       .reason = "word filter",
                       .conversation = accepted.conversation,
                       .conversation_seq = accepted.conversation_seq,
                       .message = accepted.id,
                       .sender = accepted.sender,
                       .sender_name = accepted.sender_name,
                       .sent_ms = accepted.time_ms,
                       .kind = content_kind(accepted),
                       .body = accepted.body};
  auto& moderation = state.node.moderation;
  const bool started = state.node.executor.blocking(
      [&moderation, events = state.node.app_events, report = std::move(report)] {
        const auto made = moderation.put_report(report);
        if (made && events) events->reported(report.zone);
        (made ? screening_metrics().reported : screening_metrics().not_reported).add();
      });
  if (!started) screening_metrics().not_reported.add();
}

}  // namespace plaza::chat
