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
    if (sums.newer == 0) newer_.push_back(message.zone);
    sums.newer += ports::ZoneBytes::of(message);
    change(message.zone, sums);
  }

  /// What is newer now goes to the table with this round.
  void begin_round() {
    for (const ZoneId zone : newer_) {
      Sums& sums = zones_[zone];
      sums.round = std::exchange(sums.newer, 0);
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
    std::uint64_t newer = 0;
    bool changed = false;
  };
  void change(ZoneId zone, Sums& sums) {
    if (!std::exchange(sums.changed, true)) changed_.push_back(zone);
  }

  std::unordered_map<ZoneId, Sums> zones_;
  std::vector<ZoneId> newer_, round_, changed_;
};

}  // namespace plaza::streams
