#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "client/rules/backoff.h"
#include "client/rules/message.h"

namespace plaza::client {

struct SendLimits {
  std::size_t unacked_max = 64;      ///< sends on the wire without an answer
  std::size_t waiting_max = 10'000;  ///< sends held in all, on the wire or not
  std::int64_t reply_timeout_ms = 10'000;
  std::int64_t
      reply_timeout_cap_ms = 120'000;  ///< how far the random part of the timeout grows while nobody answers
  std::int64_t retry_base_ms = 50;     ///< after "try again" answers, full jitter
  std::int64_t retry_cap_ms = 5'000;
};

/// One transmission of a message. The same message may be transmitted many times, always under the send_id it is bound to.
struct SendFrame {
  std::uint64_t rid = 0;
  std::uint64_t send_id = 0;
  Outgoing message = {};
};

/// What the server said to one transmission. An error that names no send_id is matched by its rid.
struct SendReply {
  int error = 0;  ///< errno of the protocol
  std::string text = {};
  std::uint64_t rid = 0, send_id = 0;
  std::uint64_t id = 0, seq = 0, cseq = 0;
  std::uint32_t epoch = 0;
  std::int64_t time_ms = 0;
  bool dup = false;
  std::uint64_t expected = 0;  ///< with "ahead" and "conflict": the send_id that the server would take
  std::int64_t retry_after_ms = 0;
};

/// The end of one send: stored (error 0), or refused for good and stored nowhere.
struct SendOutcome {
  Outgoing message = {};
  std::uint64_t send_id = 0;
  int error = 0;
  std::string text = {};
  std::uint64_t id = 0, seq = 0, cseq = 0;  ///< 0 when the server no longer knows them
  std::uint32_t epoch = 0;
  std::int64_t time_ms = 0;
  /// Its first number held another message: a second program sends under this device's name. Each should have its own.
  bool number_was_taken = false;
};

/// Sends of one device, in order, until each is known to be stored or refused.
///
/// Thread   One thread; pure: no clock, no socket. Owner: SessionRules, one per member and device.
/// Limit    offer() gives false past waiting_max; at most unacked_max are on the wire.
/// Pace     A server that says "try again", or nothing, gets one message at a time, later and later; each one it takes
///          widens the window by one, so that what it would only refuse is not sent again and again.
/// Order    Stored in the order offered. A message keeps its send_id from its first transmission until it is answered, so a
///          retry after a lost answer, a reconnect or a restart of the server cannot store it twice.
///
/// Refusals A refused send consumes nothing: its send_id belongs to the next message. What was on the wire behind it comes
///          back as "ahead" (the server decides in order), so those messages are taken back, numbered again from the free
///          send_id and sent again; the late "ahead" answers carry rids of dead transmissions and are not looked at.
/// Faults   A message that the server closes the connection for would be repeated for ever. Those that were on the wire then go
///          out one by one; the one that is alone when it happens a second time is refused with the server's reason.
/// Conflict A send_id that holds another message (a second program sends under this device's name): ours is not stored under
///          it, and takes the number that the server expects, or, while it may be stored under a higher one, the next.
///          Whoever comes first at a number is stored, so two such programs get on; one send at a time is on the wire
///          until kAloneAfter in a row met no other, and who loses again waits a random time. Order holds for each message's last number; what is lost on the way
///          with a connection may be doubled when two programs share a name, never when each has its own.
/// Doubt    An answer "stored before" to a send_id that this queue transmitted only once may be about another message (one of an
///          earlier run of the program, or one refused after an unanswered first try). It is believed only when the copy
///          in one's own inbox shows the same message; if it shows another, this one takes the next send_id. While
///          such doubt is possible one send at a time is on the wire.
class SendQueue {
 public:
  SendQueue(SendLimits limits, std::uint64_t seed);

  [[nodiscard]] bool offer(Outgoing message);
  /// ENTER_ACK: the server has stored this device's sends up to `last_send_id`.
  void entered(std::uint64_t last_send_id);
  /// Sends may go out from now on; until disconnected().
  void open();
  void disconnected();
  /// Before disconnected(): the server ends the connection because of a frame of ours (errno 8 or 10, ERROR without rid).
  void faulted(int error, const std::string& text);
  void reply(const SendReply& reply, std::int64_t now_ms);
  /// A copy of a send of this very device, read from one's own inbox: the truth about what its send_id is bound to.
  void own_copy(const Message& message);
  /// Every copy up to this inbox position has been shown to own_copy(), or is gone: decides what is still in doubt.
  void inbox_read_to(std::uint64_t seq);
  /// The server's streams began anew: copies seen before say nothing about the send_ids of now.
  void inbox_restarted() { copies_.clear(); }

