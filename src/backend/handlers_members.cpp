// Members: who they are, how they log in, what is said to them.
#include <algorithm>
#include <boost/json/serialize.hpp>

#include "backend/content.h"
#include "backend/member_view.h"
#include "backend/rooms.h"
#include "base/digest.h"
#include "base/secret_box.h"
#include "login/name_rules.h"

namespace plaza::backend {

namespace json = boost::json;

namespace {

json::object shown(const Call& call, const ports::Member& member) {
  json::object out{{"member", member.id.value},
                   {"nickname", member.nickname},
                   {"online", call.services.live.is_online(member.id)}};
  add_settings(out, member);
  return out;
}

/// An account of the app's own for its user; without a user one that only this call knows.
std::string vendor_user_of(const Call& call) {
  if (call.args.has("user")) return "user:" + call.args.text("user");
  return "once:" + (call.once.empty() ? to_hex(random_bytes(16)) : call.once);
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

Answer set_member(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto member = member_in(call, *zone);
  if (!member) return fail(member.error());
  login::UpdateMemberRequest update{.zone = zone->id,
                                    .member = member->id,
                                    .nickname = {},
                                    .avatar = {},
                                    .custom = {},
                                    .friends_from = {},
                                    .messages_from = {}};
  if (call.args.has("nickname")) update.nickname = call.args.text("nickname");
  if (call.args.has("avatar")) update.avatar = call.args.text("avatar");
  if (const auto* custom = call.args.object("custom")) update.custom = json::serialize(*custom);
  if (call.args.has("friends_from"))
    update.friends_from = chosen(call, "friends_from", kFriendsFrom, ports::FriendsFrom::anyone);
  if (call.args.has("messages_from"))
    update.messages_from = chosen(call, "messages_from", kMessagesFrom, ports::MessagesFrom::anyone);
  const auto now = call.services.login.update_member(update);
  if (!now) return fail(of_login(now.error()));
  const bool seen = update.nickname || update.avatar || update.custom;
  // Made, and not everywhere known: who asks again makes it so.
  if (!call.services.live.member_changed(*now, seen)) return refuse(ErrorCode::unavailable);
  return shown(call, *now);
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

Answer find_account_members(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  json::array list;
  // An account without a member here is as one that nobody has: accounts are everybody's.
  const auto name = login::check_name(call.args.text("account"));
  const auto account = name ? call.services.directory.account_by_name(name->key)
                            : ports::DirectoryResult<ports::Account>(
                                  fail(ports::DirectoryError{ports::DirectoryCode::not_found, "account"}));
  if (!account && account.error().code != ports::DirectoryCode::not_found)
    return fail(of_directory(account.error()));
  if (account) {
    const auto members = call.services.directory.members_of(account->id, zone->id);
    if (!members) return fail(of_directory(members.error()));
    for (const auto& member : *members) list.emplace_back(shown(call, member));
  }
  if (list.empty()) return refuse(ErrorCode::not_found, "account", "account");
  return json::object{{"members", std::move(list)}};
}

namespace {

/// The page of what comes behind `after`, of a list by id that is short enough to be read as a whole.
template <class Entry, class IdOf, class Show>
json::object page_of(const Call& call, std::string_view name, std::vector<Entry> all, IdOf id_of, Show show) {
  const auto limit = page_limit(call);
  const std::uint64_t after = call.args.number("after");
  std::ranges::sort(all, {}, id_of);
  json::array list;
  json::object answer;
  for (const Entry& entry : all) {
    if (id_of(entry) <= after) continue;
    if (list.size() == limit) {
      answer["next"] = list.back().get_object().begin()->value();
      break;
    }
    list.emplace_back(show(entry));
  }
  answer[name] = std::move(list);
  return answer;
}

}  // namespace

Answer member_rooms(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto member = member_in(call, *zone);
  if (!member) return fail(member.error());
  auto rooms = call.services.directory.rooms_of(zone->id, member->id);
  if (!rooms) return fail(of_directory(rooms.error()));
  return page_of(
      call, "rooms", std::move(*rooms), [](const ports::Room& room) { return room.id.value; },
      [](const ports::Room& room) {
        return json::object{{"room", room.id.value},
                            {"name", room.name},
                            {"members", room.members},
                            {"role", word_of(kRoomRoles, room.role)}};
      });
}

Answer member_friends(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto member = member_in(call, *zone);
  if (!member) return fail(member.error());
  auto relations = call.services.directory.relations(zone->id, member->id);
  if (!relations) return fail(of_directory(relations.error()));
  std::erase_if(*relations,
                [](const ports::Relation& one) { return one.friendship != ports::Friendship::friends; });
  return page_of(
      call, "friends", std::move(*relations), [](const ports::Relation& one) { return one.peer.value; },
      [&call](const ports::Relation& one) {
        return json::object{{"member", one.peer.value},
                            {"nickname", one.peer_name},
                            {"online", call.services.live.is_online(one.peer)}};
      });
}

Answer send_to_member(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto member = member_in(call, *zone);
  if (!member) return fail(member.error());
  auto message = message_of(call, *zone);
  if (!message) return fail(message.error());
  message->conversation = message->from_server() ? ports::StreamId::notices(member->id)
                                                 : ports::StreamId::pair(message->sender, member->id);
  if (auto within = within_quota(call, *zone); !within) return fail(within.error());
  const auto stored = call.services.live.send(std::move(*message));
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
