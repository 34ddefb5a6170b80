#include "backend/arguments.h"

#include <fmt/format.h>

#include <algorithm>
#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>

#include "base/digest.h"
#include "base/ids.h"
#include "channels/channel_key.h"
#include "net/utf8.h"

namespace plaza::backend {

namespace json = boost::json;

namespace {

constexpr std::int64_t kIdentBytesMax = 64;

bool is_ident(std::string_view text) {
  const auto word = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  };
  return !text.empty() && text.size() <= kIdentBytesMax && word(text.front()) &&
         std::ranges::all_of(text, [&](char c) { return word(c) || c == '.' || c == '-'; });
}

bool is_choice(std::string_view text, std::string_view choices) {
  while (!choices.empty()) {
    const auto bar = std::min(choices.find('|'), choices.size());
    if (choices.substr(0, bar) == text) return true;
    choices.remove_prefix(std::min(bar + 1, choices.size()));
  }
  return false;
}

bool is_text(const json::value& value, const Param& param) {
  if (!value.is_string()) return false;
  const std::string_view text = value.get_string();
  const auto size = static_cast<std::int64_t>(text.size());
  return size >= param.min && size <= param.max && text.find('\0') == text.npos;
}

bool is_number(const json::value& value, std::int64_t min, std::int64_t max) {
  if (value.is_uint64()) return false;  // it is beyond int64
  return value.is_int64() && value.get_int64() >= min && value.get_int64() <= max;
}

template <class Good>
bool is_list(const json::value& value, const Param& param, Good good) {
  if (!value.is_array()) return false;
  const auto& list = value.get_array();
  const auto size = static_cast<std::int64_t>(list.size());
  return size >= param.min && size <= param.max && std::ranges::all_of(list, good);
}

bool is_id(const json::value& value) { return is_number(value, 1, static_cast<std::int64_t>(kIdMax)); }

bool is_right(const json::value& value, const Param& param) {
  switch (param.type) {
    case Type::ident: return value.is_string() && is_ident(std::string_view(value.get_string()));
    case Type::id: return is_id(value);
    case Type::text: return is_text(value, param);
    case Type::number: return is_number(value, param.min, param.max);
    case Type::choice:
      return value.is_string() && is_choice(std::string_view(value.get_string()), param.choices);
    case Type::flag: return value.is_bool();
    case Type::channel:
      return value.is_string() && channels::valid_name(std::string_view(value.get_string()));
    case Type::texts: return is_list(value, param, [](const json::value& v) { return v.is_string(); });
    case Type::ids: return is_list(value, param, is_id);
    case Type::object: return value.is_object();
    case Type::objects: return is_list(value, param, [](const json::value& v) { return v.is_object(); });
  }
  return false;
}

/// What a path or a query says, which is text there.
json::value from_text(const Param& param, const std::string& text) {
  if (param.type != Type::id && param.type != Type::number) return json::string(text);
  if (text.empty() || text.size() > 18 ||
      !std::ranges::all_of(text, [](char c) { return c >= '0' && c <= '9'; }))
    return nullptr;  // which is no number
  return static_cast<std::int64_t>(std::stoll(text));
}

std::vector<Param> all_params(const Operation& operation) {
  std::vector<Param> all = operation.params;
  for (auto& param : common_params(operation)) all.push_back(param);
  return all;
}

bool is_utf8(std::string_view text) {
  net::Utf8Validator validator;
  return validator.feed({text.data(), text.size()}) && validator.complete();
}

// Boost.JSON refuses what is not UTF-8, and more than 32 levels.
ApiResult<json::object> body_of(const net::HttpRequest& request) {
  if (request.body.empty()) return json::object();
  boost::system::error_code error;
  json::value value = json::parse(request.body, error);
  if (error || !value.is_object())
    return refuse(ErrorCode::bad_request, "the body is not understood", {}, "one JSON object");
  return std::move(value.get_object());
}

}  // namespace

