#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "client/message.h"

namespace plaza::client {

struct MarkLimits {
  std::size_t flush_at = 64;    ///< conversations with something to say, or inbox entries: then at once
  std::int64_t flush_ms = 300;  ///< after the first
  std::size_t on_the_wire_max = 64;
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
/// Limit    One record per conversation that has an unconfirmed mark.
/// Loss     A mark is repeated after a reconnect until the server confirmed it; positions only grow, so repeating is harmless.
class MarkBook {
 public:
  explicit MarkBook(MarkLimits limits) : limits_(limits) {}

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
  void failed(std::uint64_t rid, bool try_again, std::int64_t now_ms);

  /// `received` is set when the cursor is to be reported.
  void poll(std::int64_t now_ms, std::uint64_t& next_rid, std::vector<MarkFrame>& marks,
            std::optional<std::uint64_t>& received);
  [[nodiscard]] std::optional<std::int64_t> next_wake_ms() const;
  /// What waits is due now: the last poll() before the end.
  void hurry() { due_ms_ = 0; }

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
  bool open_ = false;
  std::map<Conversation, Record> records_;
  std::map<std::uint64_t, Conversation> on_the_wire_;  ///< by rid
  std::size_t waiting_ = 0;                            ///< records that poll() has to look at
  std::uint64_t received_ = 0, received_reported_ = 0;
  std::optional<std::int64_t> due_ms_;
};

}  // namespace plaza::client
