#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace plaza::streams {

/// Numbers in stored blobs: 7 bits a byte, low ones first, the top bit says that more follow (LEB128).
inline void put_varint(std::uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

/// Takes a number from the front; false when the bytes end in it or it has more than 64 bits.
[[nodiscard]] inline bool take_varint(std::string_view& bytes, std::uint64_t& value) {
  constexpr int kBytesMax = 10;
  value = 0;
  for (int i = 0; i < kBytesMax && !bytes.empty(); ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7FU} << (7 * i);
    if ((byte & 0x80U) == 0) return true;
  }
  return false;
}

}  // namespace plaza::streams
