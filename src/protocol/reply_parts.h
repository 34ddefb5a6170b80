#pragma once
// What the encodings of replies and pushes have in common. Private to *_replies.cpp, replies.cpp and search_reply.cpp.
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "protocol/json_writer.h"
#include "protocol/replies.h"

namespace plaza::protocol {

// Times are never negative here: before 1970 counts as 1970.
inline std::uint64_t unix_time(std::int64_t ms) { return ms < 0 ? 0 : static_cast<std::uint64_t>(ms); }

inline std::string_view state_text(bool online) { return online ? "online" : "offline"; }

template <std::size_t N>
void member_if(JsonWriter& json, const char (&name)[N], std::uint64_t value) {
  if (value != 0) json.member(name, value);
}
template <std::size_t N>
void member_if(JsonWriter& json, const char (&name)[N], std::string_view value) {
  if (!value.empty()) json.member(name, value);
}

// These are in every frame of the hot path; inlined, the writer's pointers stay in registers.
[[gnu::always_inline]] inline void begin(JsonWriter& json, Msg msg, Rid rid = std::nullopt) {
  json.begin_object();
  json.member("msgid", static_cast<std::uint64_t>(msg));
  if (rid) json.member("rid", *rid);
}
/// A reply that is not a refusal.
[[gnu::always_inline]] inline void begin_ok(JsonWriter& json, Msg msg, Rid rid) {
  begin(json, msg, rid);
  json.member("errno", std::uint64_t{0});
}

template <std::size_t N, class List, class Write>
void list(JsonWriter& json, const char (&name)[N], const List& items, Write write) {
  json.key(name);
  json.begin_array();
  for (const auto& item : items) {
    json.begin_object();
    write(item);
    json.end_object();
  }
  json.end_array();
}

/// What the app says of a member: compact JSON, or nothing.
inline void custom(JsonWriter& json, std::string_view compact) {
  if (compact.empty()) return;
  json.key("custom");
  json.raw(compact);
}

}  // namespace plaza::protocol
