#include "net/ws_codec.h"

#include <algorithm>
#include <bit>
#include <cstring>

namespace plaza::net {
namespace {

static_assert(std::endian::native == std::endian::little,
              "the masking key is kept as the wire has it, first byte lowest");

constexpr std::uint8_t kFinal = 0x80, kReserved = 0x70, kOpcode = 0x0f, kMasked = 0x80, kLength = 0x7f;
constexpr std::size_t kControlBytesMax = 125;
constexpr std::uint16_t kNoCloseCode = 1005;

std::uint64_t big_endian(const char* bytes, std::size_t count) {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < count; ++i) value = value << 8 | static_cast<std::uint8_t>(bytes[i]);
  return value;
}

std::uint8_t put_length(WsHeader& header, std::size_t payload_bytes, std::uint8_t masked) {
  const auto put = [&](std::uint8_t marker, int bytes) {
    header.bytes[1] = static_cast<char>(masked | marker);
    for (int i = 0; i < bytes; ++i) {
      header.bytes[static_cast<std::size_t>(2 + i)] = static_cast<char>(payload_bytes >>
                                                                        (8 * (bytes - 1 - i)));
    }
    return static_cast<std::uint8_t>(2 + bytes);
  };
  if (payload_bytes < 126) return put(static_cast<std::uint8_t>(payload_bytes), 0);
  if (payload_bytes < 65536) return put(126, 2);
  return put(127, 8);
}

// Section 7.4 and the IANA registry: 1004..1006 and 1015 never stand in a frame.
bool valid_close_code(std::uint16_t code) {
  return (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) || (code >= 3000 && code <= 4999);
}

}  // namespace

WsHeader ws_header(WsOpcode opcode, std::size_t payload_bytes) {
  WsHeader header;
  header.bytes[0] = static_cast<char>(kFinal | static_cast<std::uint8_t>(opcode));
  header.size = put_length(header, payload_bytes, 0);
  return header;
}

std::string ws_text_frames(std::string_view lines, std::span<const std::uint32_t> ends) {
  std::string framed;
  framed.reserve(lines.size() + ends.size() * sizeof(WsHeader));
  std::uint32_t begin = 0;
  for (const std::uint32_t end : ends) {
    const std::string_view frame = lines.substr(begin, end - 1 - begin);
    framed.append(ws_header(WsOpcode::text, frame.size()).view()).append(frame);
    begin = end;
  }
  return framed;
}

WsHeader ws_masked_header(WsOpcode opcode, std::size_t payload_bytes, std::uint32_t key) {
  WsHeader header;
  header.bytes[0] = static_cast<char>(kFinal | static_cast<std::uint8_t>(opcode));
  header.size = put_length(header, payload_bytes, kMasked);
  std::memcpy(header.bytes.data() + header.size, &key, sizeof key);
  header.size = static_cast<std::uint8_t>(header.size + sizeof key);
  return header;
}

void ws_mask(std::span<char> payload, std::uint32_t key) {
  const std::uint64_t wide = static_cast<std::uint64_t>(key) << 32 | key;
  std::size_t at = 0;
  for (; payload.size() - at >= 8; at += 8) {  // the compiler makes SIMD of it
    std::uint64_t word;
    std::memcpy(&word, payload.data() + at, 8);
    word ^= wide;
    std::memcpy(payload.data() + at, &word, 8);
  }
  for (; at < payload.size(); ++at)
    payload[at] = static_cast<char>(payload[at] ^ static_cast<char>(key >> (8 * (at % 4))));
}

std::string ws_close_payload(std::uint16_t code, std::string_view reason) {
  std::size_t size = std::min(reason.size(), kControlBytesMax - 2);
  while (size < reason.size() && size > 0 && (reason[size] & 0xc0) == 0x80) --size;
  std::string payload{static_cast<char>(code >> 8), static_cast<char>(code & 0xff)};
  payload += reason.substr(0, size);
  return payload;
}

/// One frame's header.
struct WsDecoder::Frame {
  std::uint8_t first = 0;
  bool masked = false;
  bool minimal = true;
  std::uint32_t key = 0;
  std::uint64_t payload_bytes = 0;
  std::size_t header_bytes = 0;

  [[nodiscard]] WsOpcode opcode() const { return static_cast<WsOpcode>(first & kOpcode); }
  [[nodiscard]] bool final() const { return (first & kFinal) != 0; }
  [[nodiscard]] bool is_control() const { return (first & 0x08) != 0; }

