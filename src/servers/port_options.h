#pragma once
#include <cstddef>
#include <cstdint>

namespace plaza::servers {

/// Bounds of one connection of a server, and of those of an app.
struct PortOptions {
  std::uint32_t frame_bytes_max = 64 * 1024;
  std::int64_t login_deadline_ms = 10'000;
  std::uint32_t connections_per_app_max = 32;
  std::uint32_t
      calls_waiting_max = 64;  ///< behind the one that is made; their bytes are at most about two frames
  /// When more than half of it waits to be read by a server, nothing further is done for it. A single answer may be larger.
  std::uint32_t outbound_bytes_max = 512 * 1024;
  std::size_t answer_bytes_max = 16 * 1024 * 1024;
  std::uint32_t events_per_push = 100;
  std::size_t bytes_per_push = 128 * 1024;
  std::int64_t retry_ms = 1000;  ///< when events cannot be read now
};

}  // namespace plaza::servers
