#pragma once
#include <cstddef>
#include <cstdint>

#include "base/rate_limit.h"
#include "ports/channels.h"

namespace plaza::chat {

/// The bounds of the domain, with their defaults; every one is a setting (docs/operations.md). Each shard has a copy, which
/// a reload replaces.
struct Limits {
  Rate member_messages{10, 60};
  Rate room_messages{50, 100};
  Rate member_requests{50, 200};  ///< everything else that a member asks for, but heartbeats
  MinuteRate member_reports{6, 20};
  MinuteRate member_searches{30, 10};
  std::uint32_t announcement_members_per_s = 2000;  ///< of the node: so many get an announcement in a second
  std::size_t body_bytes_max = 32 * 1024;
  std::int64_t recall_window_ms = 120'000;  ///< so long after sending it a member may recall its message
  std::int64_t edit_window_ms = 900'000;
  std::uint32_t edits_max = 20;         ///< of one message
  std::uint32_t send_window_max = 256;  ///< sends of a session that wait for the store; then reading pauses
  std::uint32_t page_entries_max = 500;
  std::size_t page_bytes_max = 128 * 1024;
  std::uint32_t history_entries_max = 100;
  std::uint32_t list_entries_max = 200;
  std::uint32_t sessions_per_member_max = 16;
  std::uint32_t
      classic_group_users_max = 2000;  ///< users listed in a classic login answer, all groups together
  std::uint32_t receipt_room_members_max = 50;  ///< read receipts are pushed in rooms up to this size
  std::uint32_t heartbeat_ms = 25'000;
  std::size_t remark_bytes_max = 128;
  std::size_t room_description_bytes_max = 512;
  std::int64_t presence_interval_ms = 1000;
  std::uint32_t presence_room_members_max = 50;
  std::uint32_t watches_per_session_max = 16;
  std::int64_t typing_interval_ms = 3000;
  std::uint32_t typing_members_max = 50;
  Rate member_publications{5, 20};
  std::uint32_t channels_per_session_max = 64;
  std::size_t publication_bytes_max = 8 * 1024;
  std::size_t channel_history_bytes_max = 1024 * 1024;
  std::size_t channel_block_bytes_max = 32 * 1024;  ///< publications that are pushed as one piece
  ports::ChannelSettings world{.persistent = false,
                               .publish = ports::PublishPolicy::everyone,
                               .history_max = 100,
                               .history_age_ms = 3'600'000,
                               .rate = {50, 200}};
};

}  // namespace plaza::chat
