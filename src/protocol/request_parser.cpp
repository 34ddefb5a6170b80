#include "protocol/request_parser.h"

#include <simdjson.h>

#include <algorithm>
#include <bit>
#include <cstring>
#include <vector>

#include "base/check.h"

namespace plaza::protocol {

static_assert(RequestParser::kPadding >= simdjson::SIMDJSON_PADDING);

namespace {

/// At most 64 bytes of a key that the client chose, cut between characters.
std::string shown(std::string_view key) {
  constexpr std::size_t kShownMax = 64;
  if (key.size() <= kShownMax) return std::string(key);
  std::size_t end = kShownMax;
  while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xc0) == 0x80) --end;
  return std::string(key.substr(0, end));
}

std::string list_of(FieldSet set) {
  std::string text;
  for (std::size_t i = 0; i < kRequestFields; ++i) {
    if ((set >> i & 1) == 0) continue;
    if (!text.empty()) text += ", ";
    text += kFieldTable[i].name;
  }
  return text;
}

Field first_of(FieldSet set) { return static_cast<Field>(std::countr_zero(set)); }

ParseError refuse(Errno error, Field field, std::string what, std::string allowed) {
  ParseError refusal;
  refusal.error = error;
  refusal.field = name_of(field);
  refusal.message = refusal.field + " " + std::move(what);
  refusal.allowed = std::move(allowed);
  return refusal;
}

ParseError missing(const FieldUse& use) {
  return refuse(Errno::bad_request, use.field, "is missing",
                allowed_text(info(use.field).type, use.min, use.max));
}

/// The JSON is wrong: the client's frames cannot be trusted any more.
ParseError broken(Errno error, std::string message, std::string allowed) {
  ParseError refusal;
  refusal.error = error;
  refusal.message = std::move(message);
  refusal.allowed = std::move(allowed);
  refusal.stream_broken = true;
  return refusal;
}

ParseError broken(simdjson::error_code code) {
  switch (code) {
    case simdjson::UTF8_ERROR: return broken(Errno::bad_request, "not UTF-8", "UTF-8");
    case simdjson::DEPTH_ERROR:
      return broken(Errno::bad_request, "nested too deep",
                    "at most " + std::to_string(kJsonDepthMax) + " levels");
    case simdjson::NUMBER_ERROR:
      return broken(Errno::bad_request, "a number is malformed or too large",
                    "JSON numbers that fit 64 bits");
    case simdjson::STRING_ERROR:
      return broken(Errno::bad_request, "a string is malformed",
                    "JSON strings, \\u escapes in whole surrogate pairs");
    default: return broken(Errno::bad_request, "malformed JSON", "one JSON object");
  }
}

constexpr std::string_view kWhitespace = " \t\r\n";

/// Walks JSON that is known to be valid. Appends to `out`, when given, without the whitespace between tokens.
class ValidJson {
 public:
  explicit ValidJson(std::string_view text) : at_(text.data()), end_(text.data() + text.size()) {}

  /// Just behind the opening brace of the object.
  void enter() { skip_to('{'), ++at_; }
  void skip_to(char c) {
    while (*at_ != c) ++at_;
  }
  void skip_whitespace() {
    while (at_ != end_ && kWhitespace.contains(*at_)) ++at_;
  }
  /// A key with its colon, or a value with the comma or brace behind it.
  void skip_key() { string(nullptr), skip_to(':'), ++at_; }
  void skip_value() { value(nullptr), ++at_; }

  void value(std::string* out) {
    skip_whitespace();
    int depth = 0;
    for (;;) {
      const char c = *at_;
      if (c == '"') {
        string(out);
        continue;
      }
      if (depth == 0 && (c == ',' || c == '}' || c == ']')) return;
      if (c == '{' || c == '[') ++depth;
      if (c == '}' || c == ']') --depth;
      if (out != nullptr && !kWhitespace.contains(c)) out->push_back(c);
      ++at_;
    }
  }

 private:
  void string(std::string* out) {
    skip_to('"');
    const char* const start = at_++;
    while (*at_ != '"') at_ += *at_ == '\\' ? 2 : 1;
    ++at_;
    if (out != nullptr) out->append(start, at_);
  }

  const char* at_;
  const char* end_;
};

}  // namespace

struct RequestParser::Impl {
  explicit Impl(std::size_t frame_bytes_max_) : frame_bytes_max(frame_bytes_max_) {
    // Everything at once and for good: parse() must not allocate.
    // simdjson does not count empty objects and arrays as a level; check_inside() does, so it gets some
    // levels more.
    PLAZA_CHECK(parser.allocate(frame_bytes_max, kJsonDepthMax + 2) == simdjson::SUCCESS);
    PLAZA_CHECK(document.allocate(frame_bytes_max) == simdjson::SUCCESS);
    keys.reserve(frame_bytes_max / 5);  // `"":0,`
    body.reserve(frame_bytes_max);
  }

