#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

#include "protocol/channel_replies.h"

namespace plaza::client {

/// For the wire: SUBSCRIBE, with the position when there is one.
struct SubscribeFrame {
  std::string channel;
  std::uint32_t epoch = 0;
  std::uint64_t since = 0;
  std::uint32_t newest = 0;  ///< without a position: so many to begin with
  friend bool operator==(const SubscribeFrame&, const SubscribeFrame&) = default;
};

/// Publications of a channel were missed that the server no longer has, or it began anew.
struct ChannelGap {
  std::string channel;
  bool restarted = false;    ///< another epoch: how many were missed is unknown
  std::uint64_t missed = 0;  ///< of the same epoch: so many
  friend bool operator==(const ChannelGap&, const ChannelGap&) = default;
};

/// It cannot be followed: the server's refusal.
struct ChannelRefused {
  std::string channel;
  int error = 0;
  friend bool operator==(const ChannelRefused&, const ChannelRefused&) = default;
};

using ChannelEvent = std::variant<protocol::Publication, ChannelGap, ChannelRefused>;

/// The channels that an application follows, across any number of connections: each publication once and in order, and where
/// the server says that it cannot tell what was missed, a gap.
///
///   follow() -> SubscribeFrame ... answered() -> what was missed -> pushes; connected() again -> from the position
///
/// Thread   One thread. Pure: no socket, no clock. After every call: take_frames() to the wire while connected, take_events() to
///          the application.
/// Limit    One SUBSCRIBE a channel on its way; memory by the channels that are followed.
class ChannelBook {
 public:
  /// Again for one that is followed: nothing.
  void follow(const std::string& channel, std::uint32_t newest);
  /// True when it was followed: say so to the server.
  bool unfollow(std::string_view channel);
  /// Forgets all, with their positions: another member.
  void clear() { channels_.clear(); }

  void connected();
  void disconnected();
  void answered(const protocol::SubscribeAck& ack);
  /// SUBSCRIBE was refused. `for_later`: retry() asks again; otherwise the channel is followed no more.
  void refused(std::string_view channel, int error, bool for_later);
  /// What was refused for later is asked again.
  void retry();
  void pushed(const protocol::Publication& publication);
  /// CHANNEL_HEAD: no more pushes until it is asked for again.
  void head(std::string_view channel);

  [[nodiscard]] std::vector<SubscribeFrame> take_frames();
  [[nodiscard]] std::vector<ChannelEvent> take_events() { return std::exchange(events_, {}); }
  [[nodiscard]] bool follows(std::string_view channel) const { return channels_.contains(channel); }

 private:
  enum class State : std::uint8_t { wanted, asked, live, later };
  struct Followed {
    State state = State::wanted;
    std::uint32_t epoch = 0;  ///< 0: no position yet
    std::uint64_t position = 0;
    std::uint32_t newest = 0;
    bool ask_again = false;  ///< something happened while the answer was on its way
  };
  Followed* find(std::string_view channel);
  void want(Followed& channel);

  std::map<std::string, Followed, std::less<>> channels_;
  std::vector<ChannelEvent> events_;
  bool connected_ = false;
};

}  // namespace plaza::client
