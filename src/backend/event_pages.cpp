#include "backend/event_pages.h"

#include <boost/json/array.hpp>
#include <boost/json/serialize.hpp>

#include "backend/event_views.h"

namespace plaza::backend {

ApiResult<EventsBehind> events_behind(ports::AppEvents& log, AppId app, std::uint64_t after,
                                      std::uint32_t limit, std::size_t bytes_max) {
  const auto page = log.read(app, after, limit, bytes_max);
  if (!page) return fail(of_directory(page.error()));
  boost::json::array list;
  for (const auto& event : page->events) list.emplace_back(shown_event(event));
  EventsBehind out{
      .events = boost::json::serialize(list),
      .count = static_cast<std::uint32_t>(page->events.size()),
      .lost = 0,
      .last = page->events.empty() ? std::max(after, page->state.trimmed) : page->events.back().seq,
      .head = page->state.head,
      .trimmed = page->state.trimmed};
  // Without a hole: what is missing before the first, or of all there were, is gone.
  const std::uint64_t before = page->events.empty() ? out.last : page->events.front().seq - 1;
  out.lost = before - std::min(after, before);
  return out;
}

}  // namespace plaza::backend
