#include "protocol/request_parser.h"

#include <bit>

#include "protocol/field_lookup.h"
#include "protocol/json_reader.h"

namespace plaza::protocol {

static_assert(RequestParser::kPadding >= JsonReader::kPadding);

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
    if (!set.has(static_cast<Field>(i))) continue;
    if (!text.empty()) text += ", ";
    text += kFieldTable[i].name;
  }
  return text;
}

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

ParseError wrong_type(const FieldInfo& field) {
  return refuse(Errno::bad_request, field.field, "has the wrong type or range",
                allowed_text(field.type, field.min, field.max));
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

ParseError broken(JsonFault fault) {
  switch (fault) {
    case JsonFault::utf8: return broken(Errno::bad_request, "not UTF-8", "UTF-8");
    case JsonFault::depth:
      return broken(Errno::bad_request, "nested too deep",
                    "at most " + std::to_string(kJsonDepthMax) + " levels");
    case JsonFault::number:
      return broken(Errno::bad_request, "a number is malformed or too large",
                    "JSON numbers that fit 64 bits");
    case JsonFault::string:
      return broken(Errno::bad_request, "a string is malformed",
                    "JSON strings, \\u escapes in whole surrogate pairs");
    case JsonFault::none:
    case JsonFault::syntax: break;
  }
  return broken(Errno::bad_request, "malformed JSON", "one JSON object");
}

/// Valid JSON without the whitespace between its tokens.
void append_compact(std::string& out, std::string_view json) {
  for (std::size_t i = 0; i < json.size();) {
    const char c = json[i];
    if (c == ' ' || c == '\n' || c == '\r' || c == '\t') {
      ++i;
      continue;
    }
    const std::size_t start = i++;
    if (c == '"') {
      while (json[i] != '"') i += json[i] == '\\' ? 2 : 1;
      ++i;
    }
    out.append(json, start, i - start);
  }
}

}  // namespace

struct RequestParser::Impl {
  // Everything at once and for good: parse() must not allocate.
  explicit Impl(std::size_t frame_bytes_max_)
      : frame_bytes_max(frame_bytes_max_), json(frame_bytes_max_, kJsonDepthMax) {
    body.reserve(frame_bytes_max);
  }

  std::expected<const Request*, ParseError> parse(std::span<const char> frame);
  bool read_object();
  bool read_member();
  bool read_known(Field field);
  const MessageInfo* check_msgid();
  void check_rules(const MessageInfo& message);
  void check_bounds(const FieldUse& use);
  void check_conditions(const MessageInfo& message);
  void fail(ParseError refusal) {
    if (!error) error = std::move(refusal);  // the first is told
  }

  const std::size_t frame_bytes_max;
  JsonReader json;
  Request request;
  FieldSet seen;            // of known fields, right or wrong
  std::size_t unknown = 0;  // how many other keys there were
  std::string body;
  std::string padded;  // for parse_copy()
  std::optional<ParseError> error;
};

std::expected<const Request*, ParseError> RequestParser::Impl::parse(std::span<const char> frame) {
  request.clear();
  seen = {};
  unknown = 0;
  if (error) error.reset();
  if (frame.size() > frame_bytes_max) {
    return std::unexpected(broken(Errno::too_large, "the frame is too large",
                                  "frames of at most " + std::to_string(frame_bytes_max) + " bytes"));
  }
  json.start(frame);
  if (!read_object() || !json.finish()) {
    request.clear();
    return std::unexpected(broken(json.fault()));
  }
  if (unknown > 1) json.check_remembered_keys();
  if (json.has_doubled_key()) {
    ParseError refusal;
    refusal.field = shown(json.doubled_key());
    refusal.message = "a key stands twice";
    refusal.allowed = "every key once";
    fail(std::move(refusal));
  }
  const MessageInfo* const message = check_msgid();
  if (!error) check_rules(*message);
  if (!error) [[likely]]
    return &request;
  error->rid = request.rid();
  error->msgid = request.msgid;
  error->raw_msgid = request.number(Field::msgid);
  return std::unexpected(std::move(*error));
}

