#pragma once
#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <mutex>
#include <set>
#include <utility>
#include <vector>

#include "chat/shard_state.h"
#include "ports/stream_store.h"

namespace plaza::chat {

/// Takes the changes of rooms, which the directory has, into the rooms' order, which the store has.
///
///   announce -> store (sender none, device "@room:ID", send_id = the change's version) -> outcome -> directory: events_stored
///            -> whoever announced it goes on
///
/// Once     An event is in the room's order exactly once: it waits in the directory from the change's transaction until it is
///          stored, whoever finds it waiting appends it again, and the store knows it by its send_id. So after a crash between the
///          two databases recover() repairs what is missing.
/// Order    Of a room by version: whoever announces an event announces those that wait before it as well.
/// Growing  Of the event that makes a room large: after it is stored and before the directory says so, all sessions that are there begin to follow
///          the room; after it, every shard reads the room anew. So what is appended to the room's stream alone finds its followers.
/// Late     When the store is away an event stays where it is, and is tried again with the next thing that is stored. One behind it that the
///          store has refused for the hole waits as well.
/// Copies   When one of the databases was replaced by an older copy of itself the numbers do not fit: then the store's next
///          number is taken, which is right but for a crash at that very moment.
/// Thread   announce() and recover(): any. outcome(): the store's. `then` runs on a worker or the store's thread.
class RoomEvents {
 public:
  /// Called with the position in the room's stream; 0: it is not stored now, and will be later.
  using Then = std::move_only_function<void(std::uint64_t cseq)>;

  explicit RoomEvents(Node& node) : node_(node) {}

  /// Events of one room by version; `then` is about the last of them.
  void announce(std::vector<ports::RoomEvent> events, Then then);
  void outcome(const ports::Appended& outcome);
  /// Something was stored: the store is there.
  void store_works() {
    if (behind_.load(std::memory_order_relaxed) && behind_.exchange(false)) recover();
  }
  /// Announces all events that wait, of all rooms, a page at a time.
  void recover() { recover_after({}, 0); }

 private:
  using Key = std::pair<RoomId, std::uint64_t>;
  struct Waiting {
    ports::RoomEventEffect effect = ports::RoomEventEffect::none;
    MemberId member;
    std::vector<Then> then;
  };
  struct Stored {
    ports::RoomEventPlace place;
    std::vector<Then> then;
  };

  static ports::Append append_of(const ports::RoomEvent& event);
  using Members = std::shared_ptr<const std::vector<MemberId>>;
  void stored(const Key& key, std::uint64_t cseq, const Members& members);
  void tell_directory(Stored one);
  void go_on(Stored one);
  void not_stored(const Key& key);
  bool one_before_is_missing(const Key& key);
  void append();
  void flush();
  void recover_after(RoomId room, std::uint64_t version);

  // Constant after construction.
  Node& node_;
  // Any thread (atomic).
  std::atomic<bool> behind_{false};  ///< events wait in the directory that nobody is about to announce
  // Guarded by mutex_.
  std::mutex mutex_;
  std::map<Key, Waiting> waiting_;       ///< given to the store, or about to be
  std::vector<ports::Append> outgoing_;  ///< about to be
  std::set<Key> missing_;                ///< could not be stored, and are not yet
  bool appending_ = false;
  std::vector<Stored> stored_;  ///< to be told to the directory
  bool flushing_ = false;
};

}  // namespace plaza::chat
