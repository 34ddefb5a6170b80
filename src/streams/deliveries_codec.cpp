#include "streams/deliveries_codec.h"

#include <algorithm>
#include <cstdint>
#include <string_view>

namespace plaza::streams {
namespace {

constexpr int kVarintBytesMax = 10;

void put_varint(std::uint64_t value, std::string& out) {
  while (value >= 0x80) {
    out.push_back(static_cast<char>(value | 0x80));
    value >>= 7;
  }
  out.push_back(static_cast<char>(value));
}

bool take_varint(std::string_view& bytes, std::uint64_t& value) {
  value = 0;
  for (int i = 0; i < kVarintBytesMax && !bytes.empty(); ++i) {
    const auto byte = static_cast<std::uint8_t>(bytes.front());
    bytes.remove_prefix(1);
    value |= std::uint64_t{byte & 0x7FU} << (7 * i);
    if ((byte & 0x80U) == 0) return true;
  }
  return false;
}

}  // namespace

void encode_deliveries(std::span<const ports::Delivery> deliveries, std::string& out) {
  out.clear();
  std::uint64_t before = 0;
  for (const ports::Delivery& delivery : deliveries) {
    put_varint(delivery.stream.first() - before, out);
    put_varint(delivery.seq, out);
    before = delivery.stream.first();
  }
}

bool decode_deliveries(std::string_view bytes, std::vector<ports::Delivery>& out) {
  out.clear();
  // A byte whose top bit is clear ends a number; two numbers are a delivery.
  const auto ends = std::count_if(bytes.begin(), bytes.end(), [](char c) { return (static_cast<std::uint8_t>(c) & 0x80U) == 0; });
  out.reserve(static_cast<std::size_t>(ends) / 2);
  std::uint64_t member = 0;
  while (!bytes.empty()) {
    std::uint64_t step = 0;
    std::uint64_t seq = 0;
    if (!take_varint(bytes, step) || !take_varint(bytes, seq)) return false;
    if (step == 0 || step > kIdMax - member || seq == 0) return false;
    member += step;
    out.push_back({.stream = ports::StreamId::inbox(MemberId{member}), .seq = seq});
  }
  return true;
}

}  // namespace plaza::streams
