#pragma once
#include <cstddef>
#include <cstdint>

#include "net/frame_error.h"

namespace plaza::net {

/// Finds where JSON objects begin and end in a stream of bytes, however it is split and glued.
///
/// Input    next() is given everything that is not consumed yet, from the same first byte on, with kReadAhead
///          readable bytes behind it. Whitespace between objects is skipped.
/// Cost     Each byte is scanned once, 64 at a time (SSE2): what was scanned of an incomplete object is
///          remembered.
/// Limit    bytes_max of an object, depth_max of its nesting; one past either is an error, found as early as
///          it is certain.
/// Promise  Only boundaries: an accepted frame begins with '{', ends where its brackets are balanced, and may
///          still be no JSON inside; but a control character in a string is an error at once, or a string that is
///          never closed would swallow the requests behind it without an answer. Pure: no clock, no socket.
class JsonFramer {
 public:
  static constexpr std::size_t kReadAhead = 64;

  enum class Kind : std::uint8_t { frame, need_more, error };
  struct Step {
    Kind kind;
    FrameError error;   // of Kind::error
    std::size_t begin;  // frame: its first byte. need_more: bytes before it are consumed
    std::size_t end;    // frame: one past its last byte; everything before is consumed
  };

  [[nodiscard]] Step next(const char* data, std::size_t size, std::size_t bytes_max, std::uint32_t depth_max);

 private:
  std::uint32_t scanned_ = 0;  // of the object that data[0] begins
  std::uint16_t depth_ = 0;
  bool in_string_ = false;
  bool escaped_ = false;
};

}  // namespace plaza::net
