#include "servers/wire.h"

#include <fmt/format.h>

#include <array>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/digest.h"
#include "base/ids.h"

namespace plaza::servers {

namespace json = boost::json;
using backend::ErrorCode;

namespace {

constexpr std::array kMessages{
    MsgRow{Msg::hello, "SERVER_HELLO", "`challenge`", "The first thing said: what a proof is made of."},
    MsgRow{Msg::login, "SERVER_LOGIN", "`key`, and `proof` or `secret`",
           "The first thing asked, within `backend.login_deadline_ms`."},
    MsgRow{Msg::login_ack, "SERVER_LOGIN_ACK", "`status`, `result` with `app`; or `error`",
           "After an error the connection ends."},
    MsgRow{Msg::call, "SERVER_CALL", "`op`, `params`",
           "One call: the name of an operation, and all its parameters in one object."},
    MsgRow{Msg::call_ack, "SERVER_CALL_ACK", "`status`, `result` or `error`; `replayed`",
           "Its answer. `replayed`: the one that the same `idempotency_key` got first."},
    MsgRow{Msg::follow, "SERVER_FOLLOW", "`after`", "Sends the app's events behind this `seq`, from now on."},
    MsgRow{Msg::follow_ack, "SERVER_FOLLOW_ACK", "`status`, `result` with `head`, `trimmed`; or `error`",
           "Where the log is."},
    MsgRow{Msg::events, "SERVER_EVENTS", "`events`, `head`, `trimmed`; `lost`",
           "Unasked: further events. `lost`: so many before these were trimmed unread."},
    MsgRow{Msg::goodbye, "SERVER_GOODBYE", "`status`, `error`", "Unasked: why the connection ends now."},
    MsgRow{Msg::heartbeat, "SERVER_HEARTBEAT", "in the answer: `status`, `result`",
           "Asks for a sign of life, and is the answer."},
};

/// The fields of one frame, each taken once; what is left is unknown.
class Fields {
 public:
  explicit Fields(json::object object) : object_(std::move(object)) {}

  std::optional<json::value> take(std::string_view name) {
    const auto at = object_.find(name);
    if (at == object_.end()) return std::nullopt;
    json::value value = std::move(at->value());
    object_.erase(at);
    return value;
  }
  [[nodiscard]] bool empty() const { return object_.empty(); }
  [[nodiscard]] std::string any() const { return std::string(object_.begin()->key()); }

