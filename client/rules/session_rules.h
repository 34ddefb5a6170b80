#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "client/rules/mark_book.h"
#include "client/rules/room_followers.h"
#include "client/rules/send_queue.h"
#include "client/rules/stream_follower.h"

namespace plaza::client {

struct RulesLimits {
  SendLimits send = {};
  FollowLimits follow = {};
  MarkLimits marks = {};
  std::int64_t reconnect_base_ms = 250;
  std::int64_t reconnect_cap_ms = 15'000;
  std::int64_t session_settled_ms =
      5'000;                   ///< a session that lasted so long: the next break is waited out from the base
  bool mark_delivered = true;  ///< tell senders that their messages arrived
};

/// ENTER_ACK, as far as the rules need it.
struct Entered {
  std::uint64_t member = 0;
  std::string device = {};
  std::string name = {};
  std::uint32_t epoch = 0;
  std::uint64_t head = 0, received = 0, last_send_id = 0;
  std::vector<LargeGroup> large_groups = {};
};

/// RECEIVED: not answered; after a reconnect ENTER_ACK says what the server knows.
struct ReceivedFrame {
  std::uint64_t seq = 0;
};

/// For the wire: to be encoded and sent, in this order.
using Frame = std::variant<SendFrame, SyncFrame, MarkFrame, ReceivedFrame>;
/// For the application: a message in stream order, a hole in front of the next one, or what became of a send.
using Event = std::variant<Message, Gap, SendOutcome>;

/// What a full client does for one member on one device so that nothing is lost, doubled or reordered: the sending half, the
/// receiving half and the marks, across any number of connections.
///
/// Thread   One thread. Pure: no socket, no clock; time comes in, frames and events come out. The simulator runs this very code.
/// Use      After every call: take_frames(now) to the wire, take_events() to the application, wake again at next_wake_ms().
/// Order    Messages in inbox order, those of a large group in the order of the group, each once, one's own among them; outcomes in the
///          order of the sends.
/// Rids     Are taken from rid_first upward; the caller's own requests must use smaller ones.
class SessionRules {
 public:
  static constexpr std::uint64_t rid_first = std::uint64_t{1} << 40;

  explicit SessionRules(RulesLimits limits = {}, std::uint64_t seed = 1);

  // The application.
  [[nodiscard]] bool send(Outgoing message) { return sends_.offer(std::move(message)); }
  void mark_read(Conversation conversation, std::uint64_t cseq, std::int64_t now_ms);
  /// Where the application is in the inbox, when it keeps that itself. Before the first entered().
  void start_at(std::uint32_t epoch, std::uint64_t position) { stream_.start(epoch, position); }
  /// The same for groups: what rooms().kept() gave.
  void start_groups_at(GroupsKept kept) { rooms_.start_at(std::move(kept)); }

  // The connection.
  void entered(const Entered& entered);
  void ready(std::uint32_t epoch, std::uint64_t head);
  void disconnected();
  /// Before disconnected(): the server says that it ends the connection because of a frame of ours (errno 8 or 10).
  void faulted(int error, const std::string& text);
  /// How long to wait before the next attempt to connect.
  [[nodiscard]] std::int64_t reconnect_delay_ms(std::int64_t at_least_ms = 0) {
    return reconnect_.next(at_least_ms);
  }

  // Frames from the server.
  void send_reply(const SendReply& reply, std::int64_t now_ms);
  void push(Message message, std::int64_t now_ms);
  void head(std::uint32_t epoch, std::uint64_t head) { stream_.head(epoch, head); }
  void group_head(std::uint64_t group, std::uint64_t head, std::uint64_t read) {
    rooms_.head(group, head, read);
  }
  void joined_large(const LargeGroup& group) { rooms_.joined(group); }
  void left_group(std::uint64_t group);
  void sync_page(SyncPage page, std::int64_t now_ms);
  void mark_reply(std::uint64_t rid, int error, std::int64_t retry_after_ms, std::int64_t now_ms);
  /// An error to any frame of the rules, by its rid (ERROR, or a refused SYNC).
  void frame_failed(std::uint64_t rid, int error, const std::string& text, std::int64_t retry_after_ms,
                    std::int64_t now_ms);

  [[nodiscard]] std::vector<Frame> take_frames(std::int64_t now_ms);
  /// Before leaving: the receive cursor and the marks that have not been reported.
  [[nodiscard]] std::vector<Frame> last_frames();
  [[nodiscard]] std::vector<Event> take_events() { return std::exchange(events_, {}); }
  [[nodiscard]] std::optional<std::int64_t> next_wake_ms() const;

  [[nodiscard]] const SendQueue& sends() const { return sends_; }
  [[nodiscard]] const StreamFollower& stream() const { return stream_; }
  [[nodiscard]] const RoomFollowers& rooms() const { return rooms_; }
  [[nodiscard]] std::uint64_t member() const { return self_.member; }

 private:
  void take_marks(std::int64_t now_ms, std::vector<Frame>& frames);
  void collect(std::int64_t now_ms);
  void collect_outcomes();
  void collect_stream(std::int64_t now_ms);
  void collect_rooms();
  void note_inbox_read();

  // Constant after construction.
  const RulesLimits limits_;
  // The owner's thread only.
  Backoff reconnect_;
  SendQueue sends_;
  StreamFollower stream_;
  RoomFollowers rooms_;
  MarkBook marks_;
  Entered self_;
  std::uint64_t next_rid_ = rid_first;
  std::vector<Event> events_;
};

}  // namespace plaza::client