  std::expected<const Request*, ParseError> parse(std::span<const char> frame);
  void take(std::string_view key, simdjson::dom::element value, std::size_t ordinal);
  void take_known(Field field, simdjson::dom::element value, std::size_t ordinal);
  void take_body(std::span<const char> frame);
  void check_keys(std::size_t from);
  void check_inside(simdjson::dom::element value, std::size_t depth);
  void check_rules(const MessageInfo& message);
  void check_bounds(const FieldUse& use);
  void check_conditions(const MessageInfo& message);
  void fail(ParseError refusal) {
    if (!error) error = std::move(refusal);  // the first is told
  }

  const std::size_t frame_bytes_max;
  simdjson::dom::parser parser{frame_bytes_max};
  simdjson::dom::document document;
  Request request;
  FieldSet seen = 0;                   // of known fields, right or wrong
  std::size_t body_ordinal = 0;        // which key of the frame `body` is
  std::vector<std::string_view> keys;  // a stack: those of the object looked at are on top
  std::string body;
  std::string padded;  // for parse_copy()
  std::optional<ParseError> error;
};

std::expected<const Request*, ParseError> RequestParser::Impl::parse(std::span<const char> frame) {
  request.clear();
  seen = 0;
  keys.clear();
  error.reset();
  if (frame.size() > frame_bytes_max) {
    return std::unexpected(broken(Errno::too_large, "the frame is too large",
                                  "frames of at most " + std::to_string(frame_bytes_max) + " bytes"));
  }
  simdjson::dom::element root;
  if (const auto code = parser.parse_into_document(document, frame.data(), frame.size(), false).get(root)) {
    return std::unexpected(broken(code));
  }
  simdjson::dom::object object;
  if (root.get(object) != simdjson::SUCCESS) {
    return std::unexpected(broken(Errno::bad_request, "the frame is not an object", "one JSON object"));
  }
  std::size_t ordinal = 0;
  for (const auto [key, value] : object) take(key, value, ordinal++);
  if (keys.size() > 1) check_keys(0);

  const std::uint64_t number = request.number(Field::msgid);
  const MessageInfo* const message = find_message(number);
  request.msgid = message != nullptr ? message->msg : Msg::none;
  if ((seen & bit(Field::msgid)) == 0) {
    fail(refuse(Errno::bad_request, Field::msgid, "is missing", "the number of a request"));
  } else if (!error && (message == nullptr || message->direction == Direction::server)) {
    fail(refuse(Errno::unknown_msgid, Field::msgid, "is not one that a client can send",
                "the number of a request"));
  }
  if (!error && request.has(Field::body)) take_body(frame);
  if (!error) check_rules(*message);
  if (!error) return &request;
  error->rid = request.rid();
  error->msgid = request.msgid;
  error->raw_msgid = number;
  return std::unexpected(std::move(*error));
}

void RequestParser::Impl::take(std::string_view key, simdjson::dom::element value, std::size_t ordinal) {
  const Field field = request_field(key);
  if (field == Field::count_) {
    keys.push_back(key);
    check_inside(value, 2);
    return;
  }
  if ((seen & bit(field)) != 0)
    return fail(refuse(Errno::bad_request, field, "stands twice", "every key once"));
  seen |= bit(field);
  take_known(field, value, ordinal);
}

void RequestParser::Impl::take_known(Field field, simdjson::dom::element value, std::size_t ordinal) {
  using simdjson::dom::element_type;
  const element_type type = value.type();
  switch (info(field).type) {
    case FieldType::integer:
      // simdjson gives int64 to what fits it, and uint64 only to what is larger than we take anyway.
      if (type == element_type::INT64) {
        const std::int64_t number = value.get_int64().value_unsafe();
        if (number >= 0 && static_cast<std::uint64_t>(number) <= kIntegerMax) {
          request.set(field, static_cast<std::uint64_t>(number));
          return;
        }
      }
      break;
    case FieldType::string:
      if (type == element_type::STRING) {
        request.set(field, value.get_string().value_unsafe());
        return;
      }
      break;
    case FieldType::boolean:
      if (type == element_type::BOOL) {
        request.set_flag(field, value.get_bool().value_unsafe());
        return;
      }
      break;
    case FieldType::object:
      if (type == element_type::OBJECT) {
        body_ordinal = ordinal;
        request.set(field, std::string_view{});  // take_body() puts the text in
        check_inside(value, 2);
        return;
      }
      break;
    case FieldType::list: break;
  }
  check_inside(value, 2);
  const FieldInfo& known = info(field);
  fail(refuse(Errno::bad_request, field, "has the wrong type or range",
              allowed_text(known.type, known.min, known.max)));
}

/// The text of `body` as it was sent, so that numbers keep all their digits; only whitespace between tokens
/// goes.
void RequestParser::Impl::take_body(std::span<const char> frame) {
  body.clear();
  ValidJson json(std::string_view(frame.data(), frame.size()));
  json.enter();
  for (std::size_t i = 0; i < body_ordinal; ++i) json.skip_key(), json.skip_value();
  json.skip_key();
  json.value(&body);
  request.set(Field::body, std::string_view(body));
}

