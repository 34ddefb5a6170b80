#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <variant>
#include <vector>

#include "channels/channel_key.h"
#include "channels/history.h"
#include "chat/answers.h"
#include "chat/channel_block.h"
#include "chat/shard_state.h"
#include "ports/channels.h"

namespace plaza::chat {

/// A session that waits for a channel's home to answer.
struct ChannelAsker {
  std::uint32_t shard = 0;
  SessionId session = 0;
  std::uint64_t login = 0;
  Asked asked;
};
struct Subscribing {
  ChannelAsker who;
  channels::Position position;
  std::uint32_t newest = 0;  ///< without a position: so many of the newest
};
struct Publishing {
  ChannelAsker who;
  MemberId sender;
  std::string name;
  std::uint8_t kind = 0;
  std::string content;
  bool repeated =
      false;  ///< its send_id was accepted before: it goes to the store for its answer, whatever the rules say
  tenancy::SharedMeter app;  ///< the publisher's
};

/// What an app's server says in a channel: no rule of the channel applies. What it is, and when it is persistent its device and
/// send_id, are the message's.
struct ServerPublishing {
  struct Decided {
    std::uint32_t epoch = 0;
    std::uint64_t seq = 0;
    std::optional<ports::Appended> stored;  ///< of a persistent channel
  };
  struct Answer {
    std::move_only_function<void(const Refusal&)> refused;
    std::move_only_function<void(const Decided&)> decided;
  };
  std::shared_ptr<ports::Message> message;
  std::shared_ptr<Answer> answer;  ///< one of the two is called, on the channel's home shard
};

/// On the session's shard: the home has answered a PUBLISH of it.
void publication_decided(Session& session, const Asked& asked, const Limits& limits);

/// The channels whose home this shard is: their numbers, their history, and which shards have subscribers.
///
///   publish() -> who may, how often -> number, encode once -> history -> ack; the turn's publications as one block to each
///   shard that has subscribers (end_of_turn)
///   persistent: publish() -> who may, how often -> the session's shard appends to the store -> committed() -> the same blocks
///   subscribe() -> what is waiting goes out first -> history -> ack with what was missed; from then on every block
///
/// Order   One for all: that of publish(). What goes to a shard goes the same way in this order: see ChannelFans.
/// Thread  The shard's.
/// Memory  A channel's from its first use on until nobody follows it and its history is empty (tick()). Then its epoch ends:
///         positions in it mean nothing afterwards. Limit: the channels that are declared, and one more a zone.
class ChannelHomes {
 public:
  explicit ChannelHomes(ShardState& state);
  ~ChannelHomes();

  void subscribe(channels::ChannelRef channel, Subscribing request);
  void publish(channels::ChannelRef channel, Publishing request);
  void publish(channels::ChannelRef channel, ServerPublishing request);
  /// So many grants of this shard have ended.
  void release(channels::ChannelRef channel, std::uint32_t shard, std::uint32_t count);
  /// It was declared, removed, or declared otherwise: what is known of it is read again. Subscribers go on, unless it is
  /// another channel now: then they are told to subscribe again.
  void redeclared(channels::ChannelRef channel);

  /// The store has a message of a channel: pushes it when the channel is known here.
  void committed(const ports::Message& message);

  void end_of_turn();
  /// Drops what is too old, and channels that nobody needs any more. Now and then, while size() is not 0.
  void tick();
  void limits_changed();
  [[nodiscard]] std::size_t size() const;

 private:
  using Request = std::variant<Subscribing, Publishing, ServerPublishing>;
  struct Home;

  Home& home_of(channels::ChannelRef channel);
  void load(Home& home);
  void loaded(const channels::ChannelKey& key, ports::DirectoryResult<ports::Channel> found);
  void take_over(Home& home, const ports::Channel& found);
  void begin_history(Home& home, std::uint32_t epoch, std::uint64_t head);
  void ready(Home& home);
  void read_head(Home& home);
  void read_head_again(Home& home);
  void work(Home& home, Request request);
  void now(Home& home, const Subscribing& request);
  void now(Home& home, const Publishing& request);
  void now(Home& home, const ServerPublishing& request);
  void append(Home& home, const ServerPublishing& request);
  std::uint64_t number(Home& home, MemberId sender, std::string_view name, std::uint8_t kind,
                       std::string_view content);
  void add(Home& home, std::string frame, std::uint64_t seq);
  void flush(Home& home);
  /// Persistent: what is not in memory (channel_stored.cpp).
  void read_missed(Home& home, const Subscribing& request);
  void read_done(const channels::ChannelKey& key, const Subscribing& request, std::uint32_t epoch,
                 const Result<ports::Page, ports::StoreError>& page);
  void let_append(const Home& home, const Publishing& request);
  void answer_recovered(Home& home, const Subscribing& request, const channels::Recovered& got);
  void give_up(Home& home, const Refusal& why);
  void pause_all(const Home& home, std::uint32_t epoch, std::uint64_t head);
  void refuse(const channels::ChannelKey& key, const ChannelAsker& who, const Refusal& why);
  template <class One>
  void refuse(const channels::ChannelKey& key, const One& request, const Refusal& why);
  void grant(Home& home, const ChannelAsker& who, std::string ack);
  void answer_subscriber(const channels::ChannelKey& key, const ChannelAsker& who, std::string frame);
  void answer_publisher(const ChannelAsker& who, std::string frame);
  [[nodiscard]] channels::HistoryLimits history_limits(const ports::ChannelSettings& settings) const;
  [[nodiscard]] std::uint32_t next_epoch();
  template <class Act>
  void on_shard(std::uint32_t shard, Act act);

  ShardState& state_;
  std::unordered_map<channels::ChannelKey, std::unique_ptr<Home>, channels::ChannelHash,
                     channels::ChannelEqual>
      homes_;
  std::unordered_map<ChannelId, Home*> stored_;  ///< the persistent ones among them
  std::vector<Home*> dirty_;                     ///< with publications of this turn
  std::uint32_t epochs_ = 0;                     ///< so many histories began here
};

}  // namespace plaza::chat
