#include "sql/soci_records.h"

#include "sql/soci_directory.h"

namespace plaza::sql {

using ports::AuditEntry;
using ports::AuditHead;
using ports::DirectoryResult;
using ports::EarlierCall;

namespace {

std::uint64_t number(long long value) { return static_cast<std::uint64_t>(value); }

AuditHead read_head(Connection& db) {
  const auto rows = db.rows<long long, std::string>("SELECT seq, hash FROM audit_head");
  PLAZA_CHECK(rows.size() == 1);
  return {.seq = number(std::get<0>(rows.front())), .hash = std::get<1>(rows.front())};
}

}  // namespace

// Repeated calls -----------------------------------------------------------------------------------------------------

DirectoryResult<std::optional<EarlierCall>> SociIdempotency::claim(const ports::RepeatableCall& call,
                                                                   std::int64_t now_ms) {
  return database_.write([&](Connection& db) -> DirectoryResult<std::optional<EarlierCall>> {
    const auto rows = db.rows<std::string, std::string, std::string, long long, std::string>(
        "SELECT operation, request_hash, run, done, answer FROM repeatable_call WHERE app = :app AND "
        "call_key = "
        ":key",
        call.app.value, call.key);
    if (rows.empty()) {
      db.run(
          "INSERT INTO repeatable_call (app, call_key, operation, request_hash, run, claimed_ms, done, "
          "answer)"
          " VALUES (:app, :key, :operation, :hash, :run, :now, 0, '')",
          call.app.value, call.key, call.operation, call.request_hash, call.run, now_ms);
      return std::nullopt;
    }
    const auto& [operation, hash, run, done, answer] = rows.front();
    if (operation != call.operation || hash != call.request_hash)
      return EarlierCall{.state = EarlierCall::State::other, .answer = {}};
    if (done != 0) return EarlierCall{.state = EarlierCall::State::done, .answer = answer};
    if (run == call.run) return EarlierCall{.state = EarlierCall::State::running, .answer = {}};
    db.run("UPDATE repeatable_call SET run = :run WHERE app = :app AND call_key = :key", call.run,
           call.app.value, call.key);
    return std::nullopt;
  });
}

DirectoryResult<void> SociIdempotency::finish(AppId app, const std::string& key, const std::string& answer) {
  return database_.write([&](Connection& db) -> DirectoryResult<void> {
    db.run("UPDATE repeatable_call SET done = 1, answer = :answer WHERE app = :app AND call_key = :key",
           answer, app.value, key);
    return {};
  });
}

DirectoryResult<void> SociIdempotency::release(AppId app, const std::string& key) {
  return database_.write([&](Connection& db) -> DirectoryResult<void> {
    db.run("DELETE FROM repeatable_call WHERE app = :app AND call_key = :key AND done = 0", app.value, key);
    return {};
  });
}

DirectoryResult<std::uint32_t> SociIdempotency::forget_old(std::int64_t before_ms, std::uint32_t limit) {
  return database_.write([&](Connection& db) -> DirectoryResult<std::uint32_t> {
    const auto old = db.rows<long long, std::string>(
        "SELECT app, call_key FROM repeatable_call WHERE claimed_ms < :before ORDER BY claimed_ms LIMIT "
        ":count",
        before_ms, limit);
    for (const auto& [app, key] : old)
      db.run("DELETE FROM repeatable_call WHERE app = :app AND call_key = :key", app, key);
    return static_cast<std::uint32_t>(old.size());
  });
}

// Audit --------------------------------------------------------------------------------------------------------------

DirectoryResult<AuditEntry> SociAuditLog::append(AuditEntry entry) {
  return database_.write([&](Connection& db) -> DirectoryResult<AuditEntry> {
    const AuditHead before = read_head(db);
    entry.seq = before.seq + 1;
    entry.hash = ports::audit_hash(key_, entry, before.hash);
    db.run(
        "INSERT INTO audit (seq, time_ms, app, actor, action, target, outcome, digest, hash)"
        " VALUES (:seq, :time, :app, :actor, :action, :target, :outcome, :digest, :hash)",
        entry.seq, entry.time_ms, entry.app.value, entry.actor, entry.action, entry.target, entry.outcome,
        entry.digest, entry.hash);
    db.run("UPDATE audit_head SET seq = :seq, hash = :hash", entry.seq, entry.hash);
    return entry;
  });
}

DirectoryResult<std::vector<AuditEntry>> SociAuditLog::entries(AppId app, std::uint64_t after,
                                                               std::uint32_t limit) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<AuditEntry>> {
    constexpr const char* kAll =
        "SELECT seq, time_ms, app, actor, action, target, outcome, digest, hash FROM audit WHERE seq > :after"
        " ORDER BY seq LIMIT :count";
    constexpr const char* kOfApp =
        "SELECT seq, time_ms, app, actor, action, target, outcome, digest, hash FROM audit"
        " WHERE app = :app AND seq > :after ORDER BY seq LIMIT :count";
    const auto rows = app ? db.rows<long long, long long, long long, std::string, std::string, std::string,
                                    std::string, std::string, std::string>(kOfApp, app.value, after, limit)
                          : db.rows<long long, long long, long long, std::string, std::string, std::string,
                                    std::string, std::string, std::string>(kAll, after, limit);
    std::vector<AuditEntry> found;
    for (const auto& [seq, time_ms, of, actor, action, target, outcome, digest, hash] : rows) {
      found.push_back({.seq = number(seq),
                       .time_ms = time_ms,
                       .app = AppId{number(of)},
                       .actor = actor,
                       .action = action,
                       .target = target,
                       .outcome = outcome,
                       .digest = digest,
                       .hash = hash});
    }
    return found;
  });
}

DirectoryResult<AuditHead> SociAuditLog::head() {
  return database_.read([&](Connection& db) -> DirectoryResult<AuditHead> { return read_head(db); });
}

}  // namespace plaza::sql
