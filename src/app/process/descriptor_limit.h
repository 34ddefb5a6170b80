#pragma once
#include <cstdint>

namespace plaza::app {

struct DescriptorLimit {
  std::uint64_t soft = 0, hard = 0;
};

/// Files and sockets this process may have open.
DescriptorLimit descriptor_limit();
/// Raises the soft limit to the hard one and gives what is in force afterwards.
DescriptorLimit raise_descriptor_limit();

/// Descriptors the server needs besides its clients' sockets: database, logs, listeners, event loops.
inline constexpr std::uint64_t kDescriptorsReserved = 256;
/// Clients that fit beside those.
constexpr std::uint64_t connections_within(std::uint64_t descriptors) {
  return descriptors > kDescriptorsReserved ? descriptors - kDescriptorsReserved : 0;
}

}  // namespace plaza::app
