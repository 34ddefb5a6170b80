#pragma once
// What the server sends about channels, typing and watched presence, typed, and its encoding (see replies.h).
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "protocol/table.h"

namespace plaza::protocol {

/// One publication of a channel. S is string_view where it is encoded, string where it was decoded.
template <class S>
struct PublicationOf {
  static constexpr Msg kMsg = Msg::publication;
  S channel;
  std::uint32_t epoch = 0;
  std::uint64_t seq = 0;
  MemberId id;
  S name;
  std::uint8_t kind = 0;
  S content;  ///< text (kind 0), or compact JSON of the object
  std::int64_t time_ms = 0;
  MessageId mid;  ///< none: not stored
  bool operator==(const PublicationOf&) const = default;
};
using PublicationView = PublicationOf<std::string_view>;
using Publication = PublicationOf<std::string>;

struct SubscribeAck {
  static constexpr Msg kMsg = Msg::subscribe_ack;
  std::string channel;
  std::uint32_t epoch = 0;
  std::uint64_t head = 0;
  bool recovered = false, more = false;
  std::vector<Publication> publications;
  bool operator==(const SubscribeAck&) const = default;
};
/// The same where it is encoded: the publications are frames already.
struct SubscribeAckView {
  std::string_view channel;
  std::uint32_t epoch = 0;
  std::uint64_t head = 0;
  bool recovered = false, more = false;
  std::vector<std::string_view> publications;
};

struct PublishAck {
  static constexpr Msg kMsg = Msg::publish_ack;
  std::string channel;
  std::uint32_t epoch = 0;
  std::uint64_t seq = 0;
  std::uint64_t send_id = 0;  ///< 0: left out, with the next two
  bool dup = false;
  MessageId mid;
  bool operator==(const PublishAck&) const = default;
};

struct ChannelHeadPush {
  static constexpr Msg kMsg = Msg::channel_head;
  std::string channel;
  std::uint32_t epoch = 0;
  std::uint64_t head = 0;
  bool operator==(const ChannelHeadPush&) const = default;
};

struct ChannelEntry {
  std::string channel;
  bool persistent = false;
  bool servers_only = false;
  std::uint32_t history_max = 0;
  std::int64_t history_age_ms = 0;
  bool operator==(const ChannelEntry&) const = default;
};
struct ChannelsAck {
  static constexpr Msg kMsg = Msg::channels_ack;
  std::vector<ChannelEntry> channels;
  bool more = false;
  std::string after;
  bool operator==(const ChannelsAck&) const = default;
};

struct TypingPush {
  static constexpr Msg kMsg = Msg::typing;
  MemberId id;  ///< who
  MemberId friendid;
  RoomId groupid;
  bool typing = false;
  bool operator==(const TypingPush&) const = default;
};

struct WatchPresenceAck {
  static constexpr Msg kMsg = Msg::watch_presence_ack;
  RoomId groupid;
  bool watch = false;
  std::vector<MemberId> online;
  bool operator==(const WatchPresenceAck&) const = default;
};
struct WatchEndedPush {
  static constexpr Msg kMsg = Msg::watch_ended;
  RoomId groupid;
  bool operator==(const WatchEndedPush&) const = default;
};

using Rid = std::optional<std::uint64_t>;
void encode(std::string& out, Rid rid, const SubscribeAckView& x);
void encode(std::string& out, Rid rid, const PublishAck& x);
void encode(std::string& out, Rid rid, const ChannelsAck& x);
void encode(std::string& out, Rid rid, const WatchPresenceAck& x);
void encode(std::string& out, const PublicationView& x);
void encode(std::string& out, const ChannelHeadPush& x);
void encode(std::string& out, const TypingPush& x);
void encode(std::string& out, const WatchEndedPush& x);

}  // namespace plaza::protocol
