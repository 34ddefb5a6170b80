#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "ports/message.h"

namespace plaza::streams {

// The blobs in the stored rows. Their formats are declared here once: the writer, the replay at start and the
// readers use these functions. Numbers are as in varint.h. Encoders replace `out` and keep its capacity;
// decoders give false when the bytes are not what the encoder makes, and `out` is then unspecified.

/// The deliveries of a message: inboxes only, sorted by member. For each one: member id minus that of the one
/// before (the first: the id), then seq.
void encode_deliveries(std::span<const ports::Delivery> deliveries, std::string& out);
[[nodiscard]] bool decode_deliveries(std::string_view bytes, std::vector<ports::Delivery>& out);

/// The message ids of consecutive entries of a stream, ascending: the first, then each minus the one before.
void encode_run(std::span<const std::uint64_t> messages, std::string& out);
[[nodiscard]] bool decode_run(std::string_view bytes, std::vector<std::uint64_t>& out);

/// What few messages have, each part behind its tag; nothing of what is zero. Empty for one that has nothing.
void encode_extra(const ports::MessageExtra& extra, std::string& out);
[[nodiscard]] bool decode_extra(std::string_view bytes, ports::MessageExtra& out);

}  // namespace plaza::streams
