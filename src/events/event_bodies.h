#pragma once
#include <string>

#include "ports/app_events.h"
#include "ports/message.h"
#include "ports/moderation.h"

namespace plaza::events {

// What the apps' servers are told, as values and JSON. docs/server-api.md has the fields of each kind.

[[nodiscard]] ports::AppEvent of_presence(const std::string& zone, MemberId member,
                                          const std::string& nickname, bool online, std::int64_t now_ms);
/// room_message, or room_change when the message is an event of the room.
[[nodiscard]] ports::AppEvent of_message(const std::string& zone, const ports::Message& message);
[[nodiscard]] ports::AppEvent of_report(const std::string& zone, const ports::Report& report);

/// Presence that was not told of. `lost`: how many, 0 when that is not known.
[[nodiscard]] ports::AppEvent presence_gap(const char* why, std::uint64_t lost, std::int64_t now_ms);
/// Messages of a room with after < cseq < before that are not there any more.
[[nodiscard]] ports::AppEvent room_gap(const std::string& zone, RoomId room, std::uint64_t after,
                                       std::uint64_t before, std::int64_t now_ms);

/// An older copy of the streams was put back: the room goes on behind `after`, and what was told with a greater cseq is no more.
[[nodiscard]] ports::AppEvent room_restored(const std::string& zone, RoomId room, std::uint64_t after,
                                            std::int64_t now_ms);

/// {"seq":5,"time_ms":...,"kind":"room.message","zone":"eu-1","data":{...}}
[[nodiscard]] std::string to_json(const ports::AppEvent& event);

}  // namespace plaza::events
