#pragma once
#include <cstdint>
#include <map>
#include <optional>
#include <vector>

#include "client/rules/message.h"
#include "client/rules/stream_follower.h"

namespace plaza::client {

/// Where a large group is, as ENTER_ACK or the answer to a join says it.
struct LargeGroup {
  std::uint64_t group = 0;
  std::uint32_t epoch = 0;  ///< 0: not told
  std::uint64_t head = 0, read = 0;
};

/// What was given of a group, by cseq.
struct GroupKept {
  struct Span {
    std::uint64_t after = 0, upto = 0;
  };
  std::uint64_t inbox = 0;            ///< the newest that the inbox gave
  std::vector<Span> inboxed = {};     ///< what the inbox gave, in one piece as a rule
  std::vector<Span> streamed = {};    ///< what came from the group itself, each time that it was followed
  bool left = false;                  ///< the member has left it since
  std::vector<Message> waiting = {};  ///< what the inbox gave, and the application not yet
};
using GroupsKept = std::map<std::uint64_t, GroupKept>;

/// Reads each large group in its own order: what is said there is in no inbox, and a group becomes large while one is in it.
///
/// Thread   One thread; pure. Owner: SessionRules.
/// Order    Of a group by cseq, each message once, whether it comes from the inbox (while the group was small, or was about to grow), as a
///          push without a place in the inbox, or in a page of the group. A hole that cannot be filled is a Gap.
/// Begin    Behind the last message of the group that was given; where there is none, behind the event that made it large, if the inbox has
///          that; else where the member has read to.
/// Waiting  What the inbox gives of a group before its turn there waits. It is given all the same when the group is left before.
/// Limit    Of a group that is left and joined again the newest kSpansMax times that it was followed are remembered, and as many pieces
///          of what the inbox gave.
///          A position per group that ever said something, and per large group what StreamFollower holds.
///
/// Behind   What an inbox that is read late has from before the position at which the group began to be followed is given when it comes.
///
/// A push of a group that is not followed begins to follow it: what is before it is in the inbox, or it is the group's own and behind what
/// the inbox gave last.
class RoomFollowers {
 public:
  RoomFollowers(FollowLimits limits, std::uint64_t seed) : limits_(limits), seed_(seed) {}

  /// What the application has got of groups, for one that is started again and keeps that. Before the first entered().
  void start_at(GroupsKept kept);
  [[nodiscard]] GroupsKept kept() const;
  /// The server is in another epoch: positions known before mean nothing. Before entered().
  void restarted();
  /// ENTER_ACK: these are the large groups. One of which nothing was given yet is followed when the inbox has been read.
  void entered(const std::vector<LargeGroup>& groups);
  /// Up to the head that ENTER_ACK named: what it has of a group, and perhaps that it grew, is known.
  void inbox_read();
  void ready();
  void disconnected();
  /// The member has joined a large group.
  void joined(const LargeGroup& group);
  void left(std::uint64_t group);

  /// A message without a place in the inbox: a push, or one's own that was acknowledged.
  void push(Message message);
  /// HEAD; one who does not follow the group yet, since that was not told, begins at `read`.
  void head(std::uint64_t group, std::uint64_t head, std::uint64_t read);
  /// A message that the inbox gave. True: its group is large, and take_delivered() gives it when it is its turn.
  [[nodiscard]] bool from_inbox(const Message& message);
  /// Whether a page with this rid is a group's, also of one that is not followed any more.
  [[nodiscard]] bool asked(std::uint64_t rid) const { return asked_.contains(rid); }
  void page(SyncPage page, std::int64_t now_ms);
  /// `gone`: the server says that the group is not the member's any more.
  void page_failed(std::uint64_t rid, bool gone, std::int64_t retry_after_ms, std::int64_t now_ms);

  void poll(std::int64_t now_ms, std::uint64_t& next_rid, std::vector<SyncFrame>& out);
  [[nodiscard]] std::optional<std::int64_t> next_wake_ms() const;

  struct Item {
    std::uint64_t group = 0;
    StreamFollower::Item item;
  };
  [[nodiscard]] std::vector<Item> take_delivered();

  [[nodiscard]] bool is_large(std::uint64_t group) const { return large_.contains(group); }
  /// Of a large group: all of it up to here was delivered.
  [[nodiscard]] std::uint64_t position(std::uint64_t group) const;
  [[nodiscard]] bool behind() const;  ///< also while the inbox says where it begins

 private:
  struct Large {
    StreamFollower stream;
    std::uint64_t begin = 0;                   ///< where it began
    bool listed = true;                        ///< in the newest ENTER_ACK
    std::map<std::uint64_t, Message> waiting;  ///< by cseq: what the inbox gave before it was its turn
  };
  static constexpr std::size_t kSpansMax = 8;
  using Groups = std::map<std::uint64_t, Large>;
  static void note(const Large& large, GroupKept& kept);
  static void note_inboxed(GroupKept& kept, std::uint64_t cseq);
  [[nodiscard]] bool inboxed(std::uint64_t group, std::uint64_t cseq) const;
  void listed(const LargeGroup& one);
  void release(std::uint64_t group, Message message);
  void take_up(std::uint64_t group);
  [[nodiscard]] std::uint64_t newest_streamed(std::uint64_t group) const;
  [[nodiscard]] std::optional<std::uint64_t> newest_given(std::uint64_t group) const;
  [[nodiscard]] std::uint64_t begin_of(std::uint64_t group, std::uint64_t read) const;
  Groups::iterator forget(Groups::iterator at);
  Large& follow(std::uint64_t group, std::uint32_t epoch, std::uint64_t position);

  // Constant after construction.
  const FollowLimits limits_;
  const std::uint64_t seed_;
  // The owner's thread only.
  bool open_ = false;
  Groups large_;
  std::map<std::uint64_t, std::uint64_t> asked_;   ///< group by rid: syncs that were not answered
  GroupsKept kept_;                                ///< without what large_ gives
  std::map<std::uint64_t, LargeGroup> undecided_;  ///< nothing is known of them, and the inbox is behind
  std::vector<Item> released_;                     ///< of a group that is not followed any more
};

}  // namespace plaza::client