/// The frame's own object. False: the JSON is wrong.
bool RequestParser::Impl::read_object() {
  json.skip_whitespace();
  if (!json.expect('{')) return false;
  json.skip_whitespace();
  if (json.take('}')) return true;
  do {
    json.skip_whitespace();
    if (!read_member()) return false;
    json.skip_whitespace();
  } while (json.take(','));
  return json.expect('}');
}

bool RequestParser::Impl::read_member() {
  std::string_view key;
  if (!json.string(key)) return false;
  json.skip_whitespace();
  if (!json.expect(':')) return false;
  json.skip_whitespace();
  const Field field = request_field(key);
  if (field == Field::count_) {
    ++unknown;
    json.remember_key(key);
    return json.skip_value(2);
  }
  if (seen.has(field)) [[unlikely]] {
    fail(refuse(Errno::bad_request, field, "stands twice", "every key once"));
    return json.skip_value(2);
  }
  seen |= bit(field);
  return read_known(field);
}

bool RequestParser::Impl::read_known(Field field) {
  const FieldInfo& known = info(field);
  const char first = json.peek();
  switch (known.type) {
    case FieldType::integer: {
      if (first == '"' || first > '9') break;  // anything but a number, or nothing that begins a value
      JsonReader::Number number;
      if (!json.number(number)) return false;
      if (number.is_natural && number.value <= kIntegerMax) return request.set(field, number.value), true;
      fail(wrong_type(known));
      return true;
    }
    case FieldType::string: {
      if (first != '"') break;
      std::string_view text;
      if (!json.string(text)) return false;
      return request.set(field, text), true;
    }
    case FieldType::boolean:
      if (first != 't' && first != 'f') break;
      request.set_flag(field, first == 't');
      return json.literal(first == 't' ? "true" : "false");
    case FieldType::object: {
      if (first != '{') break;
      const char* const start = json.position();
      if (!json.skip_value(2)) return false;
      body.clear();
      append_compact(body, {start, json.position()});
      return request.set(field, std::string_view(body)), true;
    }
    case FieldType::list: break;
  }
  fail(wrong_type(known));
  return json.skip_value(2);
}

/// Knows the message afterwards, or there is an error.
const MessageInfo* RequestParser::Impl::check_msgid() {
  const MessageInfo* const message = find_message(request.number(Field::msgid));
  request.msgid = message != nullptr ? message->msg : Msg::none;
  if (!seen.has(Field::msgid)) {
    fail(refuse(Errno::bad_request, Field::msgid, "is missing", "the number of a request"));
  } else if (!error && (message == nullptr || message->direction == Direction::server)) {
    fail(refuse(Errno::unknown_msgid, Field::msgid, "is not one that a client can send",
                "the number of a request"));
  }
  return message;
}

void RequestParser::Impl::check_rules(const MessageInfo& message) {
  const detail::RequestRules& rules = detail::request_rules(message.msg);
  const FieldSet present = request.present();
  if ((present & rules.required) != rules.required) {
    const Field absent = rules.required.without(present).first();
    for (const FieldUse& use : message.request) {
      if (use.field == absent) return fail(missing(use));
    }
  }
  if (rules.one_of.any() && (present & rules.one_of).count() != 1) {
    const FieldSet given = present & rules.one_of;
    return fail(refuse(Errno::bad_request, (given.any() ? given : rules.one_of).first(),
                       given.any() ? "is not alone" : "is missing",
                       "exactly one of " + list_of(rules.one_of)));
  }
  if ((present & rules.at_most_one).count() > 1) {
    return fail(refuse(Errno::bad_request, (present & rules.at_most_one).first(), "is not alone",
                       "at most one of " + list_of(rules.at_most_one)));
  }
  if (rules.conditional) check_conditions(message);
  for (const FieldUse& use : message.request) {
    if (request.has(use.field)) check_bounds(use);
  }
}

void RequestParser::Impl::check_conditions(const MessageInfo& message) {
  for (const FieldUse& use : message.request) {
    if (use.need == Need::required_with && (request.present() & use.with).any() && !request.has(use.field)) {
      return fail(missing(use));
    }
    // A kind that does not exist is out of range, which is said next, rather than without its body.
    if (use.field == Field::kind && request.number(Field::kind) <= use.max) {
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
