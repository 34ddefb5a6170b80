// Taking back what was said, as the app's server: no time is too late for it, and no role too high.
#include "backend/content.h"
#include "backend/rooms.h"

namespace plaza::backend {

namespace json = boost::json;

namespace {

json::object answer_of(const ports::Message& target, std::uint64_t seq, std::int64_t recalled_ms,
                       MemberId by) {
  return {
      {"seq", seq}, {"message", target.id.value}, {"recalled_ms", recalled_ms}, {"recalled_by", by.value}};
}

/// The message at the place that the call names.
ApiResult<ports::MessagePtr> target_of(const Call& call, ports::StreamId conversation) {
  const std::uint64_t seq = call.args.number("seq");
  const auto page = call.services.live.read(conversation, seq - 1, 1);
  if (!page) return refuse(ErrorCode::unavailable);
  if (page->entries.empty() || page->entries.front().seq != seq)
    return refuse(ErrorCode::not_found, "there is no such message", "seq",
                  "the place of a message in the conversation");
  const ports::MessagePtr& target = page->entries.front().message;
  if (target->change() != nullptr || target->kind == ports::MessageKind::event)
    return refuse(ErrorCode::conflict, "that is no message of anybody, but a change", "seq",
                  "the place of a text, an image, a file or a custom message");
  return target;
}

/// The recall is a message of the conversation itself: in its order, so that all clients agree on it.
ports::Message recall_of(const Call& call, const ports::Zone& zone, ports::StreamId conversation) {
  ports::Message recall;
  recall.zone = zone.id;
  recall.sender_name = call.app.name;
  recall.kind = ports::MessageKind::change;
  recall.conversation = conversation;
  ports::MessageExtra extra;
  extra.change = ports::MessageChange{.action = ports::ChangeAction::recall,
                                      .target = call.args.number("seq")};
  recall.extra = std::make_shared<const ports::MessageExtra>(std::move(extra));
  name_send(call, recall);
  return recall;
}

}  // namespace

Answer recall_in_room(Call& call) {
  const auto open = open_room(call);
  if (!open) return fail(open.error());
  const auto conversation = ports::StreamId::room(open->room.id);
  const auto found = target_of(call, conversation);
  if (!found) return fail(found.error());
  const ports::Message& target = **found;
  if (target.recalled())
    return answer_of(target, call.args.number("seq"), target.extra->recalled_ms, target.extra->recalled_by);
  const auto stored = call.services.live.send_to_room(recall_of(call, open->zone, conversation));
  if (!stored) return refuse(ErrorCode::unavailable);
  if (!*stored) return fail(of_directory(stored->error(), "room"));
  return answer_of(target, call.args.number("seq"), (*stored)->time_ms, MemberId{});
}

Answer recall_of_member(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto member = member_in(call, *zone);
  if (!member) return fail(member.error());
  auto conversation = ports::StreamId::notices(member->id);
  if (call.args.has("peer")) {
    const auto peer = call.services.directory.member(zone->id, MemberId{call.args.number("peer")});
    if (!peer) return fail(of_directory(peer.error(), "peer"));
    conversation = ports::StreamId::pair(member->id, peer->id);
  }
  const auto found = target_of(call, conversation);
  if (!found) return fail(found.error());
  const ports::Message& target = **found;
  if (target.recalled())
    return answer_of(target, call.args.number("seq"), target.extra->recalled_ms, target.extra->recalled_by);
  ports::Message recall = recall_of(call, *zone, conversation);
  // Between two members nobody else speaks: it is taken back in the name of whoever said it.
  recall.sender = target.sender;
  recall.sender_name = target.sender_name;
  const auto stored = call.services.live.send(std::move(recall));
  if (!stored) return refuse(ErrorCode::unavailable);
  return answer_of(target, call.args.number("seq"), stored->time_ms, target.sender);
}

}  // namespace plaza::backend
