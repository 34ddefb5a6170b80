#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "client/rules/backoff.h"
#include "client/rules/message.h"

namespace plaza::client {

struct MarkLimits {
  std::size_t flush_at = 64;    ///< conversations with something to say, or inbox entries: then at once
  std::int64_t flush_ms = 300;  ///< after the first
  std::size_t on_the_wire_max = 16;
  std::int64_t retry_base_ms = 500;  ///< after "try again" answers, full jitter
  std::int64_t retry_cap_ms = 30'000;
};

/// MARK: how far this member is in a conversation. 0 = nothing to say about it.
struct MarkFrame {
  std::uint64_t rid = 0;
  Conversation conversation = {};
  std::uint64_t delivered = 0, read = 0;
};

/// Delivered and read positions of conversations and the receive cursor, on their way to the server in batches.
///
/// Thread   One thread; pure. Owner: SessionRules.
/// Limit    One record per conversation that has an unconfirmed mark; on_the_wire_max unanswered ones.
/// Pace     After "try again" nothing goes out for as long as the server asked and a random time more, however much waits;
///          then one mark at a time, and one more with each that is confirmed.
/// Loss     A mark is repeated after a reconnect until the server confirmed it; positions only grow, so repeating is harmless.
class MarkBook {
 public:
  MarkBook(MarkLimits limits, std::uint64_t seed);

  void delivered(Conversation conversation, std::uint64_t cseq, std::int64_t now_ms);
  void read(Conversation conversation, std::uint64_t cseq, std::int64_t now_ms);
  /// The application has every inbox entry up to here.
  void received(std::uint64_t seq, std::int64_t now_ms);
  /// What the server knows of that, from ENTER_ACK.
  void received_known(std::uint64_t seq) { received_reported_ = seq; }
  /// The server's streams began anew: positions known before mean nothing.
  void restarted();

  void open() { open_ = true; }
  void disconnected();
  /// The server answered a mark; a refusal is final (not in the group any more), "try again" is not.
  void confirmed(std::uint64_t rid);
  void refused(std::uint64_t rid) { confirmed(rid); }
  void try_again(std::uint64_t rid, std::int64_t retry_after_ms, std::int64_t now_ms);

  /// `received` is set when the cursor is to be reported.
  void poll(std::int64_t now_ms, std::uint64_t& next_rid, std::vector<MarkFrame>& marks,
            std::optional<std::uint64_t>& received);
  [[nodiscard]] std::optional<std::int64_t> next_wake_ms() const;
  /// What waits is due now: the last poll() before the end.
  void hurry();

 private:
  struct Record {
    std::uint64_t delivered = 0, read = 0;            ///< wanted
    std::uint64_t sent_delivered = 0, sent_read = 0;  ///< on the wire
    std::uint64_t rid = 0;
  };
  [[nodiscard]] static bool waiting(const Record& record);
  void due_by(std::int64_t time_ms);

  // Constant after construction.
  const MarkLimits limits_;
  // The owner's thread only.
  Backoff backoff_;
  bool open_ = false;
  std::size_t window_;              ///< marks that may be on the wire now
  std::int64_t hold_until_ms_ = 0;  ///< marks (not the cursor) wait until then; 0: they need not
  std::map<Conversation, Record> records_;
  std::map<std::uint64_t, Conversation> on_the_wire_;  ///< by rid
  std::size_t waiting_ = 0;                            ///< records that poll() has to look at
  std::uint64_t received_ = 0, received_reported_ = 0;
  std::optional<std::int64_t> due_ms_;
};

}  // namespace plaza::client