std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank) {
  std::string out;
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '%') {
      const std::string byte = i + 2 < text.size() ? from_hex(text.substr(i + 1, 2)) : std::string();
      if (byte.empty()) return std::nullopt;
      out += byte;
      i += 2;
    } else {
      out += plus_is_blank && text[i] == '+' ? ' ' : text[i];
    }
  }
  if (!is_utf8(out)) return std::nullopt;
  return out;
}

ApiResult<void> Arguments::take(const Operation& operation, std::string_view name, In in, json::value value,
                                bool anywhere) {
  const auto params = all_params(operation);
  const auto param = std::ranges::find_if(
      params, [&](const Param& p) { return p.name == name && (anywhere || p.in == in); });
  if (param == params.end()) {
    std::string known;
    for (const auto& p : params) {
      if (anywhere || p.in == in) known += (known.empty() ? "" : ", ") + std::string(p.name);
    }
    return refuse(ErrorCode::bad_request, "there is no such parameter here", std::string(name.substr(0, 64)),
                  known.empty() ? "none" : known);
  }
  if (!is_right(value, *param))
    return refuse(ErrorCode::bad_request, "this value is not allowed", std::string(name),
                  allowed_text(*param));
  if (!values_.emplace(std::string(name), std::move(value)).second)
    return refuse(ErrorCode::bad_request, "it is there twice", std::string(name), "once");
  return {};
}

ApiResult<void> Arguments::complete(const Operation& operation) const {
  for (const auto& param : operation.params) {
    if (param.required && !values_.contains(param.name))
      return refuse(ErrorCode::bad_request, "it is missing", std::string(param.name), allowed_text(param));
  }
  return {};
}

