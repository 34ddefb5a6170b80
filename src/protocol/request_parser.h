#pragma once
#include <cstddef>
#include <expected>
#include <memory>
#include <span>

#include "protocol/request.h"

namespace plaza::protocol {

/// One frame of JSON into a checked Request.
///
/// Strict   Whole-frame validation (RFC 8259), UTF-8, escapes without lone surrogates, depth <=
///          kJsonDepthMax, no key twice in any object at any depth, integers without fraction or exponent in
///          0..2^53-1. Known fields must have their type also where the message does not use them; unknown
///          fields are ignored. Then the table's rules of the message: required fields, exactly-one-of,
///          limits.
/// Thread   One shard's. One parser per shard: its buffers are reused and nothing is allocated when a
///          request is accepted.
/// Limit    Frames of more than frame_bytes_max are refused (errno 10, stream broken).
/// Life     The Request until the next parse(); its strings point into the frame or the parser: until either
///          goes. parse_copy() keeps the frame itself.
class RequestParser {
 public:
  explicit RequestParser(std::size_t frame_bytes_max = kFrameBytesMax);
  ~RequestParser();
  RequestParser(RequestParser&&) noexcept;
  RequestParser& operator=(RequestParser&&) noexcept;

  /// Bytes that must be readable behind the frame; what they hold does not matter.
  static constexpr std::size_t kPadding = 64;

  /// `frame` is followed by at least kPadding readable bytes.
  [[nodiscard]] std::expected<const Request*, ParseError> parse(std::span<const char> frame);
  /// As parse(), copying the frame to where there is padding: for tests and rare callers.
  [[nodiscard]] std::expected<const Request*, ParseError> parse_copy(std::string_view frame);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace plaza::protocol
