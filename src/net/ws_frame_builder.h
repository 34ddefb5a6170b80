#pragma once
// For tests and the fuzz target of the WebSocket codec: frames of any kind, right and wrong, and a run over a
// decoder.
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "net/ws_codec.h"

namespace plaza::net::ws_test {

struct Piece {
  std::uint8_t opcode = 1;
  bool final = true;
  std::string payload = {};
  bool masked = true;
  std::uint8_t reserved = 0;  // 0..7
  int length_bytes = -1;      // 0, 2, 8: this encoding even when it is not the shortest
};

inline std::string frame(const Piece& piece) {
  const std::size_t size = piece.payload.size();
  const int length_bytes = piece.length_bytes >= 0 ? piece.length_bytes
                           : size < 126            ? 0
                           : size < 65536          ? 2
                                                   : 8;
  std::string bytes;
  bytes += static_cast<char>((piece.final ? 0x80 : 0) | piece.reserved << 4 | piece.opcode);
  const int marker = length_bytes == 0 ? static_cast<int>(size) : length_bytes == 2 ? 126 : 127;
  bytes += static_cast<char>((piece.masked ? 0x80 : 0) | marker);
  for (int i = length_bytes - 1; i >= 0; --i) bytes += static_cast<char>(size >> (8 * i));
  if (!piece.masked) return bytes + piece.payload;
  const char key[4] = {'\x12', '\xab', '\x00', '\x7e'};
  bytes.append(key, 4);
  for (std::size_t i = 0; i < size; ++i) bytes += static_cast<char>(piece.payload[i] ^ key[i % 4]);
  return bytes;
}

struct Event {
  WsDecoder::Kind kind;
  FrameError error;
  std::string payload;
  std::uint16_t close_code;

  friend bool operator==(const Event&, const Event&) = default;
};

/// What a decoder says about `bytes` when they come `piece` at a time, as a connection feeds it.
inline std::vector<Event> run(WsRole role, const std::string& bytes, std::size_t message_bytes_max,
                              std::size_t piece) {
  WsDecoder decoder(role);
  std::vector<Event> events;
  std::size_t from = 0;
  for (std::size_t to = 0; to < bytes.size();) {
    to = std::min(bytes.size(), to + std::max<std::size_t>(piece, 1));
    for (;;) {
      // A buffer of exactly this size, so that a sanitizer sees every access outside.
      const auto copy = std::make_unique<char[]>(to - from);
      std::memcpy(copy.get(), bytes.data() + from, to - from);
      const WsDecoder::Step step = decoder.next(copy.get(), to - from, message_bytes_max);
      if (step.kind == WsDecoder::Kind::need_more) break;
      events.push_back(
          {step.kind, step.error, std::string(step.payload.begin(), step.payload.end()), step.close_code});
      if (step.kind == WsDecoder::Kind::error) return events;
      from += step.consumed;
    }
  }
  return events;
}

}  // namespace plaza::net::ws_test
