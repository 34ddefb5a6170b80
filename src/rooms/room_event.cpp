#include "rooms/room_event.h"

#include "protocol/json_writer.h"

namespace plaza::rooms {

using protocol::JsonWriter;

namespace {

void person(JsonWriter& json, MemberId id, std::string_view name) {
  json.begin_object();
  json.member("id", id.value);
  json.member("name", name);
  json.end_object();
}

/// Appends members to an object that is open and has some already.
template <class Write>
void more(std::string& text, Write write) {
  JsonWriter json(text);
  json.splice({}, true);
  write(json);
}

}  // namespace

std::string_view to_text(ports::RoomJoinPolicy policy) {
  switch (policy) {
    case ports::RoomJoinPolicy::open: return "open";
    case ports::RoomJoinPolicy::approval: return "approval";
    case ports::RoomJoinPolicy::invitation: return "invitation";
  }
  return "open";
}

std::string_view to_text(ports::RoomSpeakPolicy policy) {
  switch (policy) {
    case ports::RoomSpeakPolicy::everyone: return "everyone";
    case ports::RoomSpeakPolicy::admins: return "admins";
  }
  return "everyone";
}

EventBody::EventBody(std::string_view event, std::uint64_t version, MemberId by, std::string_view by_name) {
  JsonWriter json(text_);
  json.begin_object();
  json.member("event", event);
  json.member("version", version);
  json.key("by");
  person(json, by, by_name);
}

EventBody& EventBody::member(MemberId id, std::string_view name) {
  more(text_, [&](JsonWriter& json) {
    json.key("member");
    person(json, id, name);
  });
  return *this;
}

EventBody& EventBody::until(std::int64_t until_ms) {
  return until_ms >= ports::kForEverMs ? *this : number("until_ms", static_cast<std::uint64_t>(until_ms));
}

EventBody& EventBody::text(std::string_view key, std::string_view value) {
  more(text_, [&](JsonWriter& json) { json.key(key), json.string(value); });
  return *this;
}

EventBody& EventBody::number(std::string_view key, std::uint64_t value) {
  more(text_, [&](JsonWriter& json) { json.key(key), json.number(value); });
  return *this;
}

EventBody& EventBody::fields(const ports::change::Set& set) {
  more(text_, [&](JsonWriter& json) {
    json.key("set");
    json.begin_object();
    if (set.name) json.member("groupname", *set.name);
    if (set.description) json.member("groupdesc", *set.description);
    if (set.avatar) json.member("avatar", *set.avatar);
    if (set.join) json.member("join", to_text(*set.join));
    if (set.speak) json.member("speak", to_text(*set.speak));
    if (set.members_max) json.member("members_max", *set.members_max);
    if (set.slow_mode_ms) json.member("slow_mode_ms", *set.slow_mode_ms);
    if (set.history_visible) json.member_flag("history_visible", *set.history_visible);
    json.end_object();
  });
  return *this;
}

std::string EventBody::take() { return std::move(text_) + '}'; }

}  // namespace plaza::rooms
