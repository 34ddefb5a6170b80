#include "backend/content.h"

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

namespace plaza::backend {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 6> kKinds{"text", "image", "file", "custom", "event", "change"};
constexpr std::size_t kDeviceBytesMax = 32;

}  // namespace

void name_send(const Call& call, ports::Message& message) {
  if (call.once.empty()) {
    message.device = "@api";
    message.send_id = 0;
  } else {
    message.device = ("@" + call.once).substr(0, kDeviceBytesMax);
    message.send_id = 1;
  }
}

ApiResult<Content> content_of(const Call& call, std::size_t bytes_max) {
  const auto* object = call.args.object("body");
  if (call.args.has("msg") == (object != nullptr))
    return refuse(ErrorCode::bad_request, "one of msg and body is needed", "msg",
                  "msg for a text, body for the other kinds");
  const auto otherwise = object ? ports::MessageKind::custom : ports::MessageKind::text;
  Content content{.kind = chosen(call, "kind", kKinds, otherwise), .body = {}};
  if ((content.kind == ports::MessageKind::text) != (object == nullptr))
    return refuse(ErrorCode::bad_request, "this kind needs the other of msg and body", "kind",
                  "text with msg; image, file or custom with body");
  content.body = object ? json::serialize(*object) : call.args.text("msg");
  if (content.body.size() > bytes_max) {
    return refuse(ErrorCode::too_large, {}, object ? "body" : "msg",
                  "at most " + std::to_string(bytes_max) + " bytes");
  }
  return content;
}

ApiResult<ports::Message> message_of(const Call& call, const ports::Zone& zone) {
  ports::Message message;
  message.zone = zone.id;
  if (call.args.has("from")) {
    const auto from = call.services.directory.member(zone.id, MemberId{call.args.number("from")});
    if (!from) return fail(of_directory(from.error(), "from"));
    if (call.args.has("name"))
      return refuse(ErrorCode::bad_request, "a member has a name already", "name", "no name with from");
    message.sender = from->id;
    message.sender_name = from->nickname;
  } else {
    message.sender_name = call.args.has("name") ? call.args.text("name") : call.app.name;
  }
  auto content = content_of(call, call.services.limits.message_bytes_max);
  if (!content) return fail(content.error());
  message.kind = content->kind;
  message.body = std::move(content->body);
  name_send(call, message);
  return message;
}

void add_content(json::object& answer, ports::MessageKind kind, const std::string& body) {
  answer["kind"] = word_of(kKinds, kind);
  if (kind == ports::MessageKind::text) {
    answer["msg"] = body;
    return;
  }
  boost::system::error_code error;
  json::value object = json::parse(body, error);
  answer["body"] = error ? json::value(body) : std::move(object);
}

namespace {

/// What a change does to which message, and what an edit says, unless that was recalled since.
void add_change(json::object& answer, const ports::Message& message) {
  const ports::MessageChange& change = *message.change();
  const bool edit = change.action == ports::ChangeAction::edit;
  if (edit && !message.body.empty()) add_content(answer, change.kind, message.body);
  answer["kind"] = word_of(kKinds, message.kind);
  answer["change"] = edit ? "edited" : "recalled";
  answer["of"] = change.target;
}

void add_state(json::object& answer, const ports::Message& message) {
  if (message.reply_to() != 0) answer["reply_to"] = message.reply_to();
  if (message.edited()) answer["edited_ms"] = message.extra->edited_ms;
  if (!message.recalled()) return;
  answer["recalled_ms"] = message.extra->recalled_ms;
  answer["recalled_by"] = message.extra->recalled_by.value;
}

}  // namespace

json::object shown(const ports::Entry& entry) {
  const ports::Message& message = *entry.message;
  json::object out{{"seq", entry.seq},
                   {"message", message.id.value},
                   {"from", message.sender.value},
                   {"name", message.sender_name},
                   {"time_ms", message.time_ms}};
  if (message.change() != nullptr) {
    add_change(out, message);
  } else if (message.recalled()) {
    out["kind"] = word_of(kKinds, message.kind);
  } else {
    add_content(out, message.kind, message.body);
  }
  add_state(out, message);
  return out;
}

Answer messages_page(const Call& call, ports::StreamId stream) {
  const auto page = call.services.live.read(stream, call.args.number("after"), page_limit(call));
  if (!page) return refuse(ErrorCode::unavailable);
  json::array list;
  for (const auto& entry : page->entries) list.emplace_back(shown(entry));
  json::object answer{{"messages", std::move(list)}, {"head", page->head.head}};
  if (page->more && !page->entries.empty()) answer["next"] = page->entries.back().seq;
  return answer;
}

}  // namespace plaza::backend
