#pragma once
#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "protocol/json_bytes.h"

// The writer's two pointers stay in registers only if what is called for every member is inlined, whatever its size.
#define PLAZA_JSON_INLINE [[gnu::always_inline]] inline

namespace plaza::protocol {

/// Appends JSON to a string that its owner reuses.
///
/// Use      One writer at a time on a string; the string is complete (and its size right) after finish() or
///          destruction. Keys are literals of plain ASCII. Strings are valid UTF-8 already; only what JSON
///          demands is escaped.
/// Cost     Nothing is allocated while the string's capacity suffices; it grows by doubling.
/// Output   Compact and deterministic: the same calls give the same bytes.
class JsonWriter {
 public:
  PLAZA_JSON_INLINE explicit JsonWriter(std::string& out) : out_(out) { set(extend(out, out.size(), 0)); }
  PLAZA_JSON_INLINE ~JsonWriter() { finish(); }
  JsonWriter(const JsonWriter&) = delete;
  JsonWriter& operator=(const JsonWriter&) = delete;

  /// Sets the string's size to what was written.
  PLAZA_JSON_INLINE void finish() {
    if (at_ != nullptr) shrink(out_, at_);
    at_ = nullptr;
  }

  PLAZA_JSON_INLINE void begin_object() { open('{'); }
  PLAZA_JSON_INLINE void end_object() { close('}'); }
  PLAZA_JSON_INLINE void begin_array() { open('['); }
  PLAZA_JSON_INLINE void end_array() { close(']'); }

  template <std::size_t N>
  PLAZA_JSON_INLINE void key(const char (&name)[N]) {
    need(N + 4);
    comma();
    *at_++ = '"';
    std::memcpy(at_, name, N - 1);
    at_ += N - 1;
    *at_++ = '"';
    *at_++ = ':';
    comma_ = false;
  }
  /// The same for a name known at run time; it must need no escapes.
  void key(std::string_view name) {
    need(name.size() + 4);
    comma();
    *at_++ = '"';
    put(name);
    *at_++ = '"';
    *at_++ = ':';
    comma_ = false;
  }

  PLAZA_JSON_INLINE void number(std::uint64_t value);
  PLAZA_JSON_INLINE void string(std::string_view text);
  PLAZA_JSON_INLINE void boolean(bool value) {
    raw(value ? std::string_view("true") : std::string_view("false"));
  }
  /// A value that is JSON already.
  void raw(std::string_view json) {
    need(json.size() + 1);
    comma();
    put(json);
    comma_ = true;
  }
  /// Bytes as they are, with no comma before them; `comma_after` tells whether the next value needs one.
  void splice(std::string_view bytes, bool comma_after) {
    need(bytes.size());
    put(bytes);
    comma_ = comma_after;
  }

  template <std::size_t N>
  PLAZA_JSON_INLINE void member(const char (&name)[N], std::uint64_t value) {
    key(name), number(value);
  }
  template <std::size_t N>
  PLAZA_JSON_INLINE void member(const char (&name)[N], std::string_view text) {
    key(name), string(text);
  }
  template <std::size_t N>
  PLAZA_JSON_INLINE void member_flag(const char (&name)[N], bool value) {
    key(name), boolean(value);
  }

 private:
  struct Room {
    char* at;
    char* end;
  };
  /// Room for at least `bytes` behind the first `used` bytes of `out`. Takes no `this`, so that the compiler
  /// may keep a writer's pointers in registers.
  [[gnu::noinline]] static Room extend(std::string& out, std::size_t used, std::size_t bytes) {
    if (out.capacity() - used < bytes) {
      out.resize(used);
      const std::size_t doubled = 2 * out.capacity();
      out.reserve(std::max({used + bytes, doubled, kBytesMin}));
    }
    // All of the capacity is in use while the writer lives; its bytes are not touched before they are
    // written.
    out.resize_and_overwrite(out.capacity(), [](char*, std::size_t n) { return n; });
    return {out.data() + used, out.data() + out.size()};
  }
  [[gnu::noinline]] static void shrink(std::string& out, const char* at) {
    out.resize(static_cast<std::size_t>(at - out.data()));
  }
  PLAZA_JSON_INLINE void set(Room room) { at_ = room.at, end_ = room.end; }
  PLAZA_JSON_INLINE void need(std::size_t bytes) {
    if (static_cast<std::size_t>(end_ - at_) < bytes) [[unlikely]] {
      set(extend(out_, static_cast<std::size_t>(at_ - out_.data()), bytes));
    }
  }
  PLAZA_JSON_INLINE void comma() {
    *at_ = ',';
    at_ += comma_;
  }
  void put(std::string_view bytes) {
    if (!bytes.empty()) std::memcpy(at_, bytes.data(), bytes.size());
    at_ += bytes.size();
  }
  PLAZA_JSON_INLINE void open(char c) {
    need(2);
    comma();
    *at_++ = c;
    comma_ = false;
  }
  PLAZA_JSON_INLINE void close(char c) {
    need(1);
    *at_++ = c;
    comma_ = true;
  }
  [[gnu::noinline]] static Room quoted(std::string& out, Room room, std::string_view text, bool comma);

  static constexpr std::size_t kBytesMin = 256;

  std::string& out_;
  char* at_ = nullptr;
  char* end_ = nullptr;
  bool comma_ = false;
};

inline void JsonWriter::number(std::uint64_t value) {
  need(21);
  comma();
  at_ += detail::write_digits(at_, value);
  comma_ = true;
}

inline void JsonWriter::string(std::string_view text) {
  set(quoted(out_, {at_, end_}, text, comma_));
  comma_ = true;
}

/// The string with its quotes, and a comma before it.
inline JsonWriter::Room JsonWriter::quoted(std::string& out, Room room, std::string_view text, bool comma) {
  const auto need = [&](std::size_t bytes) {
    if (static_cast<std::size_t>(room.end - room.at) < bytes) [[unlikely]] {
      room = extend(out, static_cast<std::size_t>(room.at - out.data()), bytes);
    }
  };
  need(text.size() + 3);
  *room.at = ',';
  room.at += comma;
  *room.at++ = '"';
  for (;;) {
    const std::size_t plain = detail::plain_prefix(text.data(), text.size());
    if (plain != 0) std::memcpy(room.at, text.data(), plain);
    room.at += plain;
    if (plain == text.size()) break;
    need(6 + (text.size() - plain) + 1);
    room.at = detail::write_escape(room.at, static_cast<unsigned char>(text[plain]));
    text.remove_prefix(plain + 1);
  }
  *room.at++ = '"';
  return room;
}

}  // namespace plaza::protocol

#undef PLAZA_JSON_INLINE
