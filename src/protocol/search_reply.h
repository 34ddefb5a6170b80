#pragma once
// What was found by a search, typed, and its encoding (see replies.h).
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "protocol/channel_replies.h"

namespace plaza::protocol {

/// A message that was found.
struct SearchResult {
  MessageId mid;
  std::optional<MemberId> friendid;  ///< one of these two
  RoomId groupid;
  std::uint64_t cseq = 0;
  MemberId id;       ///< the sender
  std::string name;  ///< the sender's name when it was sent
  std::int64_t time_ms = 0;
  std::string snippet;
  bool operator==(const SearchResult&) const = default;
};
struct SearchAck {
  static constexpr Msg kMsg = Msg::search_ack;
  std::vector<SearchResult> results;
  bool more = false;
  std::uint64_t before = 0;  ///< when more
  bool operator==(const SearchAck&) const = default;
};

void encode(std::string& out, Rid rid, const SearchAck& x);

}  // namespace plaza::protocol
