#pragma once
#include <cstdint>
#include <string_view>

namespace plaza::net {

/// How a peer can break the framing. The connection cannot go on: what follows cannot be trusted.
enum class FrameError : std::uint8_t {
  none = 0,
  not_an_object,  // something else than '{' where a frame begins; a binary WebSocket message
  too_large,      // the frame is longer than frame_bytes_max
  too_deep,       // nested deeper than depth_max
  websocket,      // against RFC 6455
  not_utf8,       // a WebSocket text that is no UTF-8
  malformed,      // a control character in a string: JSON forbids it, and mostly the string was never closed
};

/// For people: "the frame is larger than allowed".
[[nodiscard]] std::string_view frame_error_text(FrameError error);

}  // namespace plaza::net
