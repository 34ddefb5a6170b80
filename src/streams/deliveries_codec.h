#pragma once
#include <span>
#include <string>
#include <vector>

#include "ports/message.h"

namespace plaza::streams {

/// The `deliveries` of a stored message row: inboxes only, sorted by member. Format, for each one:
///   varint  member id minus that of the one before (the first: the id)
///   varint  seq
/// A varint is 7 bits a byte, low ones first, the top bit says that more follow (LEB128).
/// Declared here once; the writer, the replay at start and the readers use these two functions.

/// Replaces `out`, whose capacity is kept.
void encode_deliveries(std::span<const ports::Delivery> deliveries, std::string& out);

/// False when the bytes are not what encode_deliveries() makes; `out` is then unspecified.
[[nodiscard]] bool decode_deliveries(std::string_view bytes, std::vector<ports::Delivery>& out);

}  // namespace plaza::streams
