#include "memory/memory_apps.h"

#include <algorithm>
#include <ranges>

namespace plaza::memory {

using ports::ApiKey;
using ports::App;
using ports::BackendServer;
using ports::DirectoryCode;
using ports::DirectoryError;
using ports::DirectoryResult;
using ports::ServerId;
using ports::ZoneRecord;

namespace {

std::unexpected<DirectoryError> refuse(DirectoryCode code, std::string detail) {
  return fail(DirectoryError{code, std::move(detail)});
}
std::unexpected<DirectoryError> not_found(std::string what) {
  return refuse(DirectoryCode::not_found, std::move(what));
}
std::unexpected<DirectoryError> taken(std::string what) {
  return refuse(DirectoryCode::name_taken, std::move(what));
}
std::unexpected<DirectoryError> is_deleted() {
  return refuse(DirectoryCode::conflict, "it is being deleted");
}
std::unexpected<DirectoryError> at_limit(const char* name, std::uint32_t limit) {
  return refuse(DirectoryCode::limit, std::string(name) + ' ' + std::to_string(limit));
}

}  // namespace

// Every public method begins so.
#define PLAZA_MEMORY_APPS_ENTER()        \
  const std::lock_guard lock(d_.mutex_); \
  if (d_.unavailable_) return refuse(DirectoryCode::unavailable, "switched off")

// Apps ---------------------------------------------------------------------------------------------------------------

MemoryApps::AppPlace MemoryApps::find_app_locked(AppId app) const {
  return std::ranges::find_if(d_.apps_, [app](const auto& item) { return item.second == app; });
}

App MemoryApps::view_locked(AppPlace at) const {
  return {.id = at->second,
          .name = at->first,
          .disabled = d_.disabled_apps_.contains(at->second),
          .deleting = d_.deleting_apps_.contains(at->second)};
}

DirectoryResult<App> MemoryApps::create_app(const std::string& name) {
  PLAZA_MEMORY_APPS_ENTER();
  if (d_.apps_.contains(name)) return taken("app");
  const auto at = d_.apps_.emplace(name, AppId{make_id(d_.region_, ++d_.last_app_)}).first;
  return view_locked(at);
}

DirectoryResult<App> MemoryApps::app(const std::string& name) {
  PLAZA_MEMORY_APPS_ENTER();
  const auto at = d_.apps_.find(name);
  if (at == d_.apps_.end()) return not_found("app");
  return view_locked(at);
}

DirectoryResult<App> MemoryApps::rename_app(AppId app, const std::string& name) {
  PLAZA_MEMORY_APPS_ENTER();
  const auto at = find_app_locked(app);
  if (at == d_.apps_.end()) return not_found("app");
  if (d_.deleting_apps_.contains(app)) return is_deleted();
  if (at->first != name && d_.apps_.contains(name)) return taken("app");
  d_.apps_.erase(at);
  for (auto& zone : d_.zones_ | std::views::values) {
    if (zone.app == app) zone.app_name = name;
  }
  return view_locked(d_.apps_.emplace(name, app).first);
}

DirectoryResult<App> MemoryApps::disable_app(AppId app, bool disabled) {
  PLAZA_MEMORY_APPS_ENTER();
  const auto at = find_app_locked(app);
  if (at == d_.apps_.end()) return not_found("app");
  if (d_.deleting_apps_.contains(app)) return is_deleted();
  disabled ? static_cast<void>(d_.disabled_apps_.insert(app))
           : static_cast<void>(d_.disabled_apps_.erase(app));
  return view_locked(at);
}

DirectoryResult<App> MemoryApps::delete_app(AppId app) {
  PLAZA_MEMORY_APPS_ENTER();
  const auto at = find_app_locked(app);
  if (at == d_.apps_.end()) return not_found("app");
  d_.disabled_apps_.insert(app);
  d_.deleting_apps_.insert(app);
  for (const auto& [id, zone] : d_.zones_) {
    if (zone.app != app) continue;
    d_.disabled_zones_.insert(id);
    d_.deleting_zones_.insert(id);
  }
  return view_locked(at);
}

DirectoryResult<std::vector<App>> MemoryApps::apps(AppId after, std::uint32_t limit) {
  PLAZA_MEMORY_APPS_ENTER();
  std::vector<App> found;
  for (auto at = d_.apps_.cbegin(); at != d_.apps_.cend(); ++at) {
    if (at->second > after) found.push_back(view_locked(at));
  }
  std::ranges::sort(found, {}, &App::id);
  if (found.size() > limit) found.resize(limit);
  return found;
}

DirectoryResult<ports::OwnQuotas> MemoryApps::quotas(AppId app) {
  PLAZA_MEMORY_APPS_ENTER();
  if (find_app_locked(app) == d_.apps_.end()) return not_found("app");
  return d_.quotas_[app];
}

DirectoryResult<ports::OwnQuotas> MemoryApps::set_quotas(AppId app, const ports::OwnQuotas& wanted) {
  PLAZA_MEMORY_APPS_ENTER();
  if (find_app_locked(app) == d_.apps_.end()) return not_found("app");
  return d_.quotas_[app] = wanted;
}

DirectoryResult<ports::AppUsage> MemoryApps::usage(AppId app) {
  PLAZA_MEMORY_APPS_ENTER();
  if (find_app_locked(app) == d_.apps_.end()) return not_found("app");
  return d_.usage_locked(app);
}

// Zones --------------------------------------------------------------------------------------------------------------

ZoneRecord MemoryApps::view_locked(const ports::Zone& zone) const {
  return {.zone = zone,
          .disabled = d_.disabled_zones_.contains(zone.id),
          .deleting = d_.deleting_zones_.contains(zone.id)};
}

ports::Zone* MemoryApps::find_zone_locked(AppId app, ZoneId zone) {
  const auto at = d_.zones_.find(zone);
  return at == d_.zones_.end() || at->second.app != app ? nullptr : &at->second;
}

DirectoryResult<ZoneRecord> MemoryApps::create_zone(const ports::Zone& wanted, std::uint32_t zones_max) {
  PLAZA_MEMORY_APPS_ENTER();
  const auto app = find_app_locked(wanted.app);
  if (app == d_.apps_.end()) return not_found("app");
  if (d_.deleting_apps_.contains(wanted.app)) return is_deleted();
  std::uint32_t count = 0;
  for (const auto& zone : d_.zones_ | std::views::values) {
    if (zone.app != wanted.app) continue;
    if (zone.zone_name == wanted.zone_name) return taken("zone");
    ++count;
  }
  if (count >= zones_max) return at_limit("zones_max", zones_max);
  ports::Zone zone = wanted;
  zone.app_name = app->first;
  zone.id = ZoneId{make_id(d_.region_, ++d_.last_zone_)};
  d_.zones_[zone.id] = zone;
  return view_locked(zone);
}

DirectoryResult<ZoneRecord> MemoryApps::zone_record(AppId app, const std::string& name) {
  PLAZA_MEMORY_APPS_ENTER();
  for (const auto& zone : d_.zones_ | std::views::values) {
    if (zone.app == app && zone.zone_name == name) return view_locked(zone);
  }
  return not_found("zone");
}

DirectoryResult<ZoneRecord> MemoryApps::rename_zone(AppId app, ZoneId id, const std::string& name) {
  PLAZA_MEMORY_APPS_ENTER();
  ports::Zone* const wanted = find_zone_locked(app, id);
  if (!wanted) return not_found("zone");
  if (d_.deleting_zones_.contains(id)) return is_deleted();
  for (const auto& zone : d_.zones_ | std::views::values) {
    if (zone.app == app && zone.zone_name == name && zone.id != id) return taken("zone");
  }
  wanted->zone_name = name;
  return view_locked(*wanted);
}

DirectoryResult<ZoneRecord> MemoryApps::disable_zone(AppId app, ZoneId id, bool disabled) {
  PLAZA_MEMORY_APPS_ENTER();
  const ports::Zone* const zone = find_zone_locked(app, id);
  if (!zone) return not_found("zone");
  if (d_.deleting_zones_.contains(id)) return is_deleted();
  disabled ? static_cast<void>(d_.disabled_zones_.insert(id))
           : static_cast<void>(d_.disabled_zones_.erase(id));
  return view_locked(*zone);
}

DirectoryResult<ZoneRecord> MemoryApps::delete_zone(AppId app, ZoneId id) {
  PLAZA_MEMORY_APPS_ENTER();
  const ports::Zone* const zone = find_zone_locked(app, id);
  if (!zone) return not_found("zone");
  d_.disabled_zones_.insert(id);
  d_.deleting_zones_.insert(id);
  return view_locked(*zone);
}

DirectoryResult<ports::AppUsage> MemoryApps::left_in(AppId app, ZoneId id) {
  PLAZA_MEMORY_APPS_ENTER();
  if (!find_zone_locked(app, id)) return not_found("zone");
  ports::AppUsage left{.members = 0, .rooms = d_.rooms_.all_in(id).size()};
  for (const auto& member : d_.members_ | std::views::values) left.members += member.zone == id ? 1 : 0;
  return left;
}

DirectoryResult<std::vector<ZoneRecord>> MemoryApps::zones(AppId app, ZoneId after, std::uint32_t limit) {
  PLAZA_MEMORY_APPS_ENTER();
  std::vector<ZoneRecord> found;
  for (const auto& [id, zone] : d_.zones_) {
    if (zone.app == app && id > after && found.size() < limit) found.push_back(view_locked(zone));
  }
  return found;
}

DirectoryResult<bool> MemoryApps::is_shared(AccountId account, AppId app) {
  PLAZA_MEMORY_APPS_ENTER();
  return std::ranges::any_of(d_.members_ | std::views::values, [&](const ports::Member& member) {
    return member.account == account && d_.zones_.at(member.zone).app != app;
  });
}

DirectoryResult<std::vector<ports::AccountMember>> MemoryApps::account_members(AccountId account) {
  PLAZA_MEMORY_APPS_ENTER();
  std::vector<ports::AccountMember> found;
  for (const auto& [id, member] : d_.members_) {
    if (member.account != account) continue;
    const ports::Zone& zone = d_.zones_.at(member.zone);
    found.push_back(
        {.member = member, .app = zone.app, .app_name = zone.app_name, .zone_name = zone.zone_name});
  }
  std::ranges::sort(found, {}, [](const ports::AccountMember& one) { return one.member.id; });
  return found;
}

// Servers and keys ---------------------------------------------------------------------------------------------------

BackendServer* MemoryApps::find_server_locked(AppId app, ServerId server) {
  const auto at = servers_.find(server);
  return at == servers_.end() || at->second.app != app ? nullptr : &at->second;
}

ApiKey* MemoryApps::find_key_locked(AppId app, const std::string& key) {
  const auto at = std::ranges::find(keys_, key, &ApiKey::id);
  return at == keys_.end() || !find_server_locked(app, at->server) ? nullptr : &*at;
}

DirectoryResult<BackendServer> MemoryApps::register_server(const BackendServer& wanted,
                                                           std::uint32_t servers_max) {
  PLAZA_MEMORY_APPS_ENTER();
  if (find_app_locked(wanted.app) == d_.apps_.end()) return not_found("app");
  std::uint32_t count = 0;
  for (const auto& server : servers_ | std::views::values) {
    if (server.app != wanted.app) continue;
    if (server.name == wanted.name) return taken("server");
    ++count;
  }
  if (count >= servers_max) return at_limit("servers_max", servers_max);
  BackendServer server = wanted;
  server.id = ServerId{make_id(d_.region_, ++last_server_)};
  return servers_[server.id] = server;
}

DirectoryResult<BackendServer> MemoryApps::server(AppId app, const std::string& name) {
  PLAZA_MEMORY_APPS_ENTER();
  for (const auto& server : servers_ | std::views::values) {
    if (server.app == app && server.name == name) return server;
  }
  return not_found("server");
}

DirectoryResult<BackendServer> MemoryApps::set_networks(AppId app, ServerId id,
                                                        const std::vector<std::string>& networks) {
  PLAZA_MEMORY_APPS_ENTER();
  BackendServer* const server = find_server_locked(app, id);
  if (!server) return not_found("server");
  server->networks = networks;
  return *server;
}

DirectoryResult<void> MemoryApps::remove_server(AppId app, ServerId id) {
  PLAZA_MEMORY_APPS_ENTER();
  if (!find_server_locked(app, id)) return not_found("server");
  std::erase_if(keys_, [id](const ApiKey& key) { return key.server == id; });
  servers_.erase(id);
  return {};
}

DirectoryResult<std::vector<BackendServer>> MemoryApps::servers(AppId app, ServerId after,
                                                                std::uint32_t limit) {
  PLAZA_MEMORY_APPS_ENTER();
  std::vector<BackendServer> found;
  for (const auto& [id, server] : servers_) {
    if (server.app == app && id > after && found.size() < limit) found.push_back(server);
  }
  return found;
}

DirectoryResult<ApiKey> MemoryApps::add_key(AppId app, const ApiKey& key) {
  PLAZA_MEMORY_APPS_ENTER();
  if (!find_server_locked(app, key.server)) return not_found("server");
  const auto good = std::ranges::count_if(
      keys_, [&](const ApiKey& other) { return other.server == key.server && other.revoked_ms == 0; });
  if (good >= kKeysPerServerMax) return at_limit("keys_per_server_max", kKeysPerServerMax);
  if (std::ranges::find(keys_, key.id, &ApiKey::id) != keys_.end()) return taken("key");
  keys_.push_back(key);
  return key;
}

DirectoryResult<ApiKey> MemoryApps::revoke_key(AppId app, const std::string& id, std::int64_t now_ms) {
  PLAZA_MEMORY_APPS_ENTER();
  ApiKey* const key = find_key_locked(app, id);
  if (!key) return not_found("key");
  if (key->revoked_ms == 0) key->revoked_ms = now_ms;
  return *key;
}

DirectoryResult<std::vector<ApiKey>> MemoryApps::keys(AppId app, ServerId server) {
  PLAZA_MEMORY_APPS_ENTER();
  if (!find_server_locked(app, server)) return not_found("server");
  std::vector<ApiKey> found;
  for (const auto& key : keys_) {
    if (key.server == server) found.push_back(key);
  }
  return found;
}

DirectoryResult<ports::KeyHolder> MemoryApps::key_holder(const std::string& id) {
  PLAZA_MEMORY_APPS_ENTER();
  const auto key = std::ranges::find(keys_, id, &ApiKey::id);
  if (key == keys_.end() || key->revoked_ms != 0) return not_found("key");
  const BackendServer& server = servers_.at(key->server);
  return ports::KeyHolder{.key = *key, .server = server, .app = view_locked(find_app_locked(server.app))};
}

}  // namespace plaza::memory
