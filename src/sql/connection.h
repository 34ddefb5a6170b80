#pragma once
#include <soci/soci.h>

#include <concepts>
#include <cstdint>
#include <memory>
#include <string>
#include <tuple>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/check.h"

namespace plaza::sql {

/// A database and how this program talks to it; one place for what differs between backends.
struct Target {
  std::string backend;         ///< SOCI's name: "sqlite3"
  std::string connect_string;  ///< SOCI's
  std::uint32_t busy_timeout_ms = 2'000;
};

enum class Access : std::uint8_t { read, write };

/// One connection with the statements it has prepared. Errors are soci exceptions: the owner catches them and throws the
/// connection away, since SOCI leaves a failed statement unusable.
///
/// Thread   One at a time.
/// Use      Every statement runs to its end: a SELECT that is left half-way would hold its snapshot, and later reads on the
///          connection would see the past.
class Connection {
 public:
  Connection(const Target& target, Access access);

  /// All rows of a SELECT. `sql` is a literal: its address names the prepared statement.
  template <class... Out, class... In>
  std::vector<std::tuple<Out...>> rows(const char* sql, const In&... in) {
    return query<std::tuple<Out...>, typename Stored<In>::type...>(sql).rows(in...);
  }
  /// The single row of a SELECT that gives exactly one (a count, a counter).
  template <class Out, class... In>
  Out value(const char* sql, const In&... in) {
    const auto found = rows<Out>(sql, in...);
    PLAZA_CHECK(found.size() == 1);
    return std::get<0>(found.front());
  }
  /// Runs a statement that gives no rows; gives how many it changed.
  template <class... In>
  long long run(const char* sql, const In&... in) {
    return query<std::tuple<>, typename Stored<In>::type...>(sql).run(in...);
  }
  /// Runs a statement once, without keeping it: schema changes and settings.
  void once(const std::string& sql) { session_ << sql; }

  void begin(Access access);
  void commit();
  void rollback();
  /// A place in a transaction to go back to: what was done since is kept by release(), undone by rollback_to_savepoint().
  void savepoint();
  void release();
  void rollback_to_savepoint();

 private:
  template <class T>
  struct Stored {
    using type = std::conditional_t<std::integral<T>, long long, std::string>;
  };

  struct AnyQuery {
    virtual ~AnyQuery() = default;
  };

  /// A prepared statement and the variables it is bound to.
  template <class Outs, class... In>
  struct Query final : AnyQuery {
    Query(soci::session& session, const char* sql) : statement(session) {
      std::apply([this](auto&... variable) { (statement.exchange(soci::use(variable)), ...); }, ins);
      std::apply([this](auto&... variable) { (statement.exchange(soci::into(variable)), ...); }, outs);
      statement.alloc();
      statement.prepare(sql);
      statement.define_and_bind();
    }

    template <class... Given>
    void bind(const Given&... given) {
      ins = std::tuple<In...>(In(given)...);
    }
    template <class... Given>
    std::vector<Outs> rows(const Given&... given) {
      bind(given...);
      std::vector<Outs> found;
      statement.execute();
      while (statement.fetch()) found.push_back(outs);
      return found;
    }
    template <class... Given>
    long long run(const Given&... given) {
      bind(given...);
      statement.execute(true);
      return statement.get_affected_rows();
    }

    std::tuple<In...> ins;
    Outs outs;
    soci::statement statement;
  };

  template <class Outs, class... In>
  Query<Outs, In...>& query(const char* sql) {
    using Wanted = Query<Outs, In...>;
    auto& slot = queries_[sql];
    if (!slot) slot = std::make_unique<Wanted>(session_, sql);
    auto* wanted = dynamic_cast<Wanted*>(slot.get());
    PLAZA_CHECK(wanted != nullptr);
    return *wanted;
  }

  // One thread at a time. The statements go before their session.
  const bool sqlite_;
  soci::session session_;
  std::unordered_map<const char*, std::unique_ptr<AnyQuery>> queries_;
};

}  // namespace plaza::sql
