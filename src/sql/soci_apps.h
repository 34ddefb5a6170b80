#pragma once
#include "ports/apps.h"
#include "sql/database.h"

namespace plaza::sql {

/// ports::Apps over SOCI, in the directory's database: the tables app and zone are its own.
class SociApps final : public ports::Apps {
 public:
  SociApps(Database& database, std::uint8_t region) : database_(database), region_(region) {}

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
  Database& database_;
  const std::uint8_t region_;
};

}  // namespace plaza::sql
