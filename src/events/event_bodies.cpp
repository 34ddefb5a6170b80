#include "events/event_bodies.h"

#include <fmt/format.h>

#include <boost/json/object.hpp>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace plaza::events {

namespace json = boost::json;
using ports::AppEvent;
using ports::AppEventKind;
using ports::MessageKind;

namespace {

constexpr std::array<std::string_view, 5> kKinds{"text", "image", "file", "custom", "event"};

void put_content(json::object& out, MessageKind kind, const std::string& body) {
  out["kind"] = kKinds[static_cast<std::size_t>(kind)];
  if (kind == MessageKind::text) {
    out["msg"] = body;
    return;
  }
  boost::system::error_code error;
  out["body"] = json::parse(body, error);
}

/// What is done to which message, and what an edit says, unless that was recalled since.
void put_change(json::object& out, const ports::Message& message) {
  const ports::MessageChange& change = *message.change();
  const bool edit = change.action == ports::ChangeAction::edit;
  if (edit && !message.recalled()) put_content(out, change.kind, message.body);
  out["kind"] = "change";
  out["does"] = edit ? "edited" : "recalled";
  out["of"] = change.target;
}

AppEvent made(AppEventKind kind, std::int64_t time_ms, std::string zone, const json::object& data) {
  return {.seq = 0, .time_ms = time_ms, .kind = kind, .zone = std::move(zone), .body = json::serialize(data)};
}

}  // namespace

AppEvent of_presence(const std::string& zone, MemberId member, const std::string& nickname, bool online,
                     std::int64_t now_ms) {
  return made(online ? AppEventKind::member_online : AppEventKind::member_offline, now_ms, zone,
              {{"member", member.value}, {"nickname", nickname}});
}

AppEvent of_message(const std::string& zone, const ports::Message& message) {
  json::object data{{"room", message.conversation.first()},
                    {"cseq", message.conversation_seq},
                    {"message", message.id.value}};
  if (message.kind == MessageKind::event) {
    boost::system::error_code error;
    data["change"] = json::parse(message.body, error);
    return made(AppEventKind::room_change, message.time_ms, zone, data);
  }
  if (!message.from_server())
    data["from"] = json::object{{"member", message.sender.value}, {"nickname", message.sender_name}};
  if (message.change() != nullptr) {
    put_change(data, message);
  } else if (message.recalled()) {
    data["kind"] = kKinds[static_cast<std::size_t>(message.kind)];
    data["recalled_ms"] = message.extra->recalled_ms;
  } else {
    put_content(data, message.kind, message.body);
  }
  if (message.reply_to() != 0) data["reply_to"] = message.reply_to();
  return made(AppEventKind::room_message, message.time_ms, zone, data);
}

AppEvent of_report(const std::string& zone, const ports::Report& report) {
  json::object message{
      {"message", report.message.value},
      {"cseq", report.conversation_seq},
      {"from", json::object{{"member", report.sender.value}, {"nickname", report.sender_name}}},
      {"time_ms", report.sent_ms}};
  put_content(message, report.kind, report.body);
  return made(AppEventKind::report, report.time_ms, zone,
              {{"report", report.id.value},
               {"reporter", report.reporter.value},
               {"reason", report.reason},
               {"message", std::move(message)}});
}

AppEvent presence_gap(const char* why, std::uint64_t lost, std::int64_t now_ms) {
  json::object data{{"kinds", json::array{"member.online", "member.offline"}}, {"why", why}};
  if (lost > 0) data["lost"] = lost;
  return made(AppEventKind::gap, now_ms, "", data);
}

AppEvent room_gap(const std::string& zone, RoomId room, std::uint64_t after, std::uint64_t before,
                  std::int64_t now_ms) {
  return made(AppEventKind::gap, now_ms, zone,
              {{"kinds", json::array{"room.message", "room.changed"}},
               {"why", "trimmed"},
               {"room", room.value},
               {"after", after},
               {"before", before}});
}

AppEvent room_restored(const std::string& zone, RoomId room, std::uint64_t after, std::int64_t now_ms) {
  return made(AppEventKind::gap, now_ms, zone,
              {{"kinds", json::array{"room.message", "room.changed"}},
               {"why", "restored"},
               {"room", room.value},
               {"after", after}});
}

std::string to_json(const AppEvent& event) {
  const std::string zone = event.zone.empty()
                               ? std::string()
                               : fmt::format("\"zone\":{},", json::serialize(json::string(event.zone)));
  return fmt::format(R"({{"seq":{},"time_ms":{},"kind":"{}",{}"data":{}}})", event.seq, event.time_ms,
                     ports::kAppEventNames[static_cast<std::size_t>(event.kind)], zone, event.body);
}

}  // namespace plaza::events
