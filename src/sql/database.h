#pragma once
#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <type_traits>
#include <vector>

#include "ports/directory.h"
#include "sql/connection.h"
#include "sql/write_group.h"

namespace plaza::sql {

/// The connections to one database: one that writes, some that read, and what becomes of their failures.
///
/// Thread   Any thread. write() runs one function at a time, on any caller's thread; read() as many as there are readers, others wait.
/// Group    Writes that wait for each other share a transaction, each under a savepoint of its own: one fsync for all of them, and what
///          one of them refuses or throws changes nothing of the others.
/// Failure  An exception in a function rolls back, closes its connection and gives `unavailable`; the next call opens a new
///          one. The first failure and the first success after it are logged, those between are not.
class Database {
 public:
  Database(Target target, std::uint32_t readers);
  ~Database();

  /// Runs `work(Connection&)`, which gives a DirectoryResult, in a transaction that keeps what it did when it succeeds. `work` is run
  /// again when somebody else's in the same transaction threw: it takes nothing out of what it was given.
  template <class Work>
  std::invoke_result_t<Work, Connection&> write(Work work) {
    Write<Work> mine(work);
    writes_.run(mine);
    return std::move(*mine.result);
  }

  /// How many writes nobody has begun.
  [[nodiscard]] std::size_t writes_waiting() const { return writes_.waiting(); }

  /// Runs `work(Connection&)`, a single SELECT.
  template <class Work>
  std::invoke_result_t<Work, Connection&> read(Work work) {
    Reader reader(*this);
    return guarded<std::invoke_result_t<Work, Connection&>>(reader.connection, Access::read, work);
  }
  /// Runs `work(Connection&)`, several SELECTs that have to see one state.
  template <class Work>
  std::invoke_result_t<Work, Connection&> read_together(Work work) {
    return read([&](Connection& db) {
      db.begin(Access::read);
      auto result = work(db);
      db.commit();
      return result;
    });
  }

 private:
  /// A place among the readers, with its connection if that is open.
  struct Reader {
    explicit Reader(Database& owner);
    ~Reader();
    Reader(const Reader&) = delete;
    Reader& operator=(const Reader&) = delete;
    Database& database;
    std::unique_ptr<Connection> connection;
  };

  /// A write that waits, whatever it gives.
  struct AnyWrite : PendingWrite {
    /// True: what it did is to be kept.
    virtual bool attempt(Connection& db) = 0;
    virtual void give_up(const ports::DirectoryError& error) = 0;
  };
  template <class Work>
  struct Write final : AnyWrite {
    explicit Write(Work& given) : work(given) {}
    bool attempt(Connection& db) override {
      result.emplace(work(db));
      return result->has_value();
    }
    void give_up(const ports::DirectoryError& error) override { result.emplace(fail(error)); }

    Work& work;
    std::optional<std::invoke_result_t<Work, Connection&>> result;
  };
  using Writes = std::span<PendingWrite* const>;
  void carry_out(Writes group);
  static bool attempt(Connection& db, AnyWrite& write, bool one_of_many);

  template <class R, class Work>
  R guarded(std::unique_ptr<Connection>& connection, Access access, Work work) {
    try {
      if (!connection) connection = std::make_unique<Connection>(target_, access);
      R result = work(*connection);
      if (failing(access).load(std::memory_order_relaxed)) note_recovery(access);
      return result;
    } catch (const std::exception& error) {
      connection.reset();  // closing rolls back what was begun
      return fail(note_failure(access, error));
    }
  }
  ports::DirectoryError note_failure(Access access, const std::exception& error);
  void note_recovery(Access access);
  std::atomic<bool>& failing(Access access) {
    return access == Access::read ? reads_failing_ : writes_failing_;
  }

  // Constant after construction.
  const Target target_;
  // Any thread (atomic).
  std::atomic<bool> reads_failing_{false};
  std::atomic<bool> writes_failing_{false};  ///< a full disk stops these alone
  // Whoever carries out the writes of a group. Declared before the readers, so that it is closed after them and cleans up the WAL.
  std::unique_ptr<Connection> writer_;
  WriteGroups writes_;
  // Guarded by readers_mutex_.
  std::mutex readers_mutex_;
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<Connection>> free_readers_;  ///< null: not open
};

}  // namespace plaza::sql
