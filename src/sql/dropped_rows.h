#pragma once
#include <cstdint>

#include "sql/connection.h"

namespace plaza::sql {

/// Removes rows, and counts down how many more one transaction may.
///
/// Owner  One transaction.
class DroppedRows {
 public:
  DroppedRows(Connection& db, std::uint32_t rows_max) : db_(db), left_(rows_max) {}

  /// Those of which `select` (its last parameter is their greatest number) gives the column that `remove` takes as its first parameter,
  /// before `in`. False: there may be more, for another transaction.
  template <class Key, class... In>
  bool drop(const char* select, const char* remove, const In&... in) {
    if (left_ == 0) return false;
    const auto found = db_.rows<Key>(select, in..., left_);
    for (const auto& [key] : found) db_.run(remove, key, in...);
    left_ -= static_cast<std::uint32_t>(found.size());
    return left_ > 0;
  }

 private:
  Connection& db_;
  std::uint32_t left_;
};

}  // namespace plaza::sql
