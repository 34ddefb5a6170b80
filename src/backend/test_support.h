#pragma once
// The Api on the twins of its ports, for tests.
#include <gtest/gtest.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <functional>
#include <latch>
#include <map>
#include <mutex>

#include "backend/api.h"
#include "login/local_login_service.h"
#include "memory/manual_clock.h"
#include "memory/memory_announcements.h"
#include "memory/memory_app_events.h"
#include "memory/memory_apps.h"
#include "memory/memory_moderation.h"
#include "memory/memory_records.h"

namespace plaza::backend {

namespace json = boost::json;

inline constexpr const char* kAuditKey = "audit key";

/// Sessions and messages as lists.
class FakeLive final : public Live {
 public:
  std::optional<Stored> send(ports::Message message) override {
    const std::lock_guard lock(mutex_);
    if (before_send) before_send();
    if (send_fails) return std::nullopt;
    const auto name = std::make_pair(message.device, message.send_id);
    if (message.send_id != 0 && stored_.contains(name)) return Stored{.id = stored_[name], .duplicate = true};
    sent.push_back(message);
    stored_[name] = MessageId{sent.size()};
    return Stored{.id = MessageId{sent.size()}, .conversation_seq = sent.size(), .time_ms = 5};
  }
  std::optional<RoomSend> send_to_room(ports::Message message) override {
    const RoomId room{message.conversation.first()};
    if (message.sender && !directory->standing(message.zone, room, message.sender)->joined)
      return RoomSend(fail(ports::DirectoryError{ports::DirectoryCode::not_member, "not in the room"}));
    const auto stored = send(std::move(message));
    return stored ? std::optional(RoomSend(*stored)) : std::nullopt;
  }
  std::optional<ports::Page> read(ports::StreamId stream, std::uint64_t after, std::uint32_t limit) override {
    const std::lock_guard lock(mutex_);
    ports::Page page;
    std::uint64_t seq = 0;
    for (const auto& message : sent) {
      if (!reaches(message, stream) || ++seq <= std::max(after, trimmed)) continue;
      if (page.entries.size() == limit) page.more = true;
      if (page.entries.size() < limit)
        page.entries.push_back({.seq = seq, .message = std::make_shared<ports::Message>(message)});
    }
    page.head.head = seq;
    return page;
  }
  std::optional<std::uint32_t> kick(MemberId, const std::string&, const std::string&) override { return 1; }
  std::optional<std::vector<OnlineMember>> online(ZoneId, MemberId, std::uint32_t) override {
    return std::vector<OnlineMember>{};
  }
  [[nodiscard]] bool is_online(MemberId) const override { return false; }
  bool member_changed(const ports::Member& member, bool shown) override {
    changed.emplace_back(member, shown);
    return !change_fails;
  }
  bool close_zones(const std::vector<ZoneId>& zones, bool closed) override {
    for (const ZoneId zone : zones) closed_[zone] = closed;
    if (on_close) on_close();
    return true;
  }
  void erase() override { ++erasures; }
  void end_sessions(AccountId account, const std::vector<ports::Token>&) override {
    ended.push_back(account);
  }
  std::optional<OverQuota> count_message(const ports::Zone&, Kept kept) override {
    if (over && over->quota == ports::Quota::stored_bytes && kept == Kept::not_stored) return std::nullopt;
    return over;
  }
  void set_quotas(AppId app, const ports::OwnQuotas& own) override { own_quotas[app] = own; }
  AppFigures figures(AppId app) override {
    return {.quotas = own_quotas[app].over({}), .sessions = 3, .stored_bytes = 400};
  }
  std::optional<RoomOutcome> create_room(ZoneId zone, MemberId owner, const ports::NewRoom& wanted) override {
    if (!directory) return std::nullopt;
    return directory->create_room(zone, ports::ServerActor{}, owner, wanted, 1);
  }
  std::optional<RoomOutcome> change_room(ZoneId zone, RoomId room, const ports::RoomChange& change) override {
    if (!directory) return std::nullopt;
    return directory->change(zone, ports::ServerActor{}, room, change, 1);
  }

  ports::Directory* directory = nullptr;  ///< of the rooms; none: nobody knows what becomes of a change
  std::optional<OverQuota> over;          ///< is against every message
  std::map<AppId, ports::OwnQuotas> own_quotas;
  std::vector<ports::Message> sent;
  std::uint64_t trimmed = 0;  ///< so many are gone from every stream
  std::vector<AccountId> ended;
  std::vector<std::pair<ports::Member, bool>> changed;  ///< and whether others see it
  bool change_fails = false;
  std::map<ZoneId, bool> closed_;
  std::function<void()> on_close;
  int erasures = 0;  ///< so often it was said that there is something to delete
  std::function<void()> before_send;
  bool send_fails = false;

