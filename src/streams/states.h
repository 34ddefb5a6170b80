#pragma once
// What the writer knows of a stream, of a sending device and of a member's place in a conversation. Plain
// values with the rules that need nothing else.
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "ports/stream_store.h"

namespace plaza::streams {

/// A stream: its head, and the newest entries, those that are not in the stored index yet.
struct StreamState {
  ports::StreamId id;
  std::uint64_t head = 0;
  std::uint64_t trimmed = 0;
  std::uint64_t
      quiet = 0;  ///< position of the newest entry that is nothing new to read: a change of a message
  std::uint32_t epoch = 0;
  bool dirty = false;  ///< on the list of those that the next flush writes
  bool used = true;    ///< since the cache last looked
  bool replayed =
      false;  ///< rebuilt at start: a flush that a crash cut short may have written some of the tail
  std::vector<std::uint64_t> tail;  ///< message ids of the seqs stored_head() + 1 ... head

  /// Entries up to here are in the stored index.
  [[nodiscard]] std::uint64_t stored_head() const { return head - tail.size(); }
  [[nodiscard]] ports::Head as_head() const { return {.epoch = epoch, .head = head, .trimmed = trimmed}; }
  /// The message id of an entry in the tail; 0 when it is not there.
  [[nodiscard]] std::uint64_t in_tail(std::uint64_t seq) const;

  std::uint64_t push(std::uint64_t message_id);
  void pop();
  /// The `count` oldest of the tail are in the stored index now.
  void stored(std::size_t count);
  /// At start: an entry of a message that is newer than the index, in order of seq.
  /// False: it does not follow the one before, so the rows are damaged.
  [[nodiscard]] bool replay(std::uint64_t seq, std::uint64_t message_id);
};

/// The message ids of a device's newest sends, for answering retries.
///
/// Limit    At least kKept, at most 2 * kKept of them.
class RecentSends {
 public:
  static constexpr std::size_t kKept = 64;

  /// The send after the one noted last.
  void note(std::uint64_t message_id);
  void take_back();
  /// The message id of `send_id`, given the device's last one; 0 when it is not kept.
  [[nodiscard]] std::uint64_t find(std::uint64_t send_id, std::uint64_t last_send_id) const;

 private:
  std::vector<std::uint64_t> ids_;
};

struct SenderKey {
  MemberId member;
  std::string_view device;
};

/// A device of a member: what it has sent and what it has received.
struct SenderState {
  MemberId member;
  std::string device;
  std::uint64_t last_send_id = 0;
  std::uint64_t last_message = 0;
  std::uint64_t received = 0;
  bool dirty = false;
  bool used = true;
  bool called = false;  ///< on the list of what the open group writes at once
  RecentSends recent;
};

struct MarkKey {
  MemberId member;
  ports::StreamId stream;
};

/// How far a member is in a conversation, and whether it is in the member's list.
struct MarkState {
  enum class Listing : std::uint8_t {
    never,  ///< nothing is known of it
    listed,
    removed,  ///< the member took it out of the list, with `removed_at` as head
  };

  MemberId member;
  ports::StreamId stream;
  ports::Marks marks;
  Listing listing = Listing::never;
  std::uint64_t removed_at = 0;
  bool in_table = false;  ///< a row exists
  bool dirty = false;
  bool used = true;
  bool called = false;  ///< on the list of what the open group writes at once

  /// A pair's message lists it for both, also after a removal, unless the message is from before the removal
  /// (a replay). True when something changed.
  bool list_for_message(std::uint64_t conversation_seq);
  /// The member's own message is delivered and read. True when something changed.
  bool own_send(std::uint64_t conversation_seq);
  /// The calls mark() and follow() of the store.
  ports::Marked move(ports::Marks to, std::uint64_t head);
  /// The call unfollow(). True when it was listed.
  bool remove(std::uint64_t head);
};

struct StreamTraits {
  using Key = ports::StreamId;
  static std::uint64_t hash(const Key& key) { return std::hash<Key>{}(key); }
  static bool is(const StreamState& state, const Key& key) { return state.id == key; }
};
struct SenderTraits {
  using Key = SenderKey;
  static std::uint64_t hash(const Key& key) {
    return mix64(key.member.value ^ std::hash<std::string_view>{}(key.device));
  }
  static bool is(const SenderState& state, const Key& key) {
    return state.member == key.member && state.device == key.device;
  }
};
struct MarkTraits {
  using Key = MarkKey;
  static std::uint64_t hash(const Key& key) {
    return mix64(key.member.value ^ std::hash<ports::StreamId>{}(key.stream));
  }
  static bool is(const MarkState& state, const Key& key) {
    return state.member == key.member && state.stream == key.stream;
  }
};

}  // namespace plaza::streams