  /// False: not all of it is here.
  bool parse(const char* data, std::size_t size) {
    if (size < 2) return false;
    first = static_cast<std::uint8_t>(data[0]);
    const auto second = static_cast<std::uint8_t>(data[1]);
    masked = (second & kMasked) != 0;
    const std::uint8_t length = second & kLength;
    const std::size_t length_bytes = length == 126 ? 2 : length == 127 ? 8 : 0;
    header_bytes = 2 + length_bytes + (masked ? 4 : 0);
    payload_bytes = length;
    if (size < header_bytes) return false;
    if (length_bytes > 0) {
      payload_bytes = big_endian(data + 2, length_bytes);
      minimal = payload_bytes >= (length_bytes == 2 ? 126u : 65536u) && payload_bytes >> 63 == 0;
    }
    if (masked) std::memcpy(&key, data + header_bytes - 4, 4);
    return true;
  }
};

// What two bytes of a frame already tell, and its length when that is known.
FrameError WsDecoder::check(const Frame& frame) const {
  if ((frame.first & kReserved) != 0 || frame.masked != (role_ == WsRole::server) || !frame.minimal) {
    return FrameError::websocket;
  }
  switch (frame.opcode()) {
    case WsOpcode::continuation: return collecting_ ? FrameError::none : FrameError::websocket;
    case WsOpcode::text:
    case WsOpcode::binary: return collecting_ ? FrameError::websocket : FrameError::none;
    case WsOpcode::close:
    case WsOpcode::ping:
    case WsOpcode::pong:
      return frame.final() && frame.payload_bytes <= kControlBytesMax ? FrameError::none
                                                                      : FrameError::websocket;
  }
  return FrameError::websocket;
}

WsDecoder::Step WsDecoder::next(char* bytes, std::size_t size, std::size_t message_bytes_max) {
  if (handed_out_) {
    message_ = {};
    message_bytes_ = 0;
    handed_out_ = false;
  }
  Frame frame;
  const bool whole_header = frame.parse(bytes, size);
  if (size >= 2) {
    if (const FrameError error = check(frame); error != FrameError::none)
      return {.kind = Kind::error, .error = error};
  }
  if (!whole_header) return {.kind = Kind::need_more};
  if (!frame.is_control() &&
      frame.payload_bytes > message_bytes_max - std::min(message_bytes_, message_bytes_max)) {
    return {.kind = Kind::error, .error = FrameError::too_large};
  }
  if (size - frame.header_bytes < frame.payload_bytes) return {.kind = Kind::need_more};
  const std::span<char> payload(bytes + frame.header_bytes, static_cast<std::size_t>(frame.payload_bytes));
  if (frame.masked) ws_mask(payload, frame.key);
  Step step = frame.is_control() ? control(frame, payload) : data(frame, payload);
  step.consumed = frame.header_bytes + payload.size();
  return step;
}

WsDecoder::Step WsDecoder::control(const Frame& frame, std::span<char> payload) {
  if (frame.opcode() == WsOpcode::ping) return {.kind = Kind::ping, .payload = payload};
  if (frame.opcode() == WsOpcode::pong) return {.kind = Kind::pong, .payload = payload};
  if (payload.empty()) return {.kind = Kind::close, .close_code = kNoCloseCode};
  if (payload.size() < 2) return {.kind = Kind::error, .error = FrameError::websocket};
  const auto code = static_cast<std::uint16_t>(big_endian(payload.data(), 2));
  if (!valid_close_code(code)) return {.kind = Kind::error, .error = FrameError::websocket};
  Utf8Validator reason;
  if (!reason.feed(payload.subspan(2)) || !reason.complete())
    return {.kind = Kind::error, .error = FrameError::not_utf8};
  return {.kind = Kind::close, .payload = payload.subspan(2), .close_code = code};
}

WsDecoder::Step WsDecoder::data(const Frame& frame, std::span<char> payload) {
  if (!collecting_) {
    text_ = frame.opcode() == WsOpcode::text;
    utf8_.reset();
  }
  if (text_ && (!utf8_.feed(payload) || (frame.final() && !utf8_.complete()))) {
    return {.kind = Kind::error, .error = FrameError::not_utf8};
  }
  const Kind kind = text_ ? Kind::text : Kind::binary;
  if (!collecting_ && frame.final()) return {.kind = kind, .payload = payload};
  message_.resize(message_bytes_ + payload.size() + kPadding);
  if (!payload.empty()) std::memcpy(message_.data() + message_bytes_, payload.data(), payload.size());
  message_bytes_ += payload.size();
  collecting_ = !frame.final();
  if (collecting_) return {.kind = Kind::fragment};
  handed_out_ = true;
  return {.kind = kind, .payload = {message_.data(), message_bytes_}};
}

}  // namespace plaza::net
