#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "chat/limits.h"
#include "moderation/announcement_rules.h"

namespace plaza::edge {

/// What a connection may cost, and how long it may be silent. Each shard has a copy, which a reload replaces.
struct Limits {
  std::uint32_t frame_bytes_max = 64 * 1024;
  std::uint32_t frame_before_login_bytes_max = 4 * 1024;
  std::uint32_t outbound_bytes_max = 256 * 1024;
  std::int64_t login_deadline_ms = 10'000;
  std::int64_t http_idle_ms = 60'000;
  std::int64_t http_answer_deadline_ms = 30'000;
  Rate account_requests{50, 200};
  std::int64_t heartbeat_ms = 25'000;
  std::int64_t dead_after_ms = 75'000;
  std::uint32_t deliveries_per_turn = 8192;
  // What members may set of themselves.
  bool own_nickname = true;
  bool own_avatar = true;
  bool own_custom = false;
  moderation::AnnouncementBounds announcements;  ///< as it was at the start
  chat::Limits chat;
};

}  // namespace plaza::edge
