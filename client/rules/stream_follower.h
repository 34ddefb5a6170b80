#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "client/rules/backoff.h"
#include "client/rules/message.h"

namespace plaza::client {

struct FollowLimits {
  std::size_t
      held_max = 512;  ///< pushes kept while an earlier one is missing; more are dropped and synced later
  std::uint32_t sync_entries = 500;
  std::int64_t sync_timeout_ms =
      10'000;  ///< each sync in a row without an answer is given twice the time, up to 32 times
  std::int64_t retry_base_ms = 100;  ///< after a failed sync, full jitter
  std::int64_t retry_cap_ms = 5'000;
};

struct SyncFrame {
  std::uint64_t rid = 0;
  std::uint64_t group = 0;  ///< a large group; 0: the inbox
  std::uint32_t epoch = 0;
  std::uint64_t since = 0;
  std::uint32_t limit = 0;
};

/// SYNC_ACK: entries after `since`, ascending. With too_old they start later than asked, belong to another epoch, or are those
/// of a server that was put back to an earlier state and knows fewer entries than we do.
struct SyncPage {
  std::uint64_t rid = 0;
  std::uint32_t epoch = 0;
  std::uint64_t head = 0;
  bool too_old = false;
  bool more = false;
  std::vector<Message> messages = {};
};

/// A piece of the stream that the server cannot give any more: the application knows that it does not know it.
struct Gap {
  Conversation conversation = {};  ///< the large group whose stream it is; none: the inbox
  std::uint32_t old_epoch = 0, epoch = 0;
  std::uint64_t from = 0, to = 0;  ///< missing positions of the old epoch

  /// The stream begins anew: what follows is given from its first entry on, and positions known before mean nothing.
  [[nodiscard]] bool restarted() const { return to < from; }
};

/// Reads one stream, the inbox or a large group, in order: every position exactly once, whatever the order, number or loss of pushes.
///
/// Thread   One thread; pure. Owner: SessionRules.
/// Limit    held_max pushes beyond a hole.
/// Order    take_delivered() gives seq 1, 2, 3... without holes; a hole that cannot be filled is a Gap in between, never silent.
///
/// A push, a heartbeat and the ack of an own send are hints about the head. Whatever does not continue the position is
/// answered by one sync at a time until the head is reached.
class StreamFollower {
 public:
  StreamFollower(FollowLimits limits, std::uint64_t seed);

  /// Where the application is. Without it the first ready() position is the server's receive cursor.
  void start(std::uint32_t epoch, std::uint64_t position);
  [[nodiscard]] bool started() const { return started_; }
  /// READY_ACK: pushes begin after `head`.
  void open(std::uint32_t epoch, std::uint64_t head);
  void disconnected();
  /// Syncs go out again, as after open(), and where the stream is was told already.
  void reopen() { open_ = true; }
  /// Asks once whether there is more than we heard of.
  void look_once() { ahead_ = true; }
  /// It was started before the epoch was known: it is this one.
  void learn_epoch(std::uint32_t epoch) { epoch_ = epoch; }

  void push(Message message);
  void head(std::uint32_t epoch, std::uint64_t head);
  void page(SyncPage page, std::int64_t now_ms);
  void page_failed(std::uint64_t rid, std::int64_t retry_after_ms, std::int64_t now_ms);

  void poll(std::int64_t now_ms, std::uint64_t& next_rid, std::vector<SyncFrame>& out);
  [[nodiscard]] std::optional<std::int64_t> next_wake_ms() const;

  struct Item {
    std::optional<Gap> gap = {};  ///< comes before the message
    std::optional<Message> message = {};
  };
  [[nodiscard]] std::vector<Item> take_delivered();

  [[nodiscard]] std::uint32_t epoch() const { return epoch_; }
  [[nodiscard]] std::uint64_t position() const { return position_; }
  [[nodiscard]] bool behind() const { return position_ < head_ || other_epoch_ || ahead_; }

 private:
  void deliver(Message message);
  void deliver_held();
  void jump_to(std::uint32_t epoch, std::uint64_t position);
  void hold_sync(std::int64_t now_ms, std::int64_t at_least_ms);

  // Constant after construction.
  const FollowLimits limits_;
  // The owner's thread only.
  Backoff backoff_;
  bool started_ = false;
  bool open_ = false;
  std::uint32_t epoch_ = 0;
  std::uint64_t position_ = 0;  ///< everything up to here was delivered
  std::uint64_t head_ = 0;      ///< the newest position that we heard of in epoch_
  bool other_epoch_ = false;    ///< the server is in another epoch: sync tells from where
  bool
      ahead_ = false;  ///< the server opened with a head before our position: sync tells whether it lost some
  bool not_taken_ =
      false;           ///< since the sync went out something came that is known already, or of another epoch
  bool more_ = false;  ///< the last page said there is more
  std::uint64_t sync_rid_ = 0;  ///< of the sync on the wire, 0 for none
  std::uint64_t sync_since_ = 0;
  std::int64_t sync_sent_ms_ = 0;
  std::int64_t patience_ms_ = limits_.sync_timeout_ms;
  std::int64_t hold_until_ms_ = 0;
  std::map<std::uint64_t, Message> held_;
  std::vector<Item> delivered_;
};

}  // namespace plaza::client
