// Rooms: their lists, and what is said in them.
#include "backend/content.h"
#include "backend/rooms.h"

namespace plaza::backend {

namespace json = boost::json;

namespace {

Answer listed(Call& call, ports::RoomList list) {
  const auto found = open_room(call);
  if (!found) return fail(found.error());
  const auto page = call.services.directory.listed(found->zone.id, found->room.id, list,
                                                   MemberId{call.args.number("after")}, page_limit(call),
                                                   call.services.clock.wall_ms());
  if (!page) return fail(of_directory(page.error(), "room"));
  json::array entries;
  for (const auto& entry : page->entries) {
    json::object one{{"member", entry.id.value}, {"nickname", entry.name}, {"time_ms", entry.time_ms}};
    if (entry.by) one["by"] = entry.by.value;
    if (list == ports::RoomList::bans && entry.until_ms != ports::kForEverMs)
      one["until_ms"] = entry.until_ms;
    entries.emplace_back(std::move(one));
  }
  json::object answer{{"list", std::move(entries)}};
  if (page->more && !page->entries.empty()) answer["next"] = page->entries.back().id.value;
  return answer;
}

json::object shown(const ports::RoomPin& pin) {
  json::object out{{"seq", pin.cseq}, {"message", pin.message.value}, {"time_ms", pin.time_ms}};
  if (pin.by) out["by"] = pin.by.value;
  return out;
}

ApiResult<json::object> pins_of(const Call& call, const OpenRoom& open) {
  const auto pins = call.services.directory.pins(open.zone.id, open.room.id);
  if (!pins) return fail(of_directory(pins.error(), "room"));
  json::array list;
  for (const auto& pin : *pins) list.emplace_back(shown(pin));
  return json::object{{"pins", std::move(list)}};
}

Answer change_pins(const Call& call, const OpenRoom& open, const ports::RoomChange& change) {
  const auto outcome = call.services.live.change_room(open.zone.id, open.room.id, change);
  if (!outcome) return refuse(ErrorCode::unavailable);
  if (!*outcome) return fail(of_directory(outcome->error(), "seq"));
  return pins_of(call, open);
}

}  // namespace

Answer room_bans(Call& call) { return listed(call, ports::RoomList::bans); }
Answer room_requests(Call& call) { return listed(call, ports::RoomList::requests); }
Answer room_invitations(Call& call) { return listed(call, ports::RoomList::invitations); }

Answer pin_in_room(Call& call) {
  const auto open = open_room(call);
  if (!open) return fail(open.error());
  const std::uint64_t seq = call.args.number("seq");
  const auto page = call.services.live.read(ports::StreamId::room(open->room.id), seq - 1, 1);
  if (!page) return refuse(ErrorCode::unavailable);
  if (page->entries.empty() || page->entries.front().seq != seq)
    return refuse(ErrorCode::not_found, "there is no such message", "seq",
                  "the place of a message in the room");
  return change_pins(call, *open,
                     ports::change::Pin{.cseq = seq, .message = page->entries.front().message->id});
}

Answer unpin_in_room(Call& call) {
  const auto open = open_room(call);
  if (!open) return fail(open.error());
  return change_pins(call, *open, ports::change::Unpin{call.args.number("seq")});
}

Answer room_pins(Call& call) {
  const auto open = open_room(call);
  if (!open) return fail(open.error());
  return pins_of(call, *open);
}

Answer send_to_room(Call& call) {
  const auto open = open_room(call);
  if (!open) return fail(open.error());
  auto message = message_of(call, open->zone);
  if (!message) return fail(message.error());
  message->conversation = ports::StreamId::room(open->room.id);
  if (auto within = within_quota(call, open->zone); !within) return fail(within.error());
  const auto stored = call.services.live.send_to_room(std::move(*message));
  if (!stored) return refuse(ErrorCode::unavailable);
  if (!*stored) {
    const bool outside = stored->error().code == ports::DirectoryCode::not_member;
    return fail(of_directory(stored->error(), outside ? "from" : "room"));
  }
  return json::object{{"message", (*stored)->id.value},
                      {"seq", (*stored)->conversation_seq},
                      {"time_ms", (*stored)->time_ms},
                      {"duplicate", (*stored)->duplicate}};
}

Answer room_messages(Call& call) {
  const auto open = open_room(call);
  if (!open) return fail(open.error());
  return messages_page(call, ports::StreamId::room(open->room.id));
}

}  // namespace plaza::backend
