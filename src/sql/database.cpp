#include "sql/database.h"

#include <algorithm>

#include "base/log.h"

namespace plaza::sql {

namespace {
/// Each holds the database's write lock a little longer; by then the fsync is a small part of a write.
constexpr std::size_t kWritesInGroupMax = 64;
}  // namespace

Database::Database(Target target, std::uint32_t readers)
    : target_(std::move(target)), writes_(kWritesInGroupMax, [this](Writes group) { carry_out(group); }) {
  free_readers_.resize(std::max<std::uint32_t>(1, readers));
}

Database::~Database() = default;

void Database::carry_out(Writes group) {
  bool keep = false, committing = false;
  const auto outcome = guarded<ports::DirectoryResult<void>>(
      writer_, Access::write, [&](Connection& db) -> ports::DirectoryResult<void> {
        db.begin(Access::write);
        for (PendingWrite* each : group) keep |= attempt(db, *static_cast<AnyWrite*>(each), group.size() > 1);
        committing = keep;
        keep ? db.commit() : db.rollback();
        return {};
      });
  if (outcome) return;
  // One of them threw: the others do not pay for it. But whether a commit that failed is in the database nobody knows.
  const bool again = group.size() > 1 && !committing;
  for (PendingWrite* const& each : group) {
    again ? carry_out({&each, 1}) : static_cast<AnyWrite*>(each)->give_up(outcome.error());
  }
}

/// True: it changed something that is to be kept.
bool Database::attempt(Connection& db, AnyWrite& write, bool one_of_many) {
  if (!one_of_many) return write.attempt(db);
  db.savepoint();
  const bool keep = write.attempt(db);
  keep ? db.release() : db.rollback_to_savepoint();
  return keep;
}

Database::Reader::Reader(Database& owner) : database(owner) {
  std::unique_lock lock(database.readers_mutex_);
  database.reader_free_.wait(lock, [this] { return !database.free_readers_.empty(); });
  connection = std::move(database.free_readers_.back());
  database.free_readers_.pop_back();
}

Database::Reader::~Reader() {
  {
    const std::lock_guard lock(database.readers_mutex_);
    database.free_readers_.push_back(std::move(connection));
  }
  database.reader_free_.notify_one();
}

namespace {

/// what() of a SOCI error repeats the statement with its parameters, among them hashes of passwords.
std::string text_of(const std::exception& error) {
  const auto* soci = dynamic_cast<const soci::soci_error*>(&error);
  return soci ? soci->get_error_message() : error.what();
}

const char* name_of(Access access) { return access == Access::read ? "reading" : "writing"; }

}  // namespace

ports::DirectoryError Database::note_failure(Access access, const std::exception& error) {
  std::string text = text_of(error);
  if (!failing(access).exchange(true)) {
    PLAZA_LOG(error, "sql", "{} the directory's database fails: {}", name_of(access), text);
  }
  return {.code = ports::DirectoryCode::unavailable, .detail = std::move(text)};
}

void Database::note_recovery(Access access) {
  if (failing(access).exchange(false))
    PLAZA_LOG(info, "sql", "{} the directory's database works again", name_of(access));
}

}  // namespace plaza::sql
