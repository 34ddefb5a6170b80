#pragma once
#include <atomic>
#include <functional>
#include <memory>
#include <optional>
#include <type_traits>
#include <unordered_map>
#include <utility>
#include <vector>

#include "chat/changed_members.h"
#include "chat/channel_fans.h"
#include "chat/gone_rates.h"
#include "chat/limits.h"
#include "chat/member_state.h"
#include "chat/room_watches.h"
#include "chat/server_sends.h"
#include "chat/session.h"
#include "chat/zone_words.h"
#include "moderation/sanction_table.h"
#include "ports/app_events.h"
#include "ports/channels.h"
#include "ports/clock.h"
#include "ports/directory.h"
#include "ports/executor.h"
#include "ports/files.h"
#include "ports/moderation.h"
#include "ports/presence.h"
#include "ports/stream_store.h"
#include "rooms/room_cache.h"
#include "rooms/room_rates.h"
#include "rooms/room_shards.h"
#include "rooms/slow_mode.h"
#include "tenancy/app_meters.h"

namespace plaza::search {
class MemberSearch;
}

namespace plaza::chat {

class Hub;
class RoomEvents;

/// What the domain of one node is given: shared by its shards, constant while it runs.
struct Node {
  ports::Executor& executor;
  ports::StreamStore& store;
  ports::Directory& directory;
  ports::Channels& channels;
  ports::Moderation& moderation;
  ports::Presence& presence;
  const ports::Clock& clock;
  rooms::RoomRates& room_rates;
  ports::NodeId id;
  std::uint32_t channel_epochs = 0;            ///< where this process begins to count them: any number
  std::vector<Hub*> hubs;                      ///< by shard
  std::atomic<std::uint32_t> watches{0};       ///< so many rooms are watched, on all shards together
  RoomEvents* room_events = nullptr;           ///< the outcome router's
  ports::FileCatalog* files = nullptr;         ///< none: what bodies say of files is the app's own
  search::MemberSearch* search = nullptr;      ///< none: SEARCH is refused
  ports::AppEventHints* app_events = nullptr;  ///< of the apps' servers; null: nobody wants to know
  rooms::RoomShards room_shards{};
  tenancy::AppMeters apps{};  ///< what each may and uses
};

/// Everything that the domain knows on one shard. The request handlers beside it share it and keep nothing themselves.
///
/// Thread  The shard's; await() and the callbacks it makes carry answers back to it.
class ShardState {
 public:
  ShardState(Node& node_in, std::uint32_t shard_in, const Limits& limits_in)
      : node(node_in),
        shard(shard_in),
        limits(limits_in),
        rooms(4096),
        slow_mode(64 * 1024),
        known(32 * 1024),
        changed(1024),
        gone_rates(16 * 1024),
        fans(node_in, shard_in),
        watches(node_in) {
    rooms.on_invalidated([this](RoomId room) { watches.ended(room); });
  }

  Node& node;
  const std::uint32_t shard;
  Limits limits;
  std::unordered_map<SessionId, Session*> sessions;
  std::unordered_map<MemberId, std::unique_ptr<MemberState>> members;
  rooms::RoomCache rooms;
  rooms::SlowMode slow_mode;
  KnownMembers known;
  ChangedMembers changed;
  GoneRates gone_rates;
  ChannelFans fans;
  moderation::SanctionTable sanctions;
  RoomWatches watches;
  /// Of persistent channels that sessions here publish in: for their acknowledgements. As many as are declared at most.
  struct ChannelName {
    std::string name;
    std::uint32_t epoch = 0;
  };
  std::unordered_map<ChannelId, ChannelName> channel_names;
  ZoneWords words;
  ServerSends server_sends;
  std::uint64_t logins = 0;           ///< so many sessions entered here
  std::vector<ports::Append> outbox;  ///< sends of this turn, on their way to the store

  /// Hands the turn's sends to the store: at the end of every turn, and before the store is asked where a device is.
  void flush() {
    if (!outbox.empty()) node.store.append(std::exchange(outbox, {}));
  }
  [[nodiscard]] Session* session(SessionId id) const {
    const auto at = sessions.find(id);
    return at == sessions.end() ? nullptr : at->second;
  }
  /// The session, unless whoever was logged in is not any more: a connection outlives its logins.
  [[nodiscard]] Session* session(SessionId id, std::uint64_t login) const {
    Session* found = session(id);
    return found && found->login == login ? found : nullptr;
  }
  [[nodiscard]] MemberState* member(MemberId id) const {
    const auto at = members.find(id);
    return at == members.end() ? nullptr : at->second.get();
  }

  /// Runs job() on a thread that may block, then then(Session&, result) here unless the session is gone, or another one's, meanwhile. `then`
  /// says how the session goes on, or wait when a further step was started. False: too busy, nothing was started.
  template <class Job, class Then>
  [[nodiscard]] bool await(const Session& s, Job job, Then then) {
    return node.executor.blocking(s.app.value, [this, id = s.id, login = s.login, job = std::move(job),
                                                then = std::move(then)]() mutable {
      auto result = job();
      node.executor.post(shard,
                         [this, id, login, result = std::move(result), then = std::move(then)]() mutable {
                           if (Session* now = session(id, login)) finish(*now, then(*now, std::move(result)));
                         });
    });
  }

  /// The same for an answer of the stream store: hand it over as the `done` of a call.
  template <class T, class Then>
  [[nodiscard]] ports::StreamStore::Done<T> answer(const Session& s, Then then) {
    return [this, id = s.id, login = s.login,
            then = std::move(then)](Result<T, ports::StoreError> result) mutable {
      node.executor.post(shard,
                         [this, id, login, result = std::move(result), then = std::move(then)]() mutable {
                           if (Session* now = session(id, login)) finish(*now, then(*now, std::move(result)));
                         });
    };
  }

 private:
  static void finish(Session& s, Verdict verdict) {
    if (verdict != Verdict::wait) s.out->resume(verdict == Verdict::done ? Resume::next : Resume::same);
  }
};

}  // namespace plaza::chat