 private:
  /// An inbox has its member's conversations, but none of rooms.
  static bool reaches(const ports::Message& message, ports::StreamId stream) {
    const auto where = message.conversation;
    if (stream.kind() != ports::StreamKind::inbox) return where == stream;
    const bool pair = where.kind() == ports::StreamKind::pair;
    return where.first() == stream.first() ? pair || where.kind() == ports::StreamKind::notices
                                           : pair && where.second() == stream.first();
  }

  std::mutex mutex_;
  std::map<std::pair<std::string, std::uint64_t>, MessageId> stored_;
};

/// What is decided, without shards that go by it.
class FakeModeration final : public LiveModeration {
 public:
  FakeModeration(ports::Moderation& store, ports::Announcements& announcements)
      : store_(store), announcements_(announcements) {}

  moderation::Outcome<ports::Sanction> put_sanction(ports::Sanction wanted) override {
    if (const auto put = store_.put_sanction(wanted); !put) return moderation::failed(put.error());
    return wanted;
  }
  moderation::Outcome<bool> lift_sanction(ZoneId zone, MemberId member, ports::SanctionKind kind) override {
    const auto lifted = store_.lift_sanction(zone, member, kind, 0);
    if (!lifted) return moderation::failed(lifted.error());
    return *lifted;
  }
  moderation::Outcome<ports::WordRule> put_word(ZoneId zone, const ports::WordRule& rule) override {
    const auto put = store_.put_word(zone, rule);
    if (!put) return moderation::failed(put.error());
    return *put;
  }
  moderation::Outcome<void> remove_word(ZoneId zone, WordRuleId rule) override {
    if (const auto removed = store_.remove_word(zone, rule); !removed)
      return moderation::failed(removed.error());
    return {};
  }
  moderation::Outcome<ports::Announcement> announce(ports::Announcement wanted) override {
    const auto made = announcements_.add(wanted);
    if (!made) return moderation::failed(made.error());
    return *made;
  }
  moderation::Outcome<ports::Announcement> withdraw(AppId app, AnnouncementId id) override {
    const auto withdrawn = announcements_.withdraw(app, id);
    if (!withdrawn) return moderation::failed(withdrawn.error());
    return *withdrawn;
  }

 private:
  ports::Moderation& store_;
  ports::Announcements& announcements_;
};

/// Channels that are declared, and what is said in them.
class FakeChannels final : public LiveChannels {
 public:
  explicit FakeChannels(ports::Channels& declared) : declared_(declared) {}
  std::optional<ports::DirectoryResult<Published>> publish(const std::string& channel,
                                                           ports::Message message) override {
    if (unknown) return std::nullopt;
    const auto found = declared_.channel(message.zone, channel);
    if (!found) return fail(found.error());
    said.push_back(message);
    return Published{.epoch = 3, .seq = said.size(), .message = {}, .duplicate = false};
  }
  bool redeclared(ZoneId, const std::string& channel) override {
    told.push_back(channel);
    return true;
  }

  bool unknown = false;
  std::vector<ports::Message> said;
  std::vector<std::string> told;

 private:
  ports::Channels& declared_;
};

/// As the feed does it, without a feed.
class FakeDesk final : public EventDesk {
 public:
  explicit FakeDesk(ports::AppEvents& log) : log_(log) {}
  ports::DirectoryResult<ports::EventLogState> subscribe(AppId app, ports::AppEventKinds kinds) override {
    return log_.subscribe(app, kinds);
  }
  ports::DirectoryResult<ports::EventSource> watch(const ports::Zone& zone, RoomId room,
                                                   std::optional<std::uint64_t> since) override {
    return log_.watch(
        {.app = zone.app, .zone = zone.id, .room = room, .epoch = 1, .position = since.value_or(kNow)}, 2);
  }
  ports::DirectoryResult<bool> unwatch(const ports::Zone& zone, RoomId room) override {
    return log_.unwatch(zone.app, zone.id, room);
  }
  void zones_changed() override { ++zones; }
  void webhooks_changed() override { ++webhooks; }

  static constexpr std::uint64_t kNow = 77;
  int zones = 0, webhooks = 0;

