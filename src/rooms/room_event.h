#pragma once
#include <cstdint>
#include <string>
#include <string_view>

#include "ports/room_change.h"

namespace plaza::rooms {

/// The body of an event: {"event":"joined","version":5,"by":{"id":7,"name":"ann"},"member":{"id":9,"name":"bob"},...}.
/// docs/protocol.md lists the events and what each has besides.
class EventBody {
 public:
  /// `by` none: the app's server, under this name.
  EventBody(std::string_view event, std::uint64_t version, MemberId by, std::string_view by_name);

  EventBody& member(MemberId id, std::string_view name);
  EventBody& until(std::int64_t until_ms);  ///< kForEverMs is left out
  EventBody& text(std::string_view key, std::string_view value);
  EventBody& number(std::string_view key, std::uint64_t value);
  /// The fields that are set, as "set":{"groupname":...}.
  EventBody& fields(const ports::change::Set& set);
  [[nodiscard]] std::string take();

 private:
  std::string text_;  ///< without the last brace
};

std::string_view to_text(ports::RoomJoinPolicy policy);
std::string_view to_text(ports::RoomSpeakPolicy policy);

}  // namespace plaza::rooms
