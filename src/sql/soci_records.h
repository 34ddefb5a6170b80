#pragma once
#include "ports/audit.h"
#include "ports/idempotency.h"
#include "sql/database.h"

namespace plaza::sql {

/// ports::Idempotency over SOCI.
class SociIdempotency final : public ports::Idempotency {
 public:
  explicit SociIdempotency(Database& database) : database_(database) {}
  ports::DirectoryResult<std::optional<ports::EarlierCall>> claim(const ports::RepeatableCall& call,
                                                                  std::int64_t now_ms) override;
  ports::DirectoryResult<void> finish(AppId app, const std::string& key, const std::string& answer) override;
  ports::DirectoryResult<void> release(AppId app, const std::string& key) override;
  ports::DirectoryResult<std::uint32_t> forget_old(std::int64_t before_ms, std::uint32_t limit) override;

 private:
  Database& database_;
};

/// ports::AuditLog over SOCI. The writer's lock makes the chain: one entry after the other.
class SociAuditLog final : public ports::AuditLog {
 public:
  SociAuditLog(Database& database, std::string key) : database_(database), key_(std::move(key)) {}
  ports::DirectoryResult<ports::AuditEntry> append(ports::AuditEntry entry) override;
  ports::DirectoryResult<std::vector<ports::AuditEntry>> entries(AppId app, std::uint64_t after,
                                                                 std::uint32_t limit) override;
  ports::DirectoryResult<ports::AuditHead> head() override;

 private:
  Database& database_;
  const std::string key_;
};

}  // namespace plaza::sql