 private:
  json::object object_;
};

using Wrong = std::optional<backend::ApiError>;

backend::ApiError wrong(std::string_view field, std::string allowed) {
  return {.code = ErrorCode::bad_request, .field = std::string(field), .allowed = std::move(allowed)};
}

Wrong take_number(Fields& fields, std::string_view name, std::optional<std::uint64_t>& out) {
  const auto value = fields.take(name);
  if (!value) return {};
  if (!value->is_int64() || value->get_int64() < 0 || static_cast<std::uint64_t>(value->get_int64()) > kIdMax)
    return wrong(name, fmt::format("a number from 0 to {}", kIdMax));
  out = static_cast<std::uint64_t>(value->get_int64());
  return {};
}

Wrong take_text(Fields& fields, std::string_view name, std::optional<std::string>& out) {
  const auto value = fields.take(name);
  if (!value) return {};
  if (!value->is_string() || value->get_string().empty()) return wrong(name, "a text");
  out = std::string(value->get_string());
  return {};
}

Wrong read(Fields& fields, backend::ConnectionLogin& login) {
  std::optional<std::string> key, secret, proof;
  if (auto bad = take_text(fields, "key", key)) return bad;
  if (auto bad = take_text(fields, "secret", secret)) return bad;
  if (auto bad = take_text(fields, "proof", proof)) return bad;
  if (!key) return wrong("key", "a key, pk_...");
  if (secret.has_value() == proof.has_value())
    return wrong("proof", "an HMAC-SHA-256 in hexadecimal; or secret instead");
  login.key = std::move(*key);
  if (secret) login.secret = std::move(*secret);
  // One that cannot be read proves nothing.
  if (proof) login.proof = from_hex(*proof);
  return {};
}

Wrong read(Fields& fields, Call& call) {
  std::optional<std::string> op;
  if (auto bad = take_text(fields, "op", op)) return bad;
  if (!op) return wrong("op", "a name of /api/v1/openapi.json");
  call.op = std::move(*op);
  auto params = fields.take("params");
  if (params && !params->is_object()) return wrong("params", "a JSON object");
  if (params) call.params = std::move(params->get_object());
  return {};
}

Wrong read(Fields& fields, Follow& follow) {
  std::optional<std::uint64_t> after;
  if (auto bad = take_number(fields, "after", after)) return bad;
  if (!after) return wrong("after", "the `seq` of the last event that was seen, or 0");
  follow.after = *after;
  return {};
}

Wrong read(Fields&, Heartbeat&) { return {}; }

template <class What>
Result<Frame, NoFrame> frame_of(Fields& fields, Msg answer_with, std::optional<std::uint64_t> rid) {
  What what;
  Wrong bad = read(fields, what);
  if (!bad && !fields.empty()) bad = wrong(fields.any(), "no such field");
  if (bad) return fail(NoFrame{.answer = answer_with, .rid = rid, .error = std::move(*bad)});
  return Frame{.rid = rid, .asked = std::move(what)};
}

std::string beginning(Msg msg, std::optional<std::uint64_t> rid) {
  std::string out = fmt::format("{{\"msgid\":{}", static_cast<int>(msg));
  if (rid) out += fmt::format(",\"rid\":{}", *rid);
  return out;
}

}  // namespace

std::span<const MsgRow> messages() { return kMessages; }

std::string messages_markdown() {
  std::string text = "| msgid | name | fields besides `msgid` and `rid` | meaning |\n|---|---|---|---|\n";
  for (const auto& row : kMessages) {
    text += fmt::format("| {} | {} | {} | {} |\n", static_cast<int>(row.msg), row.name, row.fields,
                        row.meaning);
  }
  return text;
}

Result<Frame, NoFrame> parse_frame(std::string_view text) {
  boost::system::error_code error;
  json::value value = json::parse({text.data(), text.size()}, error);
  NoFrame none{.error = {.code = ErrorCode::bad_request,
                         .message = "the frame is not understood",
                         .allowed = "one JSON object in UTF-8"}};
  if (error || !value.is_object()) return fail(std::move(none));
  Fields fields(std::move(value.get_object()));
  if (auto bad = take_number(fields, "rid", none.rid)) {
    none.error = std::move(*bad);
    return fail(std::move(none));
  }
  std::optional<std::uint64_t> msgid;
  if (!take_number(fields, "msgid", msgid) && msgid) {
    switch (static_cast<Msg>(std::min<std::uint64_t>(*msgid, UINT16_MAX))) {
      case Msg::login: return frame_of<backend::ConnectionLogin>(fields, Msg::login_ack, none.rid);
      case Msg::call: return frame_of<Call>(fields, Msg::call_ack, none.rid);
      case Msg::follow: return frame_of<Follow>(fields, Msg::follow_ack, none.rid);
      case Msg::heartbeat: return frame_of<Heartbeat>(fields, Msg::heartbeat, none.rid);
      default: break;
    }
  }
  none.error = wrong("msgid", "one of 141, 143, 145, 149");
  return fail(std::move(none));
}

Msg answer_to(const Frame& frame) {
  constexpr std::array kAnswers{Msg::login_ack, Msg::call_ack, Msg::follow_ack, Msg::heartbeat};
  static_assert(kAnswers.size() == std::variant_size_v<decltype(Frame::asked)>);
  return kAnswers.at(frame.asked.index());
}

std::string app_named(std::string_view app) { return json::serialize(json::object{{"app", app}}); }
std::string log_at(std::uint64_t head, std::uint64_t trimmed) {
  return json::serialize(json::object{{"head", head}, {"trimmed", trimmed}});
}

std::string hello(std::string_view challenge) {
  return beginning(Msg::hello, {}) + fmt::format(",\"challenge\":\"{}\"}}", challenge);
}

std::string answer(Msg msg, std::optional<std::uint64_t> rid, std::string_view result, bool replayed) {
  return beginning(msg, rid) +
         fmt::format(",\"status\":200{},\"result\":{}}}", replayed ? ",\"replayed\":true" : "", result);
}

std::string refusal(Msg msg, std::optional<std::uint64_t> rid, const backend::ApiError& error) {
  // {"error":{...}}: without its first brace.
  return beginning(msg, rid) + fmt::format(",\"status\":{},{}", backend::row_of(error.code).status,
                                           backend::to_json(error).substr(1));
}

std::string events(const backend::EventsBehind& page) {
  std::string out = beginning(Msg::events, {});
  if (page.lost > 0) out += fmt::format(",\"lost\":{}", page.lost);
  return out +
         fmt::format(",\"head\":{},\"trimmed\":{},\"events\":{}}}", page.head, page.trimmed, page.events);
}

std::string goodbye(const backend::ApiError& why) { return refusal(Msg::goodbye, {}, why); }

}  // namespace plaza::servers
