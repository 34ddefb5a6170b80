#pragma once
#include <boost/json/object.hpp>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>

#include "backend/api.h"
#include "backend/credentials.h"
#include "backend/event_pages.h"

namespace plaza::servers {

/// The messages of the backend port. Their numbers are in the same space as those of clients (protocol/table.h), and stable.
enum class Msg : std::uint16_t {
  hello = 140,
  login = 141,
  login_ack = 142,
  call = 143,
  call_ack = 144,
  follow = 145,
  follow_ack = 146,
  events = 147,
  goodbye = 148,
  heartbeat = 149,
};

struct MsgRow {
  Msg msg;
  std::string_view name;
  std::string_view fields;  ///< besides msgid and rid
  std::string_view meaning;
};
/// In the order of the numbers; for the documents too.
std::span<const MsgRow> messages();
std::string messages_markdown();

// What a server asks.
struct Call {
  std::string op;
  boost::json::object params;
};
struct Follow {
  std::uint64_t after = 0;
};
struct Heartbeat {};
struct Frame {
  std::optional<std::uint64_t> rid;
  std::variant<backend::ConnectionLogin, Call, Follow, Heartbeat> asked;
};

/// As what it is answered.
[[nodiscard]] Msg answer_to(const Frame& frame);

/// A frame that is none, and as what it is answered.
struct NoFrame {
  Msg answer = Msg::call_ack;
  std::optional<std::uint64_t> rid;
  backend::ApiError error;
};
/// Strict: every field is known, there and of its type. Pure.
Result<Frame, NoFrame> parse_frame(std::string_view text);

// What is said to a server.
[[nodiscard]] std::string hello(std::string_view challenge);
/// `result` is a JSON object. {"msgid":144,"rid":2,"status":200,"result":{...}}
[[nodiscard]] std::string answer(Msg msg, std::optional<std::uint64_t> rid, std::string_view result,
                                 bool replayed = false);
/// {"msgid":144,"rid":2,"status":404,"error":{...}}, as over HTTP.
[[nodiscard]] std::string refusal(Msg msg, std::optional<std::uint64_t> rid, const backend::ApiError& error);
/// Results: {"app":"chess"} and {"head":9,"trimmed":0}.
[[nodiscard]] std::string app_named(std::string_view app);
[[nodiscard]] std::string log_at(std::uint64_t head, std::uint64_t trimmed);
[[nodiscard]] std::string events(const backend::EventsBehind& page);
[[nodiscard]] std::string goodbye(const backend::ApiError& why);

}  // namespace plaza::servers
