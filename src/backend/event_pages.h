#pragma once
#include <cstdint>
#include <string>

#include "backend/api_error.h"
#include "ports/app_events.h"

namespace plaza::backend {

/// Further events of an app, for who follows its log.
struct EventsBehind {
  std::string events;       ///< a JSON array, as in events.list
  std::uint32_t count = 0;  ///< of them
  std::uint64_t lost = 0;   ///< so many before the first are trimmed
  std::uint64_t last = 0;   ///< seq of the last, from where to go on
  std::uint64_t head = 0, trimmed = 0;
};

/// Those with seq > after, at most `limit` and about bytes_max; one is always given when there is one. Blocks.
ApiResult<EventsBehind> events_behind(ports::AppEvents& log, AppId app, std::uint64_t after,
                                      std::uint32_t limit, std::size_t bytes_max);

}  // namespace plaza::backend
