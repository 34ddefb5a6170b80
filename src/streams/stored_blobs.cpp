#include "streams/stored_blobs.h"

#include <algorithm>

#include "streams/varint.h"

namespace plaza::streams {
namespace {

/// How many numbers the bytes hold: each ends in a byte whose top bit is clear.
std::size_t count_varints(std::string_view bytes) {
  return static_cast<std::size_t>(std::count_if(
      bytes.begin(), bytes.end(), [](char c) { return (static_cast<std::uint8_t>(c) & 0x80U) == 0; }));
}

/// `value` += a step of at least 1 that stays an id.
bool take_step(std::string_view& bytes, std::uint64_t& value) {
  std::uint64_t step = 0;
  if (!take_varint(bytes, step) || step == 0 || step > kIdMax - value) return false;
  value += step;
  return true;
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
  out.reserve(count_varints(bytes) / 2);
  std::uint64_t member = 0;
  while (!bytes.empty()) {
    std::uint64_t seq = 0;
    if (!take_step(bytes, member) || !take_varint(bytes, seq) || seq == 0) return false;
    out.push_back({.stream = ports::StreamId::inbox(MemberId{member}), .seq = seq});
  }
  return true;
}

void encode_run(std::span<const std::uint64_t> messages, std::string& out) {
  out.clear();
  std::uint64_t before = 0;
  for (const std::uint64_t id : messages) {
    put_varint(id - before, out);
    before = id;
  }
}

bool decode_run(std::string_view bytes, std::vector<std::uint64_t>& out) {
  out.clear();
  out.reserve(count_varints(bytes));
  std::uint64_t id = 0;
  while (!bytes.empty()) {
    if (!take_step(bytes, id)) return false;
    out.push_back(id);
  }
  return true;
}

}  // namespace plaza::streams
