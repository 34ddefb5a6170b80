#pragma once
#include <algorithm>
#include <cstdint>
#include <unordered_map>
#include <utility>
#include <vector>

#include "ports/stream_store.h"

namespace plaza::streams {

/// What the messages of each zone take. In the table it stands as of the message up to which the index is complete; what is newer
/// is added here, as it is to heads and marks.
///
///   load, added (replay) -> added ... begin_round -> added ... -> round_rows (in its last slice) -> round_applied
///
/// Thread   The writer's.
/// Owner    The working set. One entry for each zone that ever had a message.
class ZoneBytes {
 public:
  void load(ports::ZoneBytes row) {
    Sums& sums = zones_[row.zone];
    sums.table = row.bytes;
    change(row.zone, sums);
  }
  /// Of a message that is stored and newer than the table.
  void added(const ports::Message& message) {
    Sums& sums = zones_[message.zone];
    add_newer(message.zone, sums, static_cast<std::int64_t>(ports::ZoneBytes::of(message)));
  }
  /// The body of a message that is stored, or of one that is added with the same commit, is so many bytes longer, or shorter. The table has what is
  /// not newer than `indexed_upto`: then its row is to be written anew, by the same transaction.
  void rewritten(ZoneId zone, std::uint64_t message, std::uint64_t indexed_upto, std::int64_t longer) {
    Sums& sums = zones_[zone];
    if (message > std::max(indexed_upto, round_upto_)) return add_newer(zone, sums, longer);
    (message <= indexed_upto ? sums.table : sums.round) += static_cast<std::uint64_t>(longer);
    change(zone, sums);
  }

  /// What is newer now goes to the table with this round.
  void begin_round(std::uint64_t upto) {
    round_upto_ = upto;
    for (const ZoneId zone : newer_) {
      Sums& sums = zones_[zone];
      sums.round = std::exchange(sums.newer, 0);
      sums.is_newer = false;
    }
    round_ = std::exchange(newer_, {});
  }
  /// The rows as they are at the end of the round.
  [[nodiscard]] std::vector<ports::ZoneBytes> round_rows() const {
    std::vector<ports::ZoneBytes> rows;
    for (const ZoneId zone : round_) {
      const Sums& sums = zones_.at(zone);
      rows.push_back({.zone = zone, .bytes = sums.table + sums.round});
    }
    return rows;
  }
  void round_applied() {
    for (const ZoneId zone : round_) {
      Sums& sums = zones_[zone];
      sums.table += std::exchange(sums.round, 0);
    }
    round_.clear();
  }

  [[nodiscard]] ports::ZoneBytes row(ZoneId zone) const { return row_without(zone, 0); }
  /// The row without so many bytes of messages that are in the table and go.
  [[nodiscard]] ports::ZoneBytes row_without(ZoneId zone, std::uint64_t bytes) const {
    const auto at = zones_.find(zone);
    const std::uint64_t table = at == zones_.end() ? 0 : at->second.table;
    return {.zone = zone, .bytes = table - std::min(table, bytes)};
  }
  void removed(ZoneId zone, std::uint64_t bytes) {
    Sums& sums = zones_[zone];
    sums.table -= std::min(sums.table, bytes);
    change(zone, sums);
  }

  /// Those that were not taken since they changed.
  [[nodiscard]] std::vector<ports::ZoneBytes> take_changed() {
    std::vector<ports::ZoneBytes> taken;
    taken.reserve(changed_.size());
    for (const ZoneId zone : changed_) {
      Sums& sums = zones_[zone];
      sums.changed = false;
      taken.push_back({.zone = zone, .bytes = sums.table + sums.round + sums.newer});
    }
    changed_.clear();
    return taken;
  }

 private:
  struct Sums {
    std::uint64_t table = 0;  ///< as the row says
    std::uint64_t round = 0;  ///< goes to the row with the round that is under way
    std::uint64_t newer = 0;  ///< may be below nothing, modulo 2^64, until the messages of a commit are added
    bool is_newer = false;    ///< in newer_
    bool changed = false;
  };
  void add_newer(ZoneId zone, Sums& sums, std::int64_t bytes) {
    if (!std::exchange(sums.is_newer, true)) newer_.push_back(zone);
    sums.newer += static_cast<std::uint64_t>(bytes);
    change(zone, sums);
  }
  void change(ZoneId zone, Sums& sums) {
    if (!std::exchange(sums.changed, true)) changed_.push_back(zone);
  }

  std::unordered_map<ZoneId, Sums> zones_;
  std::vector<ZoneId> newer_, round_, changed_;
  std::uint64_t round_upto_ = 0;  ///< the newest message of the round, or of the last one
};

}  // namespace plaza::streams