 private:
  ports::AppEvents& log_;
};

class ApiTest : public testing::Test {
 protected:
  ApiTest() {
    live_.directory = &directory_;
    restart();
  }
  void restart(ApiOptions options = {}) {
    api_.reset();
    api_ = std::make_unique<Api>(ApiParts{.directory = directory_,
                                          .apps = apps_,
                                          .idempotency = idempotency_,
                                          .audit = audit_,
                                          .moderation = moderation_,
                                          .announcements = announcements_,
                                          .channels = directory_,
                                          .login = login_,
                                          .live = live_,
                                          .live_moderation = live_moderation_,
                                          .live_channels = live_channels_,
                                          .clock = clock_,
                                          .box = box_,
                                          .events = {.log = events_,
                                                     .webhooks = events_,
                                                     .desk = desk_,
                                                     .box = box_,
                                                     .webhooks_per_app_max = 2},
                                          .audit_key = kAuditKey},
                                 options);
  }
  net::HttpResponse ask(net::HttpExchange exchange) {
    std::latch done(1);
    net::HttpResponse response;
    auto at_once = api_->ask(std::move(exchange), [&](net::HttpResponse later) {
      response = std::move(later);
      done.count_down();
    });
    if (at_once) return std::move(*at_once);
    done.wait();
    return response;
  }
  static net::HttpExchange exchange(const std::string& method, const std::string& target,
                                    const json::object& body = {}) {
    net::HttpExchange out;
    out.request.method = method;
    out.request.target = target;
    if (!body.empty()) out.request.body = json::serialize(body);
    return out;
  }
  /// As operator.
  json::object call(const std::string& method, const std::string& target, const json::object& body = {}) {
    auto asked = exchange(method, target, body);
    asked.door = net::Door::operators;
    return read(ask(std::move(asked)));
  }
  /// As a server with this key.
  json::object call_as(const std::string& bearer, const std::string& method, const std::string& target,
                       const json::object& body = {}) {
    auto asked = exchange(method, target, body);
    asked.remote = net::Address::parse("127.0.0.1:1").value();
    asked.request.headers.emplace_back("Authorization", "Bearer " + bearer);
    return read(ask(std::move(asked)));
  }
  json::object read(const net::HttpResponse& response) {
    status_ = response.status;
    headers_ = response.headers;
    return json::parse(response.body).as_object();
  }
  static std::string code(const json::object& answer) {
    return answer.contains("error") ? std::string(answer.at("error").at("code").as_string()) : "ok";
  }
  /// An app with a zone "one" and a server; gives KEY.SECRET.
  std::string app_with_server(const std::string& name) {
    call("POST", "/api/v1/apps", {{"app", name}});
    call("POST", "/api/v1/zones?app=" + name, {{"zone", "one"}});
    call("POST", "/api/v1/servers?app=" + name, {{"server", "game"}, {"networks", json::array{"127.0.0.1"}}});
    const auto key = call("POST", "/api/v1/servers/game/keys?app=" + name);
    return std::string(key.at("key").as_string()) + "." + std::string(key.at("secret").as_string());
  }
  std::string member(const std::string& bearer, const std::string& nickname) {
    const auto made = call_as(bearer, "POST", "/api/v1/zones/one/members", {{"nickname", nickname}});
    EXPECT_EQ(status_, 200) << json::serialize(made);
    return json::serialize(made.at("member"));
  }
  std::vector<ports::AuditEntry> entries() { return *audit_.entries({}, 0, 1000); }

  memory::ManualClock clock_;
  memory::MemoryDirectory directory_;
  memory::MemoryApps apps_{directory_};
  memory::MemoryIdempotency idempotency_;
  memory::MemoryAuditLog audit_{kAuditKey};
  login::PasswordHasher hasher_{{.cost = login::PasswordCost::cheap(), .threads = 1}};
  login::LocalLoginService login_{directory_, hasher_, clock_};
  FakeLive live_;
  memory::MemoryModeration moderation_{directory_};
  memory::MemoryAnnouncements announcements_{directory_};
  FakeModeration live_moderation_{moderation_, announcements_};
  FakeChannels live_channels_{directory_};
  memory::MemoryAppEvents events_;
  FakeDesk desk_{events_};
  SecretBox box_{std::string(32, 'k')};
  std::unique_ptr<Api> api_;
  int status_ = 0;
  std::vector<std::pair<std::string, std::string>> headers_;
};

}  // namespace plaza::backend
