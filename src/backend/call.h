#pragma once
#include <algorithm>
#include <array>
#include <string>

#include "backend/api_error.h"
#include "backend/arguments.h"
#include "backend/authenticator.h"
#include "backend/event_desk.h"
#include "backend/live.h"
#include "backend/live_channels.h"
#include "backend/live_moderation.h"
#include "backend/operation.h"
#include "login/login_service.h"
#include "ports/announcements.h"
#include "ports/apps.h"
#include "ports/audit.h"
#include "ports/channels.h"
#include "ports/clock.h"
#include "ports/directory.h"
#include "ports/moderation.h"

namespace plaza::backend {

/// Bounds of what a call may ask for, from the settings.
struct ApiLimits {
  std::uint32_t page_entries_max = 200;
  std::uint32_t zones_per_app_max = 1000;
  std::uint32_t servers_per_app_max = 100;
  std::uint32_t message_bytes_max = 32 * 1024;
  std::uint32_t publication_bytes_max = 8 * 1024;
  std::uint32_t description_bytes_max = 512;
};

/// What operations work on. Everything outlives the Api.
struct Services {
  ports::Directory& directory;
  ports::Apps& apps;
  ports::AuditLog& audit;
  ports::Moderation& moderation;
  ports::Announcements& announcements;
  ports::Channels& channels;
  login::LoginService& login;
  Live& live;
  LiveModeration& live_moderation;
  LiveChannels& live_channels;
  Authenticator& authenticator;
  const ports::Clock& clock;
  EventServices events;
  std::string audit_key;
  ApiLimits limits;
};

/// One call on its way through its operation.
struct Call {
  const Services& services;
  const Arguments& args;
  const Caller& caller;
  ports::App app;  ///< which it is about; none for About::nothing
  std::string
      once;  ///< names the call when it may be repeated: 64 hexadecimal digits; empty without an idempotency_key
};

/// The zone named by the parameter "zone"; not_found also when it or its app is disabled.
ApiResult<ports::Zone> open_zone(const Call& call);
/// The member named by the parameter "member", in that zone.
ApiResult<ports::Member> member_in(const Call& call, const ports::Zone& zone);
/// The parameter "limit", within page_entries_max.
std::uint32_t page_limit(const Call& call);
/// The enum's value whose word the parameter is, or `otherwise`; `words` are in the order of the enum.
template <class Enum, std::size_t n>
Enum chosen(const Call& call, std::string_view param, const std::array<std::string_view, n>& words,
            Enum otherwise) {
  const auto at = std::ranges::find(words, call.args.text(param));
  return at == words.end() ? otherwise : static_cast<Enum>(at - words.begin());
}
template <class Enum, std::size_t n>
std::string_view word_of(const std::array<std::string_view, n>& words, Enum value) {
  return words.at(static_cast<std::size_t>(value));
}
/// When what is asked for `for_ms` ends, from now on; `otherwise` without it.
std::int64_t until_ms(const Call& call, std::int64_t otherwise);
/// How often a page was not the last one: "next" is what to give as `after`; absent on the last page.
template <class Id>
void add_next(boost::json::object& answer, std::size_t entries, std::uint32_t limit, Id last) {
  if (entries >= limit && entries > 0) answer["next"] = last.value;
}

/// Counts a message that the call is about to send in the zone: refused when the app has as much as it may.
ApiResult<void> within_quota(const Call& call, const ports::Zone& zone, Kept kept = Kept::stored);

// The operations, by what they are about (handlers_*.cpp).
Answer create_app(Call&);
Answer list_apps(Call&);
Answer show_app(Call&);
Answer rename_app(Call&);
Answer disable_app(Call&);
Answer enable_app(Call&);
Answer delete_app(Call&);
Answer register_server(Call&);
Answer list_servers(Call&);
Answer change_server(Call&);
Answer remove_server(Call&);
Answer create_key(Call&);
Answer rotate_key(Call&);
Answer list_keys(Call&);
Answer revoke_key(Call&);
Answer list_audit(Call&);
Answer verify_audit_log(Call&);
Answer create_zone(Call&);
Answer list_zones(Call&);
Answer show_zone(Call&);
Answer rename_zone(Call&);
Answer disable_zone(Call&);
Answer enable_zone(Call&);
Answer delete_zone(Call&);
Answer create_member(Call&);
Answer set_member(Call&);
Answer show_member(Call&);
Answer find_account_members(Call&);
Answer find_member(Call&);
Answer member_token(Call&);
Answer set_member_password(Call&);
Answer member_rooms(Call&);
Answer member_friends(Call&);
Answer send_to_member(Call&);
Answer kick_member(Call&);
Answer export_account(Call&);
Answer list_online(Call&);
Answer create_room(Call&);
Answer show_room(Call&);
Answer find_room(Call&);
Answer set_room(Call&);
Answer dissolve_room(Call&);
Answer add_room_member(Call&);
Answer remove_room_member(Call&);
Answer make_room_admin(Call&);
Answer remove_room_admin(Call&);
Answer transfer_room(Call&);
Answer ban_from_room(Call&);
Answer unban_from_room(Call&);
Answer mute_in_room(Call&);
Answer unmute_in_room(Call&);
Answer mute_room(Call&);
Answer unmute_room(Call&);
Answer invite_to_room(Call&);
Answer approve_room_request(Call&);
Answer refuse_room_request(Call&);
Answer room_bans(Call&);
Answer room_requests(Call&);
Answer room_invitations(Call&);
Answer pin_in_room(Call&);
Answer unpin_in_room(Call&);
Answer recall_in_room(Call&);
Answer recall_of_member(Call&);
Answer room_pins(Call&);
Answer send_to_room(Call&);
Answer room_messages(Call&);
Answer mute_member(Call&);
Answer unmute_member(Call&);
Answer ban_member(Call&);
Answer unban_member(Call&);
Answer list_sanctions(Call&);
Answer member_sanctions(Call&);
Answer list_reports(Call&);
Answer show_report(Call&);
Answer close_report(Call&);
Answer list_words(Call&);
Answer put_word(Call&);
Answer remove_word(Call&);
Answer create_announcement(Call&);
Answer list_announcements(Call&);
Answer show_announcement(Call&);
Answer withdraw_announcement(Call&);
Answer list_channels(Call&);
Answer put_channel(Call&);
Answer remove_channel(Call&);
Answer publish(Call&);
Answer channel_messages(Call&);
Answer subscribe_events(Call&);
Answer show_events(Call&);
Answer list_events(Call&);
Answer watch_room(Call&);
Answer unwatch_room(Call&);
Answer list_watched(Call&);
Answer create_webhook(Call&);
Answer list_webhooks(Call&);
Answer rotate_webhook(Call&);
Answer remove_webhook(Call&);
Answer list_dead_letters(Call&);
Answer redeliver_dead_letters(Call&);
Answer drop_dead_letters(Call&);
Answer show_quotas(Call&);
Answer set_quotas(Call&);

}  // namespace plaza::backend
