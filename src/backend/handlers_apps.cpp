// Apps, their servers and keys, and the audit log: what operators do.
#include <algorithm>

#include "backend/call.h"
#include "net/networks.h"

namespace plaza::backend {

namespace json = boost::json;

namespace {

/// Of one that is being deleted, what is left.
Answer shown(const Call& call, const ports::App& app) {
  json::object answer{{"app", app.name}, {"id", app.id.value}, {"disabled", app.disabled}};
  if (!app.deleting) return answer;
  const auto left = call.services.apps.usage(app.id);
  // It may have gone in this moment.
  if (!left) return fail(of_directory(left.error(), "app"));
  answer["deleting"] = true;
  answer["left"] = json::object{{"members", left->members}, {"rooms", left->rooms}};
  return answer;
}

json::object shown(const ports::BackendServer& server) {
  json::array networks;
  for (const auto& network : server.networks) networks.emplace_back(network);
  return {{"server", server.name}, {"networks", std::move(networks)}, {"created_ms", server.created_ms}};
}

json::object shown(const ports::ApiKey& key) {
  json::object out{{"key", key.id}, {"created_ms", key.created_ms}};
  if (key.revoked_ms != 0) out["revoked_ms"] = key.revoked_ms;
  return out;
}

struct ZonesOfApp {
  std::vector<ZoneId> all;
  std::vector<ZoneId> open;  ///< none of an app that is disabled
};

ApiResult<ZonesOfApp> zones_of(const Call& call) {
  constexpr std::uint32_t kPage = 500;
  ZonesOfApp zones;
  for (;;) {
    const auto page = call.services.apps.zones(call.app.id, zones.all.empty() ? ZoneId{} : zones.all.back(),
                                               kPage);
    if (!page) return fail(of_directory(page.error()));
    for (const auto& record : *page) {
      zones.all.push_back(record.zone.id);
      if (!record.disabled && !call.app.disabled) zones.open.push_back(record.zone.id);
    }
    if (page->size() < kPage) return zones;
  }
}

ApiResult<std::vector<std::string>> networks_of(const Call& call) {
  auto networks = call.args.texts("networks");
  for (const auto& network : networks) {
    if (!net::Network::parse(network))
      return refuse(ErrorCode::bad_request, "\"" + network.substr(0, 50) + "\" is no network", "networks",
                    "addresses like 10.0.0.0/8, 192.168.1.7, 2001:db8::/32, without bits behind the prefix");
  }
  return networks;
}

ApiResult<ports::BackendServer> server_of(const Call& call) {
  auto server = call.services.apps.server(call.app.id, call.args.text("server"));
  if (!server) return fail(of_directory(server.error(), "server"));
  return std::move(*server);
}

Answer set_app_disabled(Call& call, bool disabled) {
  const auto zones = zones_of(call);
  if (!zones) return fail(zones.error());
  const auto app = call.services.apps.disable_app(call.app.id, disabled);
  if (!app) return fail(of_directory(app.error(), "app"));
  if (!call.services.live.close_zones(zones->all, disabled)) return refuse(ErrorCode::unavailable);
  return shown(call, *app);
}

Answer add_key(const Call& call, const ports::BackendServer& server) {
  const auto made = call.services.authenticator.make_key(server.id);
  const auto key = call.services.apps.add_key(call.app.id, made.key);
  if (!key) return fail(of_directory(key.error(), "server"));
  json::object answer = shown(*key);
  answer["secret"] = made.secret;
  return answer;
}

}  // namespace

Answer create_app(Call& call) {
  const auto app = call.services.apps.create_app(call.args.text("app"));
  if (!app) return fail(of_directory(app.error(), "app"));
  return shown(call, *app);
}

Answer list_apps(Call& call) {
  const auto limit = page_limit(call);
  const auto apps = call.services.apps.apps(AppId{call.args.number("after")}, limit);
  if (!apps) return fail(of_directory(apps.error()));
  json::array list;
  for (const auto& app : *apps) {
    if (auto one = shown(call, app)) list.emplace_back(std::move(*one));
  }
  json::object answer{{"apps", std::move(list)}};
  add_next(answer, apps->size(), limit, apps->empty() ? AppId{} : apps->back().id);
  return answer;
}

Answer show_app(Call& call) { return shown(call, call.app); }

Answer rename_app(Call& call) {
  const auto app = call.services.apps.rename_app(call.app.id, call.args.text("name"));
  if (!app) return fail(of_directory(app.error(), "name"));
  return shown(call, *app);
}

Answer delete_app(Call& call) {
  const auto zones = zones_of(call);
  if (!zones) return fail(zones.error());
  // Before anything of it is removed nobody is in any more. Zones that come in between are closed by the directory alone.
  if (!call.services.live.close_zones(zones->all, true)) return refuse(ErrorCode::unavailable);
  const auto app = call.services.apps.delete_app(call.app.id);
  if (!app) {
    static_cast<void>(call.services.live.close_zones(zones->open, false));
    return fail(of_directory(app.error(), "app"));
  }
  auto answer = shown(call, *app);
  call.services.live.erase();
  return answer;
}

Answer disable_app(Call& call) { return set_app_disabled(call, true); }
Answer enable_app(Call& call) { return set_app_disabled(call, false); }

// Servers and keys ---------------------------------------------------------------------------------------------------

Answer register_server(Call& call) {
  auto networks = networks_of(call);
  if (!networks) return fail(networks.error());
  const auto server = call.services.apps.register_server({.id = {},
                                                          .app = call.app.id,
                                                          .name = call.args.text("server"),
                                                          .networks = std::move(*networks),
                                                          .created_ms = call.services.clock.wall_ms()},
                                                         call.services.limits.servers_per_app_max);
  if (!server) return fail(of_directory(server.error(), "server"));
  return shown(*server);
}

Answer list_servers(Call& call) {
  const auto limit = page_limit(call);
  const auto servers = call.services.apps.servers(call.app.id, ports::ServerId{call.args.number("after")},
                                                  limit);
  if (!servers) return fail(of_directory(servers.error()));
  json::array list;
  for (const auto& server : *servers) list.emplace_back(shown(server));
  json::object answer{{"servers", std::move(list)}};
  add_next(answer, servers->size(), limit, servers->empty() ? ports::ServerId{} : servers->back().id);
  return answer;
}

Answer change_server(Call& call) {
  const auto networks = networks_of(call);
  if (!networks) return fail(networks.error());
  const auto server = server_of(call);
  if (!server) return fail(server.error());
  const auto changed = call.services.apps.set_networks(call.app.id, server->id, *networks);
  if (!changed) return fail(of_directory(changed.error(), "server"));
  return shown(*changed);
}

Answer remove_server(Call& call) {
  const auto server = server_of(call);
  if (!server) return fail(server.error());
  const auto removed = call.services.apps.remove_server(call.app.id, server->id);
  if (!removed) return fail(of_directory(removed.error(), "server"));
  return json::object{{"server", server->name}, {"removed", true}};
}

Answer create_key(Call& call) {
  const auto server = server_of(call);
  if (!server) return fail(server.error());
  return add_key(call, *server);
}

/// The older of two good keys makes room for the new one.
Answer rotate_key(Call& call) {
  const auto server = server_of(call);
  if (!server) return fail(server.error());
  const auto keys = call.services.apps.keys(call.app.id, server->id);
  if (!keys) return fail(of_directory(keys.error(), "server"));
  std::vector<std::string> good;
  for (const auto& key : *keys) {
    if (key.revoked_ms == 0) good.push_back(key.id);
  }
  if (good.size() >= ports::Apps::kKeysPerServerMax) {
    const auto revoked = call.services.apps.revoke_key(call.app.id, good.front(),
                                                       call.services.clock.wall_ms());
    if (!revoked) return fail(of_directory(revoked.error(), "server"));
  }
  auto answer = add_key(call, *server);
  if (answer && good.size() >= ports::Apps::kKeysPerServerMax) (*answer)["revoked"] = good.front();
  return answer;
}

Answer list_keys(Call& call) {
  const auto server = server_of(call);
  if (!server) return fail(server.error());
  const auto keys = call.services.apps.keys(call.app.id, server->id);
  if (!keys) return fail(of_directory(keys.error(), "server"));
  json::array list;
  for (const auto& key : *keys) list.emplace_back(shown(key));
  return json::object{{"keys", std::move(list)}};
}

Answer revoke_key(Call& call) {
  const auto server = server_of(call);
  if (!server) return fail(server.error());
  const std::string wanted = call.args.text("key");
  const auto keys = call.services.apps.keys(call.app.id, server->id);
  if (!keys) return fail(of_directory(keys.error(), "server"));
  if (std::ranges::find(*keys, wanted, &ports::ApiKey::id) == keys->end())
    return refuse(ErrorCode::not_found, "key", "key");
  const auto key = call.services.apps.revoke_key(call.app.id, wanted, call.services.clock.wall_ms());
  if (!key) return fail(of_directory(key.error(), "key"));
  return shown(*key);
}

// Audit --------------------------------------------------------------------------------------------------------------

Answer list_audit(Call& call) {
  AppId app;
  if (call.args.has("of_app")) {
    const auto found = call.services.apps.app(call.args.text("of_app"));
    if (!found) return fail(of_directory(found.error(), "of_app"));
    app = found->id;
  }
  const auto limit = page_limit(call);
  const auto entries = call.services.audit.entries(app, call.args.number("after"), limit);
  if (!entries) return fail(of_directory(entries.error()));
  json::array list;
  for (const auto& entry : *entries) {
    list.emplace_back(json::object{{"seq", entry.seq},
                                   {"time_ms", entry.time_ms},
                                   {"app_id", entry.app.value},
                                   {"actor", entry.actor},
                                   {"action", entry.action},
                                   {"target", entry.target},
                                   {"outcome", entry.outcome},
                                   {"digest", entry.digest},
                                   {"hash", entry.hash}});
  }
  json::object answer{{"entries", std::move(list)}};
  if (entries->size() >= limit && !entries->empty()) answer["next"] = entries->back().seq;
  return answer;
}

Answer verify_audit_log(Call& call) {
  const auto verdict = ports::verify_audit(call.services.audit, call.services.audit_key);
  if (!verdict) return fail(of_directory(verdict.error()));
  json::object answer{{"right", verdict->wrong.empty()},
                      {"entries", verdict->entries},
                      {"head_seq", verdict->head.seq},
                      {"head_hash", verdict->head.hash}};
  if (!verdict->wrong.empty()) answer["wrong"] = verdict->wrong;
  return answer;
}

}  // namespace plaza::backend
