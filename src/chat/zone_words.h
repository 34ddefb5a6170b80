#pragma once
#include <unordered_map>
#include <utility>

#include "base/ids.h"
#include "ports/word_filter.h"

namespace plaza::chat {

/// The word filters of the zones that have one, as a shard uses them.
///
/// Thread  The shard's. The filters are shared by all shards.
class ZoneWords {
 public:
  void set(ZoneId zone, ports::SharedWordFilter filter) {
    if (filter) {
      filters_[zone] = std::move(filter);
    } else {
      filters_.erase(zone);
    }
  }
  /// Null when the zone has none: without any zone that has, this is one comparison.
  [[nodiscard]] const ports::WordFilter* of(ZoneId zone) const {
    if (filters_.empty()) return nullptr;
    const auto at = filters_.find(zone);
    return at == filters_.end() ? nullptr : at->second.get();
  }

 private:
  std::unordered_map<ZoneId, ports::SharedWordFilter> filters_;
};

}  // namespace plaza::chat
