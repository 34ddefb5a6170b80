#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "ports/directory.h"
#include "ports/quotas.h"

namespace plaza::ports {

using ServerId = Id<struct BackendServerTag>;

struct App {
  AppId id;
  std::string name;
  bool disabled = false;
  bool deleting = false;  ///< then it is disabled as well

  bool operator==(const App&) const = default;
};

/// A zone as its administrators see it.
struct ZoneRecord {
  Zone zone;
  bool disabled = false;
  bool deleting = false;  ///< then it is disabled as well

  bool operator==(const ZoneRecord&) const = default;
};

/// One of an app's own servers: where it may call from.
struct BackendServer {
  ServerId id;
  AppId app;
  std::string name;                   ///< unique in the app
  std::vector<std::string> networks;  ///< "10.0.0.0/8", "::1/128"; none: from nowhere
  std::int64_t created_ms = 0;

  bool operator==(const BackendServer&) const = default;
};

/// What a backend server proves itself with. The secret is stored sealed (base/secret_box.h): a signature can only be checked by
/// who has it.
struct ApiKey {
  std::string id;  ///< public
  ServerId server;
  std::string sealed_secret;
  std::int64_t created_ms = 0;
  std::int64_t revoked_ms = 0;  ///< 0: it is good

  bool operator==(const ApiKey&) const = default;
};

/// Everything that the check of a key needs.
struct KeyHolder {
  ApiKey key;
  BackendServer server;
  App app;
};

/// A member with where it is.
struct AccountMember {
  Member member;
  AppId app;
  std::string app_name, zone_name;
};

/// Apps, their zones, their backend servers and keys, as administered. The same apps and zones that Directory serves.
///
/// Contract  As Directory: each method one transaction; `unavailable` recovers by itself. Names of apps are unique, those of zones
///           and servers in their app; case counts. What belongs to another app is not_found. Lists are by id, ascending, those
///           with id > after, at most limit.
///           A zone is open while neither it nor its app is disabled; Directory::zone() says not_found for one that is not. What
///           is in it stays.
///           What is being deleted is closed for good: it cannot be opened or renamed and gets no zones (conflict), and
///           has its name until ports::Erasures has removed all of it.
/// Thread    Blocks. Any thread but a shard's; thread-safe.
class Apps {
 public:
  static constexpr std::uint32_t kKeysPerServerMax = 2;

  virtual ~Apps() = default;

  virtual DirectoryResult<App> create_app(const std::string& name) = 0;
  virtual DirectoryResult<App> app(const std::string& name) = 0;
  virtual DirectoryResult<App> rename_app(AppId app, const std::string& name) = 0;
  virtual DirectoryResult<App> disable_app(AppId app, bool disabled) = 0;
  /// With all its zones. Again is fine.
  virtual DirectoryResult<App> delete_app(AppId app) = 0;
  virtual DirectoryResult<std::vector<App>> apps(AppId after, std::uint32_t limit) = 0;

  /// Those that an operator has set, and nothing else. They hold for what is made from then on; what an app has stays.
  virtual DirectoryResult<OwnQuotas> quotas(AppId app) = 0;
  virtual DirectoryResult<OwnQuotas> set_quotas(AppId app, const OwnQuotas& wanted) = 0;
  virtual DirectoryResult<AppUsage> usage(AppId app) = 0;

  /// `wanted.app` says where; its id and app_name are ignored. limit when the app has zones_max.
  virtual DirectoryResult<ZoneRecord> create_zone(const Zone& wanted, std::uint32_t zones_max) = 0;
  virtual DirectoryResult<ZoneRecord> zone_record(AppId app, const std::string& name) = 0;
  virtual DirectoryResult<ZoneRecord> rename_zone(AppId app, ZoneId zone, const std::string& name) = 0;
  virtual DirectoryResult<ZoneRecord> disable_zone(AppId app, ZoneId zone, bool disabled) = 0;
  /// Again is fine.
  virtual DirectoryResult<ZoneRecord> delete_zone(AppId app, ZoneId zone) = 0;
  /// What is in it, dissolved rooms included. Counts rows: for one that is being deleted.
  virtual DirectoryResult<AppUsage> left_in(AppId app, ZoneId zone) = 0;
  virtual DirectoryResult<std::vector<ZoneRecord>> zones(AppId app, ZoneId after, std::uint32_t limit) = 0;

  /// Whether the account has a member in a zone of another app: then it is not this app's alone.
  virtual DirectoryResult<bool> is_shared(AccountId account, AppId app) = 0;
  /// All members of the account, in every app, by id. Empty when there is no such account.
  virtual DirectoryResult<std::vector<AccountMember>> account_members(AccountId account) = 0;

  /// limit when the app has servers_max.
  virtual DirectoryResult<BackendServer> register_server(const BackendServer& wanted,
                                                         std::uint32_t servers_max) = 0;
  virtual DirectoryResult<BackendServer> server(AppId app, const std::string& name) = 0;
  virtual DirectoryResult<BackendServer> set_networks(AppId app, ServerId server,
                                                      const std::vector<std::string>& networks) = 0;
  /// With its keys.
  virtual DirectoryResult<void> remove_server(AppId app, ServerId server) = 0;
  virtual DirectoryResult<std::vector<BackendServer>> servers(AppId app, ServerId after,
                                                              std::uint32_t limit) = 0;

  /// limit when the server has kKeysPerServerMax good ones: enough to change over without an interruption.
  virtual DirectoryResult<ApiKey> add_key(AppId app, const ApiKey& key) = 0;
  /// A revoked one stays in the list. not_found when there is none; revoking it again changes nothing.
  virtual DirectoryResult<ApiKey> revoke_key(AppId app, const std::string& key, std::int64_t now_ms) = 0;
  /// Of one server, in the order of their making; also revoked ones.
  virtual DirectoryResult<std::vector<ApiKey>> keys(AppId app, ServerId server) = 0;
  /// Who has this key; not_found when it is revoked.
  virtual DirectoryResult<KeyHolder> key_holder(const std::string& key) = 0;
};

}  // namespace plaza::ports
