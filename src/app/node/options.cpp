#include "app/node/options.h"

#include <algorithm>
#include <thread>

namespace plaza::app {
namespace {
// Settings are checked against their ranges when they are read, and every range fits.
constexpr std::int64_t kDayMs = 24LL * 3600 * 1000;
std::uint32_t u32(std::int64_t value) { return static_cast<std::uint32_t>(value); }
}  // namespace

std::uint32_t shard_count(const Config& config) {
  return config.server.shards > 0 ? u32(config.server.shards)
                                  : std::max(1U, std::thread::hardware_concurrency());
}

net::ShardOptions shard_options(const Config& config) {
  net::ShardOptions options;
  options.gone_per_turn = u32(config.edge.turn_gone_max);
  options.arrivals_per_turn = u32(config.edge.turn_sessions_max);
  options.mailbox_tasks_per_turn = u32(config.edge.turn_mailbox_entries_max);
  options.frames_per_turn = u32(config.edge.turn_frames_max);
  options.frames_per_connection = u32(config.edge.turn_connection_frames_max);
  options.read_bytes_per_connection = u32(config.edge.turn_connection_bytes_max);
  return options;
}

net::ConnectionOptions connection_options(const Config& config) {
  net::ConnectionOptions options;
  options.frame_bytes_max = u32(config.edge.frame_before_login_bytes_max);
  options.outbound_bytes_max = u32(config.edge.outbound_bytes_max);
  options.http_header_bytes_max = u32(config.http.header_bytes_max);
  options.http_body_bytes_max = u32(config.http.body_bytes_max);
  options.origins = config.http.origins;
  return options;
}

net::ConnectionLimitsOptions connection_limits(const Config& config) {
  return {.connections_max = u32(config.edge.connections_max),
          .per_address_max = u32(config.edge.connections_per_address_max)};
}

edge::Limits edge_limits(const Config& config) {
  edge::Limits limits;
  limits.frame_bytes_max = u32(config.edge.frame_bytes_max);
  limits.frame_before_login_bytes_max = u32(config.edge.frame_before_login_bytes_max);
  limits.outbound_bytes_max = u32(config.edge.outbound_bytes_max);
  limits.login_deadline_ms = config.edge.login_deadline_ms;
  limits.http_idle_ms = config.edge.http_idle_ms;
  limits.http_answer_deadline_ms = config.http.answer_deadline_ms;
  limits.account_requests = {u32(config.edge.account_request_rate_per_s),
                             u32(config.edge.account_request_burst)};
  limits.own_nickname = config.member.own_nickname;
  limits.own_avatar = config.member.own_avatar;
  limits.own_custom = config.member.own_custom;
  limits.heartbeat_ms = config.edge.heartbeat_ms;
  limits.dead_after_ms = config.edge.dead_after_ms;
  limits.chat.member_messages = {u32(config.member.message_rate_per_s), u32(config.member.message_burst)};
  limits.chat.member_requests = {u32(config.member.request_rate_per_s), u32(config.member.request_burst)};
  limits.chat.member_reports = {u32(config.moderation.report_rate_per_min),
                                u32(config.moderation.report_burst)};
  limits.chat.member_searches = {u32(config.search.member_rate_per_min), u32(config.search.member_burst)};
  limits.chat.announcement_members_per_s = u32(config.announcement.members_per_s);
  limits.announcements.body_bytes_max = static_cast<std::size_t>(config.announcement.body_bytes_max);
  limits.announcements.keep_ms_max = config.announcement.keep_days_max * kDayMs;
  limits.chat.room_messages = {u32(config.room.message_rate_per_s), u32(config.room.message_burst)};
  limits.chat.body_bytes_max = static_cast<std::size_t>(config.message.body_bytes_max);
  limits.chat.recall_window_ms = config.message.recall_window_s * 1000;
  limits.chat.edit_window_ms = config.message.edit_window_s * 1000;
  limits.chat.edits_max = u32(config.message.edits_max);
  limits.chat.send_window_max = u32(config.edge.send_window_max);
  limits.chat.sessions_per_member_max = u32(config.member.sessions_max);
  limits.chat.heartbeat_ms = u32(config.edge.heartbeat_ms);
  limits.chat.page_entries_max = u32(config.message.sync_entries_max);
  // A page is an answer: it has to fit into the half of the queue that answers may use.
  limits.chat.page_bytes_max = static_cast<std::size_t>(
      std::min(config.message.sync_bytes_max, config.edge.outbound_bytes_max / 2));
  limits.chat.history_entries_max = u32(config.message.history_entries_max);
  limits.chat.list_entries_max = u32(config.edge.list_entries_max);
  limits.chat.classic_group_users_max = u32(config.room.classic_users_max);
  limits.chat.receipt_room_members_max = u32(config.room.receipt_members_max);
  limits.chat.presence_interval_ms = config.presence.interval_ms;
  limits.chat.presence_room_members_max = u32(config.presence.room_members_max);
  limits.chat.watches_per_session_max = u32(config.presence.watches_max);
  limits.chat.typing_interval_ms = config.presence.typing_interval_ms;
  limits.chat.typing_members_max = u32(config.presence.typing_members_max);
  limits.chat.member_publications = {u32(config.channel.member_rate_per_s), u32(config.channel.member_burst)};
  limits.chat.channels_per_session_max = u32(config.channel.subscriptions_max);
  limits.chat.publication_bytes_max = static_cast<std::size_t>(
      std::min<std::int64_t>(config.channel.body_bytes_max, config.message.body_bytes_max));
  limits.chat.channel_history_bytes_max = static_cast<std::size_t>(config.channel.history_bytes_max);
  // A reader that keeps up a little always has room for one.
  limits.chat.channel_block_bytes_max = static_cast<std::size_t>(
      std::min<std::int64_t>(32 * 1024, config.edge.outbound_bytes_max / 8));
  limits.chat.world.history_max = u32(config.channel.world_history_max);
  limits.chat.world.history_age_ms = config.channel.world_history_age_ms;
  limits.chat.world.rate = {u32(config.channel.world_rate_per_s), u32(config.channel.world_burst)};
  limits.chat.remark_bytes_max = static_cast<std::size_t>(config.member.remark_bytes_max);
  limits.chat.room_description_bytes_max = static_cast<std::size_t>(config.room.description_bytes_max);
  return limits;
}

ports::Quotas app_quotas(const Config& config) {
  const auto amount = [](std::int64_t value) { return static_cast<std::uint64_t>(value); };
  ports::Quotas quotas;
  quotas.set(ports::Quota::members, amount(config.app.members_max));
  quotas.set(ports::Quota::rooms, amount(config.app.rooms_max));
  quotas.set(ports::Quota::sessions, amount(config.app.sessions_max));
  quotas.set(ports::Quota::message_rate, amount(config.app.message_rate_per_s));
  quotas.set(ports::Quota::message_burst, amount(config.app.message_burst));
  quotas.set(ports::Quota::stored_bytes, amount(config.app.stored_bytes_max));
  return quotas;
}

void put_balancers(net::ListenerOptions& options, const std::vector<std::string>& networks,
                   const Config& config) {
  for (const auto& text : networks) {
    if (const auto network = net::Network::parse(text)) options.balancers.push_back(*network);
  }
  options.balancer = {.deadline_ms = config.edge.balancer_header_deadline_ms,
                      .waiting_max = u32(config.edge.balancer_connections_waiting_max)};
}

servers::PortOptions port_options(const Config& config) {
  const auto& backend = config.backend;
  servers::PortOptions options;
  options.frame_bytes_max = u32(backend.frame_bytes_max);
  options.login_deadline_ms = backend.login_deadline_ms;
  options.connections_per_app_max = u32(backend.connections_per_app_max);
  options.calls_waiting_max = u32(backend.calls_waiting_max);
  options.outbound_bytes_max = u32(backend.outbound_bytes_max);
  options.events_per_push = u32(backend.events_per_push_max);
  options.bytes_per_push = static_cast<std::size_t>(backend.outbound_bytes_max) / 4;
  return options;
}

backend::ApiOptions api_options(const Config& config) {
  const auto& api = config.api;
  backend::ApiOptions options;
  options.limits.page_entries_max = u32(api.page_entries_max);
  options.limits.zones_per_app_max = u32(api.zones_per_app_max);
  options.limits.servers_per_app_max = u32(api.servers_per_app_max);
  options.limits.message_bytes_max = u32(config.message.body_bytes_max);
  options.limits.publication_bytes_max = u32(
      std::min(config.channel.body_bytes_max, config.message.body_bytes_max));
  options.limits.description_bytes_max = u32(config.room.description_bytes_max);
  options.authentication.clock_skew_ms = api.clock_skew_ms;
  options.authentication.nonces_per_app_max = static_cast<std::size_t>(api.nonces_per_app_max);
  options.app_requests = {u32(api.app_request_rate_per_s), u32(api.app_request_burst)};
  options.app_requests_at_once_max = u32(api.app_requests_at_once_max);
  options.threads = u32(api.threads);
  options.requests_waiting_max = u32(api.requests_waiting_max);
  options.repeatable_ms = api.repeatable_s * 1000;
  return options;
}

events::FeedOptions feed_options(const Config& config) {
  events::FeedOptions options;
  options.rooms_per_app_max = u32(config.event.rooms_watched_per_app_max);
  options.presence_waiting_max = u32(config.event.presence_waiting_max);
  options.kept_ms = config.event.kept_s * 1000;
  options.kept_max = static_cast<std::uint64_t>(config.event.kept_per_app_max);
  return options;
}

events::SenderOptions sender_options(const Config& config) {
  const auto& webhook = config.webhook;
  events::SenderOptions options;
  options.events_per_post = u32(webhook.events_per_post_max);
  options.bytes_per_post = static_cast<std::size_t>(webhook.post_bytes_max);
  options.deadline_ms = webhook.answer_deadline_ms;
  options.retry_first_ms = webhook.retry_first_ms;
  options.retry_longest_ms = webhook.retry_longest_ms;
  options.retry_for_ms = webhook.retry_for_s * 1000;
  options.letters_per_app_max = u32(webhook.dead_letters_per_app_max);
  return options;
}

login::PasswordHasherOptions hasher_options(const Config& config) {
  login::PasswordHasherOptions options;
  options.cost = {u32(config.login.argon2_passes), u32(config.login.argon2_memory_kib)};
  options.threads = u32(config.login.argon2_jobs_max);
  options.waiting_max = u32(config.login.jobs_waiting_max);
  return options;
}

login::LocalLoginOptions login_options(const Config& config, const ports::Clock& clock) {
  login::LocalLoginOptions options;
  options.password_bytes_min = u32(config.login.password_bytes_min);
  options.password_bytes_max = u32(config.login.password_bytes_max);
  options.token_times.account_ms = config.login.account_token_ttl_s * 1000;
  options.token_times.member_ms = config.login.member_token_ttl_s * 1000;
  options.token_times.handover_ms = config.login.handover_ttl_ms;
  options.throttle.delay_first_ms = config.login.throttle_first_ms;
  options.throttle.delay_max_ms = config.login.throttle_max_ms;
  options.throttle.address_failures_per_minute = u32(config.login.address_per_minute);
  options.throttle.attempts_at_once_max = u32(config.login.attempts_at_once_max);
  options.throttle.registrations_per_minute = u32(config.login.registrations_per_minute);
  options.tokens_per_account_max = u32(config.login.tokens_per_account_max);
  options.custom_bytes_max = static_cast<std::size_t>(config.member.custom_bytes_max);
  options.token_cache.entries_max = static_cast<std::size_t>(config.login.token_cache_entries_max);
  for (const auto& [vendor, secret] : config.login.vendors) {
    options.verifiers.push_back(std::make_shared<login::HmacTicketVerifier>(
        clock, login::HmacTicketOptions{.vendor = vendor, .secret = secret}));
  }
  if (config.login.test_vendor) options.verifiers.push_back(std::make_shared<login::TestVendorVerifier>());
  return options;
}

cache::MemberListsCacheOptions member_lists_options(const Config& config) {
  cache::MemberListsCacheOptions options;
  options.items_max = static_cast<std::size_t>(config.store.member_lists_cache_max);
  return options;
}

sql::SqlDirectoryOptions directory_options(const Config& config, std::int64_t installation,
                                           std::string audit_key) {
  sql::SqlDirectoryOptions options;
  options.audit_key = std::move(audit_key);
  options.installation = installation;
  options.region = static_cast<std::uint8_t>(config.server.region);
  options.readers = u32(config.store.directory_readers);
  options.busy_timeout_ms = u32(config.store.busy_timeout_ms);
  options.limits.members_per_account_max = u32(config.account.members_per_zone_max);
  options.limits.friends_max = u32(config.member.friends_max);
  options.limits.channels_per_zone_max = u32(config.channel.declared_max);
  options.limits.app = app_quotas(config);
  options.moderation.sanctions_per_zone_max = u32(config.moderation.zone_sanctions_max);
  options.moderation.reports_open_per_zone_max = u32(config.moderation.zone_open_reports_max);
  options.announcements.open_per_app_max = u32(config.announcement.app_open_max);
  options.announcements.members_max = u32(config.announcement.members_max);
  options.moderation.word_rules_per_zone_max = u32(config.moderation.zone_words_max);
  options.limits.rooms = {.rooms_per_member_max = u32(config.member.rooms_max),
                          .members_max = u32(config.room.members_max),
                          .inbox_fanout_max = u32(config.room.inbox_fanout_max),
                          .admins_max = u32(config.room.admins_max),
                          .bans_max = u32(config.room.bans_max),
                          .requests_max = u32(config.room.requests_max),
                          .invitations_max = u32(config.room.invitations_max),
                          .pins_max = u32(config.room.pins_max),
                          .invitations_per_member_max = u32(config.member.invitations_max),
                          .slow_mode_ms_max = u32(config.room.slow_mode_ms_max),
                          .events_waiting_max = u32(config.room.events_waiting_max)};
  return options;
}

sqlite::EmbeddedStreamStoreOptions store_options(const Config& config, std::int64_t installation) {
  sqlite::EmbeddedStreamStoreOptions options;
  options.path = data_path(config, "streams.db");
  options.installation = installation;
  options.region = static_cast<std::uint8_t>(config.server.region);
  options.batch_max = u32(config.store.commit_batch_max);
  options.flush_after_messages = u32(config.store.index_batch_entries);
  options.flush_idle_ms = u32(config.store.index_idle_ms);
  options.recent_bytes_max = static_cast<std::size_t>(config.store.cache_bytes_max);
  options.cache_entries_max = u32(config.store.cache_entries_max);
  options.reader_threads = u32(config.store.reader_threads);
  options.reads_waiting_max = u32(config.store.reads_waiting_max);
  options.busy_timeout_ms = u32(config.store.busy_timeout_ms);
  return options;
}

ports::Retention retention(const Config& config) {
  return {.message_age_max_ms = config.store.retention_days * kDayMs,
          .inbox_entries_max = static_cast<std::uint64_t>(config.store.inbox_entries_max)};
}

JanitorOptions janitor_options(const Config& config) {
  return {.retention = retention(config),
          .interval_s = config.store.trim_interval_s,
          .announcements_kept_ms = config.announcement.listed_days * kDayMs};
}

NodeSearchOptions search_options(const Config& config) {
  return {.streams_path = data_path(config, "streams.db"),
          .index_path = data_path(config, "search.db"),
          .searches_at_once_max = u32(config.search.at_once_max),
          .index_interval_ms = config.search.index_interval_ms,
          .busy_timeout_ms = u32(config.store.busy_timeout_ms)};
}

NodeFilesOptions files_options(const Config& config) {
  NodeFilesOptions options;
  options.catalog_path = data_path(config, "files.db");
  options.folder = data_path(config, "files");
  options.rules.size_bytes_max = static_cast<std::uint64_t>(config.file.size_bytes_max);
  options.rules.quota.bytes_max = static_cast<std::uint64_t>(config.file.member_bytes_max);
  options.rules.quota.uploads_max = u32(config.file.member_uploads_max);
  options.rules.upload_expires_ms = config.file.upload_expires_s * 1000;
  options.rules.types = config.file.types;
  options.region = static_cast<std::uint8_t>(config.server.region);
  options.workers = u32(config.file.workers);
  options.requests_waiting_max = u32(config.file.requests_waiting_max);
  options.look_deadline_ms = config.file.look_deadline_ms;
  options.origins = config.file.origins;
  options.chunk_bytes_max = u32(config.http.body_bytes_max);
  options.busy_timeout_ms = u32(config.store.busy_timeout_ms);
  return options;
}

ports::Zone default_zone(const Config& config) {
  ports::Zone zone;
  zone.app_name = "default";
  zone.zone_name = "default";
  zone.friends = config.zone.default_friends;
  zone.messages = config.zone.default_messages;
  zone.devices = config.zone.default_devices;
  return zone;
}

std::string data_path(const Config& config, const std::string& file) {
  return config.server.data_dir + "/" + file;
}

}  // namespace plaza::app
