// SociApps: backend servers and their keys.
#include "sql/soci_apps.h"
#include "sql/soci_directory.h"

namespace plaza::sql {

using ports::ApiKey;
using ports::BackendServer;
using ports::DirectoryCode;
using ports::DirectoryResult;
using ports::ServerId;

namespace {

using ServerRow = std::tuple<long long, long long, std::string, std::string, long long>;
using KeyRow = std::tuple<std::string, long long, std::string, long long, long long>;

std::uint64_t id_of(long long value) { return static_cast<std::uint64_t>(value); }

std::string joined(const std::vector<std::string>& networks) {
  std::string text;
  for (const auto& network : networks) text += (text.empty() ? "" : " ") + network;
  return text;
}

std::vector<std::string> split(const std::string& text) {
  std::vector<std::string> networks;
  for (std::size_t from = 0; from < text.size();) {
    const std::size_t to = std::min(text.find(' ', from), text.size());
    networks.push_back(text.substr(from, to - from));
    from = to + 1;
  }
  return networks;
}

BackendServer to_server(const ServerRow& row) {
  const auto& [id, app, name, networks, created_ms] = row;
  return {.id = ServerId{id_of(id)},
          .app = AppId{id_of(app)},
          .name = name,
          .networks = split(networks),
          .created_ms = created_ms};
}

ApiKey to_key(const KeyRow& row) {
  const auto& [id, server, sealed, created_ms, revoked_ms] = row;
  return {.id = id,
          .server = ServerId{id_of(server)},
          .sealed_secret = sealed,
          .created_ms = created_ms,
          .revoked_ms = revoked_ms};
}

DirectoryResult<BackendServer> find_server(Connection& db, AppId app, ServerId server) {
  const auto rows = db.rows<long long, long long, std::string, std::string, long long>(
      "SELECT id, app, name, networks, created_ms FROM backend_server WHERE id = :id AND app = :app",
      server.value, app.value);
  if (rows.empty()) return not_found("server");
  return to_server(rows.front());
}

}  // namespace

DirectoryResult<BackendServer> SociApps::register_server(const BackendServer& wanted,
                                                         std::uint32_t servers_max) {
  return database_.write([&](Connection& db) -> DirectoryResult<BackendServer> {
    if (db.rows<long long>("SELECT id FROM app WHERE id = :id", wanted.app.value).empty())
      return not_found("app");
    if (!db.rows<long long>("SELECT id FROM backend_server WHERE app = :app AND name = :name",
                            wanted.app.value, wanted.name)
             .empty()) {
      return refuse(DirectoryCode::name_taken, "server");
    }
    if (db.value<long long>("SELECT COUNT(*) FROM backend_server WHERE app = :app", wanted.app.value) >=
        servers_max) {
      return at_limit("servers_max", servers_max);
    }
    BackendServer server = wanted;
    server.id = ServerId{next_id(db, region_, "server")};
    db.run(
        "INSERT INTO backend_server (id, app, name, networks, created_ms) VALUES (:id, :app, :name, "
        ":networks, "
        ":created)",
        server.id.value, server.app.value, server.name, joined(server.networks), server.created_ms);
    return server;
  });
}

DirectoryResult<BackendServer> SociApps::server(AppId app, const std::string& name) {
  return database_.read([&](Connection& db) -> DirectoryResult<BackendServer> {
    const auto rows = db.rows<long long, long long, std::string, std::string, long long>(
        "SELECT id, app, name, networks, created_ms FROM backend_server WHERE app = :app AND name = :name",
        app.value, name);
    if (rows.empty()) return not_found("server");
    return to_server(rows.front());
  });
}

DirectoryResult<BackendServer> SociApps::set_networks(AppId app, ServerId server,
                                                      const std::vector<std::string>& networks) {
  return database_.write([&](Connection& db) -> DirectoryResult<BackendServer> {
    auto found = find_server(db, app, server);
    if (!found) return found;
    db.run("UPDATE backend_server SET networks = :networks WHERE id = :id", joined(networks), server.value);
    found->networks = networks;
    return found;
  });
}

DirectoryResult<void> SociApps::remove_server(AppId app, ServerId server) {
  return database_.write([&](Connection& db) -> DirectoryResult<void> {
    if (const auto found = find_server(db, app, server); !found) return fail(found.error());
    db.run("DELETE FROM api_key WHERE server = :server", server.value);
    db.run("DELETE FROM backend_server WHERE id = :id", server.value);
    return {};
  });
}

DirectoryResult<std::vector<BackendServer>> SociApps::servers(AppId app, ServerId after,
                                                              std::uint32_t limit) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<BackendServer>> {
    std::vector<BackendServer> found;
    for (const auto& row : db.rows<long long, long long, std::string, std::string, long long>(
             "SELECT id, app, name, networks, created_ms FROM backend_server WHERE app = :app AND id > :after"
             " ORDER BY id LIMIT :count",
             app.value, after.value, limit)) {
      found.push_back(to_server(row));
    }
    return found;
  });
}