  /// Frames to transmit now, in order. `next_rid` counts up; a rid is never used twice.
  void poll(std::int64_t now_ms, std::uint64_t& next_rid, std::vector<SendFrame>& out);
  /// What became final since the last call, in the order it was learned.
  [[nodiscard]] std::vector<SendOutcome> take_outcomes();
  [[nodiscard]] bool has_outcomes() const { return !outcomes_.empty(); }
  /// When poll() has something to do although nothing happens before.
  [[nodiscard]] std::optional<std::int64_t> next_wake_ms() const;
  /// An inbox position that must be read before a "stored before" answer can be believed; 0 for none.
  [[nodiscard]] std::uint64_t wanted_seq() const { return wanted_seq_; }

  [[nodiscard]] std::size_t waiting() const { return entries_.size(); }
  [[nodiscard]] std::size_t on_the_wire() const;

 private:
  struct Entry {
    Outgoing message = {};
    std::uint64_t
        send_id = 0;  ///< 0 until transmitted; entries with one are a prefix of the queue, ascending
    std::uint64_t last_rid = 0;
    std::vector<std::uint64_t>
        rids;  ///< of this connection, under any send_id, not answered: an acceptance counts
    std::uint64_t tried_upto = 0;     ///< the largest send_id that it was ever transmitted under
    std::uint32_t transmissions = 0;  ///< under this send_id
    std::int64_t sent_ms = 0;
    bool on_the_wire = false;
    bool unanswered_before = false;  ///< was on a connection that broke: may be stored
    bool known_stored = false;       ///< the server said so at ENTER; only the details are missing
    bool in_doubt = false;           ///< "stored before", and the copy in the inbox has not been seen
    unsigned faults = 0;             ///< connections that ended by a fault of ours while it was on the wire
    bool number_was_taken = false;
    bool suspect = false;         ///< even a second "stored before" needs proof: the numbering was unproven
    std::uint64_t doubt_seq = 0;  ///< where the copy stands
  };
  using Position = std::deque<Entry>::iterator;

  static constexpr unsigned kAloneAfter = 64;

  void lost_number(Position entry, std::uint64_t next_id);
  void accept(Position entry, const SendReply& details);
  void refuse(Position entry, const SendReply& reply);
  void refused_or_later(Position entry, const SendReply& reply, std::int64_t now_ms);
  void taken(Position entry, const SendReply& reply, std::int64_t now_ms);
  void ahead(Position entry, const SendReply& reply, std::int64_t now_ms);
  void stored_before(Position entry, const SendReply& reply);
  /// The message of `entry` is known to be another's: it and all behind take new send_ids from `next_id`.
  void number_again(Position entry, std::uint64_t next_id);
  void take_back_from(Position entry);
  void hold(std::int64_t now_ms, std::int64_t at_least_ms);
  void answered();
  void transmit(Entry& entry, std::int64_t now_ms, std::uint64_t& next_rid, std::vector<SendFrame>& out);
  [[nodiscard]] Position by_send_id(std::uint64_t send_id);
  [[nodiscard]] Position by_rid(std::uint64_t rid);
  [[nodiscard]] Position numbered_end();
  [[nodiscard]] static bool same_message(const Entry& entry, const Message& copy);

  // Constant after construction.
  const SendLimits limits_;
  // The owner's thread only.
  Backoff backoff_;
  Backoff silence_;
  std::size_t window_;        ///< messages that may be on the wire now, once the numbering is proved
  std::int64_t patience_ms_;  ///< a transmission without an answer for so long is given up
  std::deque<Entry> entries_;
  std::uint64_t next_id_ = 1;
  bool entered_ever_ = false;
  bool open_ = false;
  bool one_at_a_time_ = true;  ///< until the first answer that proves the numbering
  unsigned ahead_streak_ = 0;
  std::size_t accused_ = 0;  ///< so many of the next ones go out alone: one of them ended the connection
  unsigned taken_streak_ = 0;
  unsigned crowded_ = 0;  ///< so many acceptances until a second program counts as gone
  std::int64_t hold_until_ms_ = 0;
  std::uint64_t wanted_seq_ = 0;
  std::vector<SendOutcome> outcomes_;
  /// The newest own copies by send_id, for answers that come after their copy.
  std::map<std::uint64_t, Message> copies_;
};

}  // namespace plaza::client
