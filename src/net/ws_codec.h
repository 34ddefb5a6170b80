#pragma once
#include <array>
#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "net/frame_error.h"
#include "net/utf8.h"

namespace plaza::net {

enum class WsOpcode : std::uint8_t { continuation = 0, text = 1, binary = 2, close = 8, ping = 9, pong = 10 };

/// Which end we are: a server demands masked frames and sends unmasked ones, a client the other way round.
enum class WsRole : std::uint8_t { server, client };

/// The bytes before a frame's payload.
struct WsHeader {
  std::array<char, 14> bytes;
  std::uint8_t size;
  [[nodiscard]] std::string_view view() const { return {bytes.data(), size}; }
};
[[nodiscard]] WsHeader ws_header(WsOpcode opcode, std::size_t payload_bytes);
/// Unmasked text messages, one for each line (`ends`: behind each newline), which loses its newline.
[[nodiscard]] std::string ws_text_frames(std::string_view lines, std::span<const std::uint32_t> ends);
/// With the bit that says "masked", and the key.
[[nodiscard]] WsHeader ws_masked_header(WsOpcode opcode, std::size_t payload_bytes, std::uint32_t key);
/// Masks or unmasks in place; `key` as it stands on the wire (first byte lowest).
void ws_mask(std::span<char> payload, std::uint32_t key);
/// The payload of a close frame; the reason is cut to what fits (123 bytes), at a character.
[[nodiscard]] std::string ws_close_payload(std::uint16_t code, std::string_view reason);

/// RFC 6455 section 5, incoming: from bytes to messages, for one direction of one connection.
///
/// Input    next() is given everything that is not consumed yet, writable: payloads are unmasked in place,
///          once their frame is complete. A message of one frame is handed out where it lies.
/// Memory   None for such messages. A fragmented one is collected here and freed at the next call after it
///          was handed out.
/// Limit    message_bytes_max for a message, checked at the header, before its payload comes; 125 for a
///          control frame.
/// Errors   Everything section 5 and 7.4 forbid: masking, reserved bits and opcodes, lengths that are not
///          minimal, control frames that are long or fragmented, fragments out of order, text and close
///          reasons that are no UTF-8 (found with the fragment that breaks it), close codes. After an error
///          the decoder must not be used again.
/// Pure: no clock, no socket.
class WsDecoder {
 public:
  enum class Kind : std::uint8_t { need_more, fragment, text, binary, ping, pong, close, error };
  struct Step {
    Kind kind;
    FrameError error = FrameError::none;
    std::size_t consumed = 0;
    std::span<char> payload{};     // text, binary: the message; ping, pong: its data; close: the reason
    std::uint16_t close_code = 0;  // close; 1005 when the peer gave none
  };
  /// Behind a collected message this many bytes are readable; behind one handed out in place, what the
  /// caller's buffer has.
  static constexpr std::size_t kPadding = 64;

  explicit WsDecoder(WsRole role) : role_(role) {}
  [[nodiscard]] Step next(char* data, std::size_t size, std::size_t message_bytes_max);

 private:
  struct Frame;
  Step control(const Frame& frame, std::span<char> payload);
  Step data(const Frame& frame, std::span<char> payload);
  [[nodiscard]] FrameError check(const Frame& frame) const;

  // Constant after construction.
  const WsRole role_;
  // The fragmented message under way.
  bool collecting_ = false;
  bool text_ = false;
  bool handed_out_ = false;
  Utf8Validator utf8_;
  std::size_t message_bytes_ = 0;
  std::vector<char> message_;  // message_bytes_, then padding
};

}  // namespace plaza::net
