// Every setting of sockets and sessions arrives where it is used: set away from its default, some option is different.
#include "app/node/options.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

#include "app/config/settings.h"

namespace plaza::app {
namespace {

/// Where each setting is expected, as a number or text.
struct Arrives {
  const char* key;
  std::string (*option)(const Config&);
};
void PrintTo(const Arrives& arrives, std::ostream* out) { *out << arrives.key; }

template <class T>
std::string text(const T& value) {
  return std::to_string(value);
}

ports::RoomLimits rooms(const Config& config) { return directory_options(config, 0).limits.rooms; }

auto balancer(const Config& config) {
  net::ListenerOptions options;
  put_balancers(options, {}, config);
  return options.balancer;
}

template <ports::Quota quota>
std::string of_apps(const Config& config) {
  const auto amount = app_quotas(config).of(quota);
  EXPECT_EQ(directory_options(config, 0).limits.app.of(quota), amount);
  return text(amount);
}

const std::vector<Arrives> kArrives{
    {"app.members_max", of_apps<ports::Quota::members>},
    {"app.rooms_max", of_apps<ports::Quota::rooms>},
    {"app.sessions_max", of_apps<ports::Quota::sessions>},
    {"app.message_rate_per_s", of_apps<ports::Quota::message_rate>},
    {"app.message_burst", of_apps<ports::Quota::message_burst>},
    {"app.stored_bytes_max", of_apps<ports::Quota::stored_bytes>},
    {"http.header_bytes_max",
     [](const Config& c) { return text(connection_options(c).http_header_bytes_max); }},
    {"http.body_bytes_max", [](const Config& c) { return text(connection_options(c).http_body_bytes_max); }},
    {"http.answer_deadline_ms", [](const Config& c) { return text(edge_limits(c).http_answer_deadline_ms); }},
    {"edge.frame_bytes_max", [](const Config& c) { return text(edge_limits(c).frame_bytes_max); }},
    {"edge.frame_before_login_bytes_max",
     [](const Config& c) { return text(edge_limits(c).frame_before_login_bytes_max); }},
    {"edge.frame_before_login_bytes_max",
     [](const Config& c) { return text(connection_options(c).frame_bytes_max); }},
    {"edge.login_deadline_ms", [](const Config& c) { return text(edge_limits(c).login_deadline_ms); }},
    {"edge.balancer_header_deadline_ms", [](const Config& c) { return text(balancer(c).deadline_ms); }},
    {"edge.balancer_connections_waiting_max", [](const Config& c) { return text(balancer(c).waiting_max); }},
    {"edge.http_idle_ms", [](const Config& c) { return text(edge_limits(c).http_idle_ms); }},
    {"edge.heartbeat_ms", [](const Config& c) { return text(edge_limits(c).heartbeat_ms); }},
    {"edge.heartbeat_ms", [](const Config& c) { return text(edge_limits(c).chat.heartbeat_ms); }},
    {"edge.dead_after_ms", [](const Config& c) { return text(edge_limits(c).dead_after_ms); }},
    {"edge.outbound_bytes_max", [](const Config& c) { return text(edge_limits(c).outbound_bytes_max); }},
    {"edge.outbound_bytes_max",
     [](const Config& c) { return text(connection_options(c).outbound_bytes_max); }},
    {"edge.connections_max", [](const Config& c) { return text(connection_limits(c).connections_max); }},
    {"edge.connections_per_address_max",
     [](const Config& c) { return text(connection_limits(c).per_address_max); }},
    {"edge.account_request_rate_per_s",
     [](const Config& c) { return text(edge_limits(c).account_requests.per_s); }},
    {"edge.account_request_burst",
     [](const Config& c) { return text(edge_limits(c).account_requests.burst); }},
    {"edge.send_window_max", [](const Config& c) { return text(edge_limits(c).chat.send_window_max); }},
    {"edge.list_entries_max", [](const Config& c) { return text(edge_limits(c).chat.list_entries_max); }},
    {"edge.turn_gone_max", [](const Config& c) { return text(shard_options(c).gone_per_turn); }},
    {"edge.turn_sessions_max", [](const Config& c) { return text(shard_options(c).arrivals_per_turn); }},
    {"edge.turn_mailbox_entries_max",
     [](const Config& c) { return text(shard_options(c).mailbox_tasks_per_turn); }},
    {"edge.turn_frames_max", [](const Config& c) { return text(shard_options(c).frames_per_turn); }},
    {"edge.turn_connection_frames_max",
     [](const Config& c) { return text(shard_options(c).frames_per_connection); }},
    {"edge.turn_connection_bytes_max",
     [](const Config& c) { return text(shard_options(c).read_bytes_per_connection); }},
    {"member.sessions_max",
     [](const Config& c) { return text(edge_limits(c).chat.sessions_per_member_max); }},
    {"member.remark_bytes_max", [](const Config& c) { return text(edge_limits(c).chat.remark_bytes_max); }},
    {"room.members_max", [](const Config& c) { return text(rooms(c).members_max); }},
    {"room.inbox_fanout_max", [](const Config& c) { return text(rooms(c).inbox_fanout_max); }},
    {"room.admins_max", [](const Config& c) { return text(rooms(c).admins_max); }},
    {"room.bans_max", [](const Config& c) { return text(rooms(c).bans_max); }},
    {"room.requests_max", [](const Config& c) { return text(rooms(c).requests_max); }},
    {"room.invitations_max", [](const Config& c) { return text(rooms(c).invitations_max); }},
    {"room.pins_max", [](const Config& c) { return text(rooms(c).pins_max); }},
    {"room.slow_mode_ms_max", [](const Config& c) { return text(rooms(c).slow_mode_ms_max); }},
    {"room.events_waiting_max", [](const Config& c) { return text(rooms(c).events_waiting_max); }},
    {"member.rooms_max", [](const Config& c) { return text(rooms(c).rooms_per_member_max); }},
    {"member.invitations_max", [](const Config& c) { return text(rooms(c).invitations_per_member_max); }},
    {"room.description_bytes_max",
     [](const Config& c) { return text(edge_limits(c).chat.room_description_bytes_max); }},
    {"room.receipt_members_max",
     [](const Config& c) { return text(edge_limits(c).chat.receipt_room_members_max); }},
    {"room.classic_users_max",
     [](const Config& c) { return text(edge_limits(c).chat.classic_group_users_max); }},
    {"message.body_bytes_max", [](const Config& c) { return text(edge_limits(c).chat.body_bytes_max); }},
    {"message.sync_entries_max", [](const Config& c) { return text(edge_limits(c).chat.page_entries_max); }},
    {"message.sync_bytes_max", [](const Config& c) { return text(edge_limits(c).chat.page_bytes_max); }},
    {"message.history_entries_max",
     [](const Config& c) { return text(edge_limits(c).chat.history_entries_max); }},
    {"announcement.members_per_s",
     [](const Config& c) { return text(edge_limits(c).chat.announcement_members_per_s); }},
    {"announcement.app_open_max",
     [](const Config& c) { return text(directory_options(c, 0).announcements.open_per_app_max); }},
    {"announcement.members_max",
     [](const Config& c) { return text(directory_options(c, 0).announcements.members_max); }},
    {"announcement.body_bytes_max",
     [](const Config& c) { return text(edge_limits(c).announcements.body_bytes_max); }},
    {"announcement.keep_days_max",
     [](const Config& c) { return text(edge_limits(c).announcements.keep_ms_max / 86'400'000); }},
    {"announcement.listed_days",
     [](const Config& c) { return text(janitor_options(c).announcements_kept_ms / 86'400'000); }},
    {"moderation.zone_sanctions_max",
     [](const Config& c) { return text(directory_options(c, 0).moderation.sanctions_per_zone_max); }},
    {"moderation.zone_open_reports_max",
     [](const Config& c) { return text(directory_options(c, 0).moderation.reports_open_per_zone_max); }},
    {"moderation.report_rate_per_min",
     [](const Config& c) { return text(edge_limits(c).chat.member_reports.per_min); }},
    {"moderation.report_burst",
     [](const Config& c) { return text(edge_limits(c).chat.member_reports.burst); }},
    {"file.size_bytes_max", [](const Config& c) { return text(files_options(c).rules.size_bytes_max); }},
    {"file.member_bytes_max", [](const Config& c) { return text(files_options(c).rules.quota.bytes_max); }},
    {"file.member_uploads_max",
     [](const Config& c) { return text(files_options(c).rules.quota.uploads_max); }},
    {"file.upload_expires_s",
     [](const Config& c) { return text(files_options(c).rules.upload_expires_ms / 1000); }},
    {"file.workers", [](const Config& c) { return text(files_options(c).workers); }},
    {"file.requests_waiting_max",
     [](const Config& c) { return text(files_options(c).requests_waiting_max); }},
    {"file.look_deadline_ms", [](const Config& c) { return text(files_options(c).look_deadline_ms); }},
    {"search.at_once_max", [](const Config& c) { return text(search_options(c).searches_at_once_max); }},
    {"search.index_interval_ms", [](const Config& c) { return text(search_options(c).index_interval_ms); }},
    {"search.member_rate_per_min",
     [](const Config& c) { return text(edge_limits(c).chat.member_searches.per_min); }},
    {"search.member_burst", [](const Config& c) { return text(edge_limits(c).chat.member_searches.burst); }},
    {"moderation.zone_words_max",
     [](const Config& c) { return text(directory_options(c, 0).moderation.word_rules_per_zone_max); }},
};

class AnOption : public testing::TestWithParam<Arrives> {};
TEST_P(AnOption, IsWhatItsSettingSays) {
  const Setting* setting = find_setting(GetParam().key);
  ASSERT_NE(setting, nullptr) << GetParam().key;
  for (const std::int64_t value : {setting->min, setting->min + 1}) {
    Config config;
    ASSERT_EQ(setting->set(*setting, config, value), "");
    EXPECT_EQ(GetParam().option(config), text(value)) << GetParam().key;
  }
}
INSTANTIATE_TEST_SUITE_P(All, AnOption, testing::ValuesIn(kArrives));

TEST(Options, NoNumberOfTheSectionsHttpAndEdgeIsForgottenHere) {
  for (const auto& setting : settings()) {
    if (setting.type != SettingType::integer || (setting.section != "http" && setting.section != "edge"))
      continue;
    EXPECT_TRUE(std::ranges::any_of(kArrives, [&](const Arrives& a) { return setting.key() == a.key; }))
        << setting.key();
  }
  Config config;
  config.http.origins = {"https://chat.example.org"};
  EXPECT_EQ(connection_options(config).origins, config.http.origins);
}

}  // namespace
}  // namespace plaza::app
