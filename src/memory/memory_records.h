#pragma once
#include <map>
#include <mutex>
#include <utility>
#include <vector>

#include "ports/audit.h"
#include "ports/idempotency.h"

namespace plaza::memory {

/// Remembered calls in a map. Thread: any.
class MemoryIdempotency final : public ports::Idempotency {
 public:
  ports::DirectoryResult<std::optional<ports::EarlierCall>> claim(const ports::RepeatableCall& call,
                                                                  std::int64_t now_ms) override;
  ports::DirectoryResult<void> finish(AppId app, const std::string& key, const std::string& answer) override;
  ports::DirectoryResult<void> release(AppId app, const std::string& key) override;
  ports::DirectoryResult<std::uint32_t> forget_old(std::int64_t before_ms, std::uint32_t limit) override;

  /// As if the program had died before it kept any answer, for tests.
  void lose_answers();

 private:
  struct Record {
    ports::RepeatableCall call;
    std::int64_t claimed_ms = 0;
    std::optional<std::string> answer;
  };
  std::mutex mutex_;
  std::map<std::pair<AppId, std::string>, Record> records_;
};

/// The audit log in a vector. Thread: any.
class MemoryAuditLog final : public ports::AuditLog {
 public:
  explicit MemoryAuditLog(std::string key) : key_(std::move(key)) {}
  ports::DirectoryResult<ports::AuditEntry> append(ports::AuditEntry entry) override;
  ports::DirectoryResult<std::vector<ports::AuditEntry>> entries(AppId app, std::uint64_t after,
                                                                 std::uint32_t limit) override;
  ports::DirectoryResult<ports::AuditHead> head() override;

  /// What somebody with a right to write could do to it, for tests.
  std::vector<ports::AuditEntry>& tampered() { return entries_; }
  ports::AuditHead& tampered_head() { return head_; }

 private:
  const std::string key_;
  std::mutex mutex_;
  std::vector<ports::AuditEntry> entries_;
  ports::AuditHead head_;
};

}  // namespace plaza::memory
