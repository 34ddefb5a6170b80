#pragma once
#include <map>

#include "memory/memory_directory.h"
#include "ports/apps.h"

namespace plaza::memory {

/// Apps in maps: the apps and zones are those of a MemoryDirectory, servers and keys are here.
///
/// Thread  Any; under the directory's lock. Owner: a test. The directory outlives it.
class MemoryApps final : public ports::Apps {
 public:
  explicit MemoryApps(MemoryDirectory& directory) : d_(directory) {}

  ports::DirectoryResult<ports::App> create_app(const std::string& name) override;
  ports::DirectoryResult<ports::App> app(const std::string& name) override;
  ports::DirectoryResult<ports::App> rename_app(AppId app, const std::string& name) override;
  ports::DirectoryResult<ports::App> disable_app(AppId app, bool disabled) override;
  ports::DirectoryResult<ports::App> delete_app(AppId app) override;
  ports::DirectoryResult<std::vector<ports::App>> apps(AppId after, std::uint32_t limit) override;

  ports::DirectoryResult<ports::OwnQuotas> quotas(AppId app) override;
  ports::DirectoryResult<ports::OwnQuotas> set_quotas(AppId app, const ports::OwnQuotas& wanted) override;
  ports::DirectoryResult<ports::AppUsage> usage(AppId app) override;

  ports::DirectoryResult<ports::ZoneRecord> create_zone(const ports::Zone& wanted,
                                                        std::uint32_t zones_max) override;
  ports::DirectoryResult<ports::ZoneRecord> zone_record(AppId app, const std::string& name) override;
  ports::DirectoryResult<ports::ZoneRecord> rename_zone(AppId app, ZoneId zone,
                                                        const std::string& name) override;
  ports::DirectoryResult<ports::ZoneRecord> disable_zone(AppId app, ZoneId zone, bool disabled) override;
  ports::DirectoryResult<ports::ZoneRecord> delete_zone(AppId app, ZoneId zone) override;
  ports::DirectoryResult<ports::AppUsage> left_in(AppId app, ZoneId zone) override;
  ports::DirectoryResult<std::vector<ports::ZoneRecord>> zones(AppId app, ZoneId after,
                                                               std::uint32_t limit) override;
  ports::DirectoryResult<bool> is_shared(AccountId account, AppId app) override;
  ports::DirectoryResult<std::vector<ports::AccountMember>> account_members(AccountId account) override;

  ports::DirectoryResult<ports::BackendServer> register_server(const ports::BackendServer& wanted,
                                                               std::uint32_t servers_max) override;
  ports::DirectoryResult<ports::BackendServer> server(AppId app, const std::string& name) override;
  ports::DirectoryResult<ports::BackendServer> set_networks(
      AppId app, ports::ServerId server, const std::vector<std::string>& networks) override;
  ports::DirectoryResult<void> remove_server(AppId app, ports::ServerId server) override;
  ports::DirectoryResult<std::vector<ports::BackendServer>> servers(AppId app, ports::ServerId after,
                                                                    std::uint32_t limit) override;
  ports::DirectoryResult<ports::ApiKey> add_key(AppId app, const ports::ApiKey& key) override;
  ports::DirectoryResult<ports::ApiKey> revoke_key(AppId app, const std::string& key,
                                                   std::int64_t now_ms) override;
  ports::DirectoryResult<std::vector<ports::ApiKey>> keys(AppId app, ports::ServerId server) override;
  ports::DirectoryResult<ports::KeyHolder> key_holder(const std::string& key) override;

 private:
  friend class MemoryErasures;
  using AppPlace = std::map<std::string, AppId>::const_iterator;
  [[nodiscard]] AppPlace find_app_locked(AppId app) const;
  [[nodiscard]] ports::App view_locked(AppPlace at) const;
  [[nodiscard]] ports::ZoneRecord view_locked(const ports::Zone& zone) const;
  ports::Zone* find_zone_locked(AppId app, ZoneId zone);
  ports::BackendServer* find_server_locked(AppId app, ports::ServerId server);
  ports::ApiKey* find_key_locked(AppId app, const std::string& key);

  MemoryDirectory& d_;
  // Guarded by the directory's mutex.
  std::uint64_t last_server_ = 0;
  std::map<ports::ServerId, ports::BackendServer> servers_;
  std::vector<ports::ApiKey> keys_;
};

}  // namespace plaza::memory
