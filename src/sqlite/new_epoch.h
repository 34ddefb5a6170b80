#pragma once
#include <cstdint>
#include <string>

#include "base/result.h"

namespace plaza::sqlite {

/// The epoch of streams that begin at this moment: grows by one a second.
[[nodiscard]] std::uint32_t epoch_of(std::int64_t wall_ms);

struct NewEpoch {
  std::uint32_t epoch = 0;
  std::uint64_t streams = 0;  ///< that have entries
};

/// Puts every stream of the database at `path` into an epoch that none of them was in before, in one transaction. For a
/// copy that was put back: it gives the positions after it a second time, and only another epoch tells a client that its
/// position is one of those which were lost.
///
/// Thread   The caller's, which has locked the data directory: no store has the database open.
/// Failure  The text names the file, what is wrong, and what to do; nothing is changed then. A file that is not there is
///          not created.
///
/// Why the time and not the old epoch plus one: one copy may be put back twice, and what came after it the first time is
/// lost as well.
[[nodiscard]] Result<NewEpoch, std::string> begin_new_epoch(const std::string& path, std::int64_t wall_ms);

}  // namespace plaza::sqlite