ApiResult<Arguments> Arguments::of_request(const Operation& operation, const PathValues& path,
                                           const net::HttpRequest& request) {
  Arguments arguments;
  const auto params = all_params(operation);
  const auto take_text = [&](std::string_view name, In in, const std::string& text) {
    const auto param = std::ranges::find_if(params,
                                            [&](const Param& p) { return p.name == name && p.in == in; });
    return arguments.take(operation, name, in,
                          param == params.end() ? json::value(text) : from_text(*param, text), false);
  };
  for (const auto& [name, text] : path) {
    if (auto taken = take_text(name, In::path, text); !taken) return fail(taken.error());
  }
  for (std::string_view rest = request.query(); !rest.empty();) {
    const std::string_view pair = rest.substr(0, rest.find('&'));
    rest.remove_prefix(std::min(pair.size() + 1, rest.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    const auto name = percent_decoded(pair.substr(0, equals), true);
    const auto text = percent_decoded(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !text) return refuse(ErrorCode::bad_request, "the query is not understood");
    if (auto taken = take_text(*name, In::query, *text); !taken) return fail(taken.error());
  }
  auto body = body_of(request);
  if (!body) return fail(body.error());
  for (auto& [name, value] : *body) {
    if (auto taken = arguments.take(operation, name, In::body, std::move(value), false); !taken)
      return fail(taken.error());
  }
  if (const auto key = request.header("Idempotency-Key"); operation.changes && !key.empty()) {
    auto taken = arguments.take(operation, "idempotency_key", In::body, json::string(key), false);
    if (!taken) return fail(taken.error());
  }
  if (auto complete = arguments.complete(operation); !complete) return fail(complete.error());
  return arguments;
}

ApiResult<Arguments> Arguments::of_object(const Operation& operation, const json::object& object) {
  Arguments arguments;
  for (const auto& [name, value] : object) {
    if (auto taken = arguments.take(operation, name, In::body, value, true); !taken)
      return fail(taken.error());
  }
  if (auto complete = arguments.complete(operation); !complete) return fail(complete.error());
  return arguments;
}

std::string Arguments::text(std::string_view name) const {
  const auto at = values_.find(name);
  return at != values_.end() && at->second.is_string() ? std::string(at->second.get_string()) : std::string();
}

std::uint64_t Arguments::number(std::string_view name, std::uint64_t otherwise) const {
  const auto at = values_.find(name);
  return at != values_.end() && at->second.is_int64() ? static_cast<std::uint64_t>(at->second.get_int64())
                                                      : otherwise;
}

std::optional<bool> Arguments::flag(std::string_view name) const {
  const auto at = values_.find(name);
  if (at == values_.end() || !at->second.is_bool()) return std::nullopt;
  return at->second.get_bool();
}

std::vector<std::uint64_t> Arguments::ids(std::string_view name) const {
  std::vector<std::uint64_t> out;
  const auto at = values_.find(name);
  if (at == values_.end() || !at->second.is_array()) return out;
  for (const auto& value : at->second.get_array())
    out.push_back(static_cast<std::uint64_t>(value.get_int64()));
  return out;
}

std::vector<std::string> Arguments::texts(std::string_view name) const {
  std::vector<std::string> out;
  const auto at = values_.find(name);
  if (at == values_.end() || !at->second.is_array()) return out;
  for (const auto& value : at->second.get_array()) out.emplace_back(value.get_string());
  return out;
}

const json::object* Arguments::object(std::string_view name) const {
  const auto at = values_.find(name);
  return at != values_.end() ? at->second.if_object() : nullptr;
}

const json::array* Arguments::list(std::string_view name) const {
  const auto at = values_.find(name);
  return at != values_.end() ? at->second.if_array() : nullptr;
}

std::string Arguments::canonical() const {
  std::string text;
  for (const auto& [name, value] : values_) {
    if (name != "idempotency_key") text += fmt::format("{}={}\n", name, json::serialize(value));
  }
  return text;
}

std::string Arguments::target(const Operation& operation) const {
  std::string text;
  for (const auto& param : operation.params) {
    if (param.type != Type::ident && param.type != Type::id && param.type != Type::channel) continue;
    const auto at = values_.find(param.name);
    if (at == values_.end()) continue;
    text += fmt::format(
        "{}{}={}", text.empty() ? "" : " ", param.name,
        at->second.is_string() ? std::string(at->second.get_string()) : json::serialize(at->second));
  }
  return text;
}

std::string allowed_text(const Param& param) {
  switch (param.type) {
    case Type::ident:
      return "1 to 64 letters, digits, '.', '_' or '-', beginning with a letter, a digit or '_'";
    case Type::id: return "a number from 1 to 9007199254740991";
    case Type::text: return fmt::format("a text of {} to {} bytes", param.min, param.max);
    case Type::number: return fmt::format("a number from {} to {}", param.min, param.max);
    case Type::choice: {
      std::string text(param.choices);
      for (std::size_t at = 0; (at = text.find('|', at)) != std::string::npos; at += 2)
        text.replace(at, 1, ", ");
      return "one of " + text;
    }
    case Type::flag: return "true or false";
    case Type::channel: return std::string(channels::kNameRule);
    case Type::texts: return fmt::format("a list of at most {} texts", param.max);
    case Type::ids: return fmt::format("a list of {} to {} numbers", param.min, param.max);
    case Type::object: return "a JSON object";
    case Type::objects: return fmt::format("a list of at most {} JSON objects", param.max);
  }
  return {};
}

std::vector<Param> common_params(const Operation& operation) {
  std::vector<Param> params;
  if (operation.changes) {
    params.push_back({.name = "idempotency_key",
                      .in = In::body,
                      .type = Type::text,
                      .required = false,
                      .help = "Names this call: when it is repeated with the same key it is not made again, "
                              "and answered the "
                              "same. Also as header Idempotency-Key.",
                      .min = 1,
                      .max = 64});
  }
  const bool named = std::ranges::find(operation.params, "app", &Param::name) != operation.params.end();
  if (operation.about == About::app && !named) {
    params.push_back({.name = "app",
                      .in = In::query,
                      .type = Type::ident,
                      .required = false,
                      .help = "Operators only: which app (default: \"default\"). A server's key says it."});
  }
  return params;
}

}  // namespace plaza::backend