/// Refuses when two of keys[from..] are equal. They may change places.
void RequestParser::Impl::check_keys(std::size_t from) {
  const auto first = keys.begin() + static_cast<std::ptrdiff_t>(from);
  constexpr std::ptrdiff_t kFew = 8;
  auto twice = keys.end();
  if (keys.end() - first <= kFew) {
    for (auto i = first; i != keys.end() && twice == keys.end(); ++i) {
      if (std::find(i + 1, keys.end(), *i) != keys.end()) twice = i;
    }
  } else {
    // Sorting keeps a frame full of keys at n log n: comparing each with each would hold up the shard.
    std::sort(first, keys.end());
    twice = std::adjacent_find(first, keys.end());
  }
  if (twice == keys.end()) return;
  ParseError refusal;
  refusal.field = shown(*twice);
  refusal.message = "a key stands twice";
  refusal.allowed = "every key once";
  fail(std::move(refusal));
}

/// No key twice in any object inside this value, and none too deep; the value itself is at `depth`.
void RequestParser::Impl::check_inside(simdjson::dom::element value, std::size_t depth) {
  using simdjson::dom::element_type;
  const element_type type = value.type();
  if (type != element_type::ARRAY && type != element_type::OBJECT) return;
  if (depth > kJsonDepthMax) {
    error = broken(simdjson::DEPTH_ERROR);  // outweighs what was found before
    return;
  }
  if (type == element_type::ARRAY) {
    for (const auto item : value.get_array().value_unsafe()) check_inside(item, depth + 1);
  } else {
    const simdjson::dom::object object = value.get_object().value_unsafe();
    const std::size_t from = keys.size();
    for (const auto [key, item] : object) keys.push_back(key);
    if (keys.size() - from > 1) check_keys(from);
    keys.resize(from);
    for (const auto [key, item] : object) check_inside(item, depth + 1);
  }
}

void RequestParser::Impl::check_rules(const MessageInfo& message) {
  const detail::RequestRules& rules = detail::request_rules(message.msg);
  const FieldSet present = request.present();
  if ((present & rules.required) != rules.required) {
    const Field absent = first_of(rules.required & ~present);
    for (const FieldUse& use : message.request) {
      if (use.field == absent) return fail(missing(use));
    }
  }
  if (rules.one_of != 0 && std::popcount(present & rules.one_of) != 1) {
    const FieldSet given = present & rules.one_of;
    return fail(refuse(Errno::bad_request, first_of(given != 0 ? given : rules.one_of),
                       given != 0 ? "is not alone" : "is missing",
                       "exactly one of " + list_of(rules.one_of)));
  }
  if (std::popcount(present & rules.at_most_one) > 1) {
    return fail(refuse(Errno::bad_request, first_of(present & rules.at_most_one), "is not alone",
                       "at most one of " + list_of(rules.at_most_one)));
  }
  if (rules.conditional) check_conditions(message);
  for (const FieldUse& use : message.request) {
    if (request.has(use.field)) check_bounds(use);
  }
}

void RequestParser::Impl::check_conditions(const MessageInfo& message) {
  for (const FieldUse& use : message.request) {
    if (use.need == Need::required_with && (request.present() & use.with) != 0 && !request.has(use.field)) {
      return fail(missing(use));
    }
    if (use.field == Field::kind) {
      const bool text = request.number(Field::kind) == 0;
      if (request.has(text ? Field::body : Field::msg)) {
        return fail(refuse(Errno::bad_request, text ? Field::msg : Field::body, "is missing",
                           "msg with kind 0, body with kinds 1..3"));
      }
    }
  }
}

void RequestParser::Impl::check_bounds(const FieldUse& use) {
  const FieldType type = info(use.field).type;
  const bool number = type == FieldType::integer || type == FieldType::boolean;
  const std::uint64_t measure = number ? request.number(use.field) : request.text(use.field).size();
  if (measure >= use.min && measure <= use.max) return;
  const bool content = use.field == Field::msg || use.field == Field::body;
  fail(refuse(content ? Errno::too_large : Errno::bad_request, use.field,
              number ? "is out of range" : "has a wrong length", allowed_text(type, use.min, use.max)));
}

RequestParser::RequestParser(std::size_t frame_bytes_max) : impl_(std::make_unique<Impl>(frame_bytes_max)) {}
RequestParser::~RequestParser() = default;
RequestParser::RequestParser(RequestParser&&) noexcept = default;
RequestParser& RequestParser::operator=(RequestParser&&) noexcept = default;

std::expected<const Request*, ParseError> RequestParser::parse(std::span<const char> frame) {
  return impl_->parse(frame);
}

std::expected<const Request*, ParseError> RequestParser::parse_copy(std::string_view frame) {
  std::string& padded = impl_->padded;
  padded.assign(frame);
  padded.append(kPadding, '\0');
  return impl_->parse(std::span(padded.data(), frame.size()));
}

}  // namespace plaza::protocol
