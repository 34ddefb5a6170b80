// Members: who they are, how they log in, what is said to them.
#include <algorithm>
#include <boost/json/serialize.hpp>

#include "backend/call.h"
#include "base/digest.h"
#include "base/secret_box.h"
#include "login/name_rules.h"

namespace plaza::backend {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 4> kKinds{"text", "image", "file", "custom"};
constexpr std::size_t kDeviceBytesMax = 32;

json::object shown(const Call& call, const ports::Member& member) {
  json::object out{{"member", member.id.value},
                   {"nickname", member.nickname},
                   {"online", call.services.live.is_online(member.id)}};
  if (!member.avatar.empty()) out["avatar"] = member.avatar;
  return out;
}

/// An account of the app's own for its user; without a user one that only this call knows.
std::string vendor_user_of(const Call& call) {
  if (call.args.has("user")) return "user:" + call.args.text("user");
  return "once:" + (call.once.empty() ? to_hex(random_bytes(16)) : call.once);
}

/// What is said: a text, or an object of another kind.
ApiResult<void> put_content(const Call& call, ports::Message& message) {
  const auto* object = call.args.object("body");
  if (call.args.has("msg") == (object != nullptr))
    return refuse(ErrorCode::bad_request, "one of msg and body is needed", "msg",
                  "msg for a text, body for the other kinds");
  const std::string kind = call.args.has("kind") ? call.args.text("kind") : object ? "custom" : "text";
  message.kind = static_cast<ports::MessageKind>(std::ranges::find(kKinds, kind) - kKinds.begin());
  if ((message.kind == ports::MessageKind::text) != (object == nullptr))
    return refuse(ErrorCode::bad_request, "this kind needs the other of msg and body", "kind",
                  "text with msg; image, file or custom with body");
  message.body = object ? json::serialize(*object) : call.args.text("msg");
  if (message.body.size() > call.services.limits.message_bytes_max) {
    return refuse(ErrorCode::too_large, {}, object ? "body" : "msg",
                  "at most " + std::to_string(call.services.limits.message_bytes_max) + " bytes");
  }
  return {};
}

/// A device of its own for each call that may be repeated: its one send_id is stored once, whatever happens in between.
void name_send(const Call& call, ports::Message& message) {
  if (call.once.empty()) {
    message.device = "@api";
    message.send_id = 0;
  } else {
    message.device = ("@" + call.once).substr(0, kDeviceBytesMax);
    message.send_id = 1;
  }
}

}  // namespace

Answer create_member(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto name = login::check_name(call.args.text("nickname"));
  if (!name) return refuse(ErrorCode::bad_request, name.error().detail, "nickname", name.error().allowed);
  // Before an account is made for it.
  const auto taken = call.services.directory.member_by_nickname(zone->id, name->key);
  const bool fresh_account = !call.once.empty() && !call.args.has("user");
  if (taken && !fresh_account) return refuse(ErrorCode::name_taken, "nickname", "nickname");
  if (!taken && taken.error().code != ports::DirectoryCode::not_found)
    return fail(of_directory(taken.error()));
  const auto account = call.services.directory.third_party_account(
      "plaza-app:" + std::to_string(call.app.id.value), vendor_user_of(call));
  if (!account) return fail(of_directory(account.error()));
  // The account is this very call's: it was made before, and its answer was lost.
  if (taken && taken->account == account->id) return shown(call, *taken);
  if (taken) return refuse(ErrorCode::name_taken, "nickname", "nickname");
  const auto member = call.services.login.create_member({.account = account->id,
                                                         .zone = zone->id,
                                                         .nickname = call.args.text("nickname"),
                                                         .avatar = call.args.text("avatar")});
  if (!member) return fail(of_login(member.error()));
  return shown(call, *member);
}

Answer show_member(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto member = member_in(call, *zone);
  if (!member) return fail(member.error());
  return shown(call, *member);
}

Answer find_member(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto name = login::check_name(call.args.text("nickname"));
  if (!name) return refuse(ErrorCode::not_found, "member", "nickname");
  const auto member = call.services.directory.member_by_nickname(zone->id, name->key);
  if (!member) return fail(of_directory(member.error(), "nickname"));
  return shown(call, *member);
}

Answer member_token(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto member = member_in(call, *zone);
  if (!member) return fail(member.error());
  const auto handover = call.services.login.issue_handover({.account = member->account,
                                                            .zone = zone->id,
                                                            .member = member->id,
                                                            .device = call.args.text("platform")});
  if (!handover) return fail(of_login(handover.error()));
  return json::object{
      {"token", handover->token}, {"expires_ms", handover->expires_ms}, {"member", member->id.value}};
}

Answer set_member_password(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto member = member_in(call, *zone);
  if (!member) return fail(member.error());
  // A person's account with members elsewhere is not this app's to open.
  const auto shared = call.services.apps.is_shared(member->account, call.app.id);
  if (!shared) return fail(of_directory(shared.error()));
  if (*shared && !call.caller.is_operator)
    return refuse(ErrorCode::not_permitted, "only its owner can change the password of this account",
                  "member");
  const auto revoked = call.services.login.reset_password(
      {.account = member->account, .new_password = call.args.text("password")});
  if (!revoked) return fail(of_login(revoked.error()));
  call.services.live.end_sessions(member->account, *revoked);
  return json::object{{"member", member->id.value}, {"changed", true}};
}

Answer member_rooms(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto member = member_in(call, *zone);
  if (!member) return fail(member.error());
  const auto rooms = call.services.directory.rooms_of(zone->id, member->id);
  if (!rooms) return fail(of_directory(rooms.error()));
  json::array list;
  for (const auto& room : *rooms)
    list.emplace_back(json::object{{"room", room.id.value}, {"name", room.name}, {"members", room.members}});
  return json::object{{"rooms", std::move(list)}};
}

Answer send_to_member(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto member = member_in(call, *zone);
  if (!member) return fail(member.error());
  ports::Message message;
  message.zone = zone->id;
  const auto from = call.services.directory.member(zone->id, MemberId{call.args.number("from")});
  if (!from) return fail(of_directory(from.error(), "from"));
  message.sender = from->id;
  message.sender_name = from->nickname;
  if (auto content = put_content(call, message); !content) return fail(content.error());
  name_send(call, message);
  message.conversation = ports::StreamId::pair(message.sender, member->id);
  const auto stored = call.services.live.send(std::move(message));
  if (!stored) return refuse(ErrorCode::unavailable);
  return json::object{
      {"message", stored->id.value}, {"time_ms", stored->time_ms}, {"duplicate", stored->duplicate}};
}

Answer kick_member(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto member = member_in(call, *zone);
  if (!member) return fail(member.error());
  const auto ended = call.services.live.kick(member->id, call.args.text("platform"),
                                             call.args.text("reason"));
  if (!ended) return refuse(ErrorCode::unavailable);
  return json::object{{"member", member->id.value}, {"sessions", *ended}};
}

Answer list_online(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto limit = page_limit(call);
  const auto online = call.services.live.online(zone->id, MemberId{call.args.number("after")}, limit);
  if (!online) return refuse(ErrorCode::try_again);
  json::array list;
  for (const auto& member : *online) {
    json::array platforms;
    for (const auto& device : member.devices) platforms.emplace_back(device);
    list.emplace_back(json::object{
        {"member", member.id.value}, {"nickname", member.nickname}, {"platforms", std::move(platforms)}});
  }
  json::object answer{{"members", std::move(list)}};
  add_next(answer, online->size(), limit, online->empty() ? MemberId{} : online->back().id);
  return answer;
}

}  // namespace plaza::backend
