// The declared tables as Markdown, for docs/protocol.md.
#include <string>

#include "protocol/table.h"

namespace plaza::protocol {
namespace {

std::string_view direction_text(Direction direction) {
  switch (direction) {
    case Direction::client: return "C";
    case Direction::server: return "S";
    case Direction::both: return "C S";
  }
  return {};
}

std::string_view state_text(State state) {
  switch (state) {
    case State::logged_out: return "logged out";
    case State::authenticated: return "authenticated";
    case State::entered: return "entered";
    case State::ready: return "ready";
  }
  return {};
}

std::string states(const MessageInfo& m) {
  if (m.direction == Direction::server) return {};
  if (m.from == State::logged_out && m.until == State::ready) return "any";
  if (m.from == m.until) return std::string(state_text(m.from));
  return "from " + std::string(state_text(m.from));
}

std::string_view need_mark(Need need) {
  switch (need) {
    case Need::required:
    case Need::always: return "";
    case Need::one_of: return "one of";
    case Need::at_most_one: return "at most one of";
    case Need::optional:
    case Need::own_id:
    case Need::sometimes: return "optional";
    case Need::required_with: return "with";
  }
  return {};
}

std::string with_text(FieldSet set) {
  std::string text;
  for (std::size_t i = 0; i < kRequestFields; ++i) {
    if (!set.has(static_cast<Field>(i))) continue;
    if (!text.empty()) text += ", ";
    text += kFieldTable[i].name;
  }
  return text;
}

/// One field of a message: `name` (optional; 1..100; note).
std::string use_text(const FieldUse& use) {
  std::string text = "`" + std::string(name_of(use.field)) + "`";
  std::string inside{need_mark(use.need)};
  const auto add = [&](std::string_view more) {
    if (!inside.empty()) inside += "; ";
    inside += more;
  };
  if (use.need == Need::required_with) inside += " " + with_text(use.with);
  const FieldInfo& known = info(use.field);
  if (use.min != known.min || use.max != known.max)
    add(std::to_string(use.min) + ".." + std::to_string(use.max));
  if (!use.note.empty()) add(use.note);
  if (!inside.empty()) text += " (" + inside + ")";
  return text;
}

std::string uses_text(std::span<const FieldUse> uses) {
  std::string text;
  for (const FieldUse& use : uses) {
    if (!text.empty()) text += ", ";
    text += use_text(use);
  }
  return text.empty() ? "-" : text;
}

std::string_view type_text(FieldType type) {
  switch (type) {
    case FieldType::integer: return "integer";
    case FieldType::string: return "string";
    case FieldType::boolean: return "boolean";
    case FieldType::object: return "object";
    case FieldType::list: return "list";
  }
  return {};
}

std::string range_text(const FieldInfo& field) {
  switch (field.type) {
    case FieldType::integer:
      return std::to_string(field.min) + ".." +
             (field.max == kIntegerMax ? "2^53-1" : std::to_string(field.max));
    case FieldType::string:
    case FieldType::object: return std::to_string(field.min) + ".." + std::to_string(field.max) + " bytes";
    default: return {};
  }
}

std::string_view closes_text(Closes closes) {
  switch (closes) {
    case Closes::never: return "no";
    case Closes::when_malformed: return "when the frame itself is wrong";
    case Closes::always: return "yes";
  }
  return {};
}

}  // namespace

std::string messages_markdown() {
  std::string text =
      "| msgid | name | who sends it | session | answered by | what, and fields besides `msgid` (`rid`, "
      "`errno`) |\n"
      "|---|---|---|---|---|---|\n";
  for (const MessageInfo& m : messages()) {
    const std::string number = std::to_string(static_cast<unsigned>(m.msg));
    text += "| " + number + " | " + std::string(m.name) + " | " + std::string(direction_text(m.direction)) +
            " | " + states(m) + " | ";
    if (m.ack != Msg::none)
      text += std::to_string(static_cast<unsigned>(m.ack)) + " " + std::string(name_of(m.ack));
    text += " | " + std::string(m.meaning) + ".";
    if (m.direction != Direction::server) text += " C: " + uses_text(m.request) + ".";
    if (m.direction != Direction::client) text += " S: " + uses_text(m.reply) + ".";
    text += " |\n";
  }
  return text;
}

std::string fields_markdown() {
  std::string text =
      "| field | type | range | in | meaning |\n"
      "|---|---|---|---|---|\n";
  for (const FieldInfo& field : kFieldTable) {
    const bool request = static_cast<std::size_t>(field.field) < kRequestFields;
    text += "| `" + std::string(field.name) + "` | " + std::string(type_text(field.type)) + " | " +
            (request ? range_text(field) : std::string()) + " | " + (request ? "requests" : "the server's") +
            " | " + std::string(field.meaning) + " |\n";
  }
  return text;
}

std::string errnos_markdown() {
  std::string text =
      "| errno | name | default errmsg | closes the connection |\n"
      "|---|---|---|---|\n";
  for (const ErrnoInfo& error : errnos()) {
    text += "| " + std::to_string(static_cast<unsigned>(error.error)) + " | " + std::string(error.name) +
            " | " + std::string(error.text) + " | " + std::string(closes_text(error.closes)) + " |\n";
  }
  return text;
}

std::string shapes_markdown() {
  std::string text =
      "| in | object | field | type | meaning |\n"
      "|---|---|---|---|---|\n";
  for (const Shape& shape : shapes()) {
    for (const ShapeField& field : shape.fields) {
      text += "| `" + std::string(shape.where) + "` | " + std::string(shape.name) + " | `" +
              std::string(field.name) + "` | " + std::string(field.type) + " | " +
              (field.need == Need::sometimes ? "optional" : "");
      if (field.need == Need::sometimes && !field.meaning.empty()) text += "; ";
      text += std::string(field.meaning) + " |\n";
    }
  }
  return text;
}

}  // namespace plaza::protocol
