#include "memory/memory_records.h"

namespace plaza::memory {

using ports::AuditEntry;
using ports::DirectoryResult;
using ports::EarlierCall;

DirectoryResult<std::optional<EarlierCall>> MemoryIdempotency::claim(const ports::RepeatableCall& call,
                                                                     std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  const auto [at, fresh] = records_.try_emplace({call.app, call.key}, Record{call, now_ms, {}});
  Record& record = at->second;
  if (fresh) return std::nullopt;
  if (record.call.operation != call.operation || record.call.request_hash != call.request_hash)
    return EarlierCall{.state = EarlierCall::State::other, .answer = {}};
  if (record.answer) return EarlierCall{.state = EarlierCall::State::done, .answer = *record.answer};
  if (record.call.run == call.run) return EarlierCall{.state = EarlierCall::State::running, .answer = {}};
  record.call.run = call.run;
  return std::nullopt;
}

DirectoryResult<void> MemoryIdempotency::finish(AppId app, const std::string& key,
                                                const std::string& answer) {
  const std::lock_guard lock(mutex_);
  if (const auto at = records_.find({app, key}); at != records_.end()) at->second.answer = answer;
  return {};
}

DirectoryResult<void> MemoryIdempotency::release(AppId app, const std::string& key) {
  const std::lock_guard lock(mutex_);
  const auto at = records_.find({app, key});
  if (at != records_.end() && !at->second.answer) records_.erase(at);
  return {};
}

DirectoryResult<std::uint32_t> MemoryIdempotency::forget_old(std::int64_t before_ms, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::uint32_t forgotten = 0;
  std::erase_if(records_, [&](const auto& item) {
    const bool old = forgotten < limit && item.second.claimed_ms < before_ms;
    forgotten += old ? 1 : 0;
    return old;
  });
  return forgotten;
}

void MemoryIdempotency::lose_answers() {
  const std::lock_guard lock(mutex_);
  for (auto& [key, record] : records_) record.answer.reset();
}

DirectoryResult<AuditEntry> MemoryAuditLog::append(AuditEntry entry) {
  const std::lock_guard lock(mutex_);
  entry.seq = head_.seq + 1;
  entry.hash = ports::audit_hash(key_, entry, head_.hash);
  head_ = {entry.seq, entry.hash};
  entries_.push_back(entry);
  return entry;
}

DirectoryResult<std::vector<AuditEntry>> MemoryAuditLog::entries(AppId app, std::uint64_t after,
                                                                 std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  std::vector<AuditEntry> found;
  for (const auto& entry : entries_) {
    if (entry.seq > after && (!app || entry.app == app) && found.size() < limit) found.push_back(entry);
  }
  return found;
}

DirectoryResult<ports::AuditHead> MemoryAuditLog::head() {
  const std::lock_guard lock(mutex_);
  return head_;
}

}  // namespace plaza::memory
