#pragma once
// A request as a flat array of fields, why one was refused, and the bridge to the typed requests of
// request.h.
#include <array>
#include <concepts>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <type_traits>

#include "base/ids.h"
#include "protocol/table.h"

namespace plaza::protocol {

/// One request: which fields are there, and their values.
///
/// From RequestParser it is already checked against the table: types, required fields, limits. String values
/// point into the frame or the parser: they live until the frame goes or the parser's next parse(), so copy
/// what outlives this turn (before any co_await).
class Request {
 public:
  Request() = default;
  explicit Request(Msg m) : msgid(m) {}

  Msg msgid = Msg::none;

  [[nodiscard]] bool has(Field f) const { return present_.has(f); }
  [[nodiscard]] FieldSet present() const { return present_; }
  [[nodiscard]] std::uint64_t number(Field f, std::uint64_t otherwise = 0) const {
    return has(f) ? slots_[index(f)].number : otherwise;
  }
  [[nodiscard]] bool flag(Field f, bool otherwise = false) const {
    return has(f) ? slots_[index(f)].number != 0 : otherwise;
  }
  [[nodiscard]] std::string_view text(Field f) const {
    return has(f) ? std::string_view(slots_[index(f)].data, slots_[index(f)].size) : std::string_view{};
  }
  [[nodiscard]] std::optional<std::uint64_t> rid() const {
    return has(Field::rid) ? std::optional(slots_[index(Field::rid)].number) : std::nullopt;
  }

  // For the parser, and for clients that build a request: set() then encode_request().
  void clear() { present_ = {}, msgid = Msg::none; }
  Request& set(Field f, std::uint64_t number) {
    return slots_[index(f)].number = number, present_ |= bit(f), *this;
  }
  Request& set(Field f, std::string_view text) {
    slots_[index(f)].data = text.data(), slots_[index(f)].size = static_cast<std::uint32_t>(text.size());
    return present_ |= bit(f), *this;
  }
  Request& set_flag(Field f, bool value) { return set(f, std::uint64_t{value}); }

 private:
  static constexpr std::size_t index(Field f) { return static_cast<std::size_t>(f); }
  struct Slot {
    union {
      std::uint64_t number;
      const char* data;
    };
    std::uint32_t size;
  };
  FieldSet present_;
  std::array<Slot, kRequestFields> slots_;  // only those in present_ have a value
};

/// Appends the request as one JSON object, fields in the order of the field table. Checks nothing.
void encode_request(std::string& out, const Request& request);

/// Why a frame or a request was refused, with what the answer needs.
struct ParseError {
  Errno error = Errno::bad_request;
  std::string message;  ///< for errmsg; empty: the default text
  std::string field;    ///< empty when no single field is to blame
  std::string allowed;  ///< what would be right
  std::optional<std::uint64_t> rid;
  Msg msgid = Msg::none;        ///< none when it could not be read or is unknown
  std::uint64_t raw_msgid = 0;  ///< as sent, also when unknown
  bool stream_broken = false;   ///< the JSON itself is wrong: answer, say goodbye, close
};

namespace detail {
template <class T>
inline constexpr bool is_optional = false;
template <class T>
inline constexpr bool is_optional<std::optional<T>> = true;

/// Gets a present field's value into `value`, whatever its type.
template <class T>
void get_field(const Request& request, Field field, T& value) {
  if constexpr (is_optional<T>) {
    get_field(request, field, value.emplace());
  } else if constexpr (std::same_as<T, std::string_view>) {
    value = request.text(field);
  } else if constexpr (std::same_as<T, bool>) {
    value = request.flag(field);
  } else if constexpr (std::integral<T>) {
    value = static_cast<T>(request.number(field));  // the table's limits keep it in range
  } else {
    value = T{request.number(field)};
  }
}

template <class T>
void set_field(Request& request, Field field, const T& value) {
  if constexpr (is_optional<T>) {
    if (value) set_field(request, field, *value);
  } else if constexpr (std::same_as<T, std::string_view>) {
    request.set(field, value);
  } else if constexpr (std::integral<T>) {
    request.set(field, static_cast<std::uint64_t>(value));
  } else {
    request.set(field, value.value);
  }
}
}  // namespace detail

/// The typed form of a parsed request of that msgid.
template <class T>
[[nodiscard]] T as(const Request& request) {
  T typed{};
  T::fields(typed, [&](Field field, auto& value) {
    if (request.has(field)) detail::get_field(request, field, value);
  });
  return typed;
}

/// The flat form, for encode_request(). Fields that are not optional<> and equal to their default are left
/// out unless the table requires them. String values point to where `typed` points.
template <class T>
[[nodiscard]] Request to_request(const T& typed, std::optional<std::uint64_t> rid = std::nullopt) {
  Request request(T::kMsg);
  if (rid) request.set(Field::rid, *rid);
  const T defaults{};
  Request unset(T::kMsg);
  T::fields(defaults, [&](Field field, const auto& value) { detail::set_field(unset, field, value); });
  const FieldSet required = detail::request_rules(T::kMsg).required;
  T::fields(typed, [&](Field field, const auto& value) {
    if constexpr (!detail::is_optional<std::remove_cvref_t<decltype(value)>>) {
      Request one;
      detail::set_field(one, field, value);
      const bool same = info(field).type == FieldType::string ? one.text(field) == unset.text(field)
                                                              : one.number(field) == unset.number(field);
      if (same && !required.has(field)) return;
    }
    detail::set_field(request, field, value);
  });
  return request;
}

/// Appends a typed request as one JSON object.
template <class T>
void encode(std::string& out, const T& typed, std::optional<std::uint64_t> rid = std::nullopt)
  requires requires { T::kMsg; }
{
  encode_request(out, to_request(typed, rid));
}

}  // namespace plaza::protocol