DirectoryResult<ApiKey> SociApps::add_key(AppId app, const ApiKey& key) {
  return database_.write([&](Connection& db) -> DirectoryResult<ApiKey> {
    if (const auto found = find_server(db, app, key.server); !found) return fail(found.error());
    if (db.value<long long>("SELECT COUNT(*) FROM api_key WHERE server = :server AND revoked_ms = 0",
                            key.server.value) >= kKeysPerServerMax) {
      return at_limit("keys_per_server_max", kKeysPerServerMax);
    }
    if (!db.rows<std::string>("SELECT id FROM api_key WHERE id = :id", key.id).empty())
      return refuse(DirectoryCode::name_taken, "key");
    db.run(
        "INSERT INTO api_key (id, server, sealed_secret, created_ms, revoked_ms) VALUES (:id, :server, "
        ":sealed, "
        ":created, :revoked)",
        key.id, key.server.value, key.sealed_secret, key.created_ms, key.revoked_ms);
    return key;
  });
}

DirectoryResult<ApiKey> SociApps::revoke_key(AppId app, const std::string& id, std::int64_t now_ms) {
  return database_.write([&](Connection& db) -> DirectoryResult<ApiKey> {
    const auto rows = db.rows<std::string, long long, std::string, long long, long long>(
        "SELECT k.id, k.server, k.sealed_secret, k.created_ms, k.revoked_ms FROM api_key k"
        " JOIN backend_server s ON s.id = k.server WHERE k.id = :id AND s.app = :app",
        id, app.value);
    if (rows.empty()) return not_found("key");
    ApiKey key = to_key(rows.front());
    if (key.revoked_ms != 0) return key;
    key.revoked_ms = now_ms;
    db.run("UPDATE api_key SET revoked_ms = :now WHERE id = :id", now_ms, id);
    return key;
  });
}

DirectoryResult<std::vector<ApiKey>> SociApps::keys(AppId app, ServerId server) {
  return database_.read_together([&](Connection& db) -> DirectoryResult<std::vector<ApiKey>> {
    if (const auto found = find_server(db, app, server); !found) return fail(found.error());
    std::vector<ApiKey> found;
    for (const auto& row : db.rows<std::string, long long, std::string, long long, long long>(
             "SELECT id, server, sealed_secret, created_ms, revoked_ms FROM api_key WHERE server = :server"
             " ORDER BY created_ms, id",
             server.value)) {
      found.push_back(to_key(row));
    }
    return found;
  });
}

DirectoryResult<ports::KeyHolder> SociApps::key_holder(const std::string& id) {
  return database_.read([&](Connection& db) -> DirectoryResult<ports::KeyHolder> {
    const auto rows = db.rows<std::string, long long, std::string, long long, long long, long long,
                              std::string, std::string, long long, std::string, long long>(
        "SELECT k.id, k.server, k.sealed_secret, k.created_ms, k.revoked_ms, s.app, s.name, s.networks,"
        " s.created_ms, a.name, a.disabled FROM api_key k JOIN backend_server s ON s.id = k.server"
        " JOIN app a ON a.id = s.app WHERE k.id = :id AND k.revoked_ms = 0",
        id);
    if (rows.empty()) return not_found("key");
    const auto& [key, server, sealed, created, revoked, app, server_name, networks, server_created, app_name,
                 disabled] = rows.front();
    return ports::KeyHolder{.key = to_key({key, server, sealed, created, revoked}),
                            .server = to_server({server, app, server_name, networks, server_created}),
                            .app = {.id = AppId{id_of(app)}, .name = app_name, .disabled = disabled != 0}};
  });
}

}  // namespace plaza::sql
