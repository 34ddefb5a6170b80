#pragma once
#include <cstdint>

#include "chat/announcing.h"
#include "chat/changing.h"
#include "chat/channel_homes.h"
#include "chat/channel_requests.h"
#include "chat/delivering.h"
#include "chat/entering.h"
#include "chat/friends.h"
#include "chat/group_admin.h"
#include "chat/groups.h"
#include "chat/large_rooms.h"
#include "chat/presence_news.h"
#include "chat/presence_requests.h"
#include "chat/reading.h"
#include "chat/reporting.h"
#include "chat/searching.h"
#include "chat/sending.h"
#include "chat/server_rooms.h"
#include "chat/shard_state.h"

namespace plaza::chat {

/// The chat domain of one shard: everything that its sessions, as members, can ask for.
///
/// Thread  Its shard's. What comes from other threads comes through Executor::post().
/// Owner   The node (or the simulator), one per shard; sessions outlive their leave().
/// Turn    The owner calls run() for deliveries and end_of_turn() once, after all requests of the turn.
class Hub {
 public:
  Hub(Node& node, std::uint32_t shard, const Limits& limits)
      : state_(node, shard, limits),
        sending_(state_),
        large_rooms_(state_),
        classic_rooms_(state_, large_rooms_),
        reading_(state_, sending_, large_rooms_),
        changing_(state_, sending_, reading_),
        friends_(state_),
        groups_(state_),
        reporting_(state_, reading_),
        searching_(state_, reading_),
        group_admin_(state_, groups_),
        server_rooms_(state_, groups_),
        presence_news_(state_),
        presence_requests_(state_, sending_),
        announcing_(state_),
        entering_(state_, presence_news_, reading_, announcing_, large_rooms_, classic_rooms_),
        channel_homes_(state_),
        delivering_(state_, reading_, channel_homes_, announcing_, large_rooms_),
        channel_requests_(state_) {}

  [[nodiscard]] ShardState& state() { return state_; }
  [[nodiscard]] LargeRooms& large_rooms() { return large_rooms_; }
  [[nodiscard]] Announcing& announcing() { return announcing_; }
  [[nodiscard]] ServerRooms& server_rooms() { return server_rooms_; }
  [[nodiscard]] ChannelHomes& channel_homes() { return channel_homes_; }
  void set_limits(const Limits& limits) {
    state_.limits = limits;
    channel_homes_.limits_changed();
  }

  void enter(Session& session, EnterAs as) { entering_.enter(session, std::move(as)); }
  /// The session logs out or its connection is gone. Its pushes and requests end here.
  void leave(Session& session) { entering_.leave(session); }

  /// A request that the protocol's table allows in the session's state, which is entered or ready.
  [[nodiscard]] Verdict request(Session& session, const protocol::Request& request);

  /// What is in force of a member whose home this is, from now on: a ban ends its sessions.
  void set_sanctions(MemberId member, const std::vector<ports::Sanction>& sanctions);
  /// Ends the sessions of the member, those of one device unless it is empty, with this goodbye; gives how many.
  std::uint32_t end_sessions(MemberId member, const protocol::GoodbyePush& goodbye,
                             std::string_view device = {});

  void committed(Delivering::Batch batch) { delivering_.committed(std::move(batch)); }
  [[nodiscard]] bool run(std::size_t deliveries_max) { return delivering_.run(deliveries_max); }
  void end_of_turn() {
    channel_homes_.end_of_turn();
    state_.flush();
  }
  /// Whether tick() has something to do some time.
  [[nodiscard]] bool wants_tick() const {
    return channel_homes_.size() + presence_news_.size() != 0 || announcing_.wants_tick();
  }
  /// About once in kTickMs while it is wanted.
  void tick() {
    channel_homes_.tick();
    presence_news_.tick();
    announcing_.tick(kTickMs);
  }
  static constexpr std::int64_t kTickMs = 500;

  /// A message of a server to a member: it is stored and pushed as others are, and no rule of a member's applies. `done` is called here
  /// when it is decided. The caller has set everything that a sender sets.
  void send_for_server(std::shared_ptr<ports::Message> message, ServerSends::Done done);

  /// The connection has room for pushes again (and, as a safety net, now and then): what a classic client missed is read
  /// for it; a full one was told the head and syncs.
  void writable(Session& session) {
    reading_.pump(session);
    classic_rooms_.pump(session);
  }
  /// HEARTBEAT of the server to a session that heard nothing for a while.
  void heartbeat(Session& session);

 private:
  [[nodiscard]] bool within_rate(Session& session, const protocol::Request& request);

  ShardState state_;
  Sending sending_;
  LargeRooms large_rooms_;
  ClassicRooms classic_rooms_;
  Reading reading_;
  Changing changing_;
  Friends friends_;
  Groups groups_;
  Reporting reporting_;
  Searching searching_;
  GroupAdmin group_admin_;
  ServerRooms server_rooms_;
  PresenceNews presence_news_;
  PresenceRequests presence_requests_;
  Announcing announcing_;
  Entering entering_;
  ChannelHomes channel_homes_;
  Delivering delivering_;
  ChannelRequests channel_requests_;
};

/// Runs act(ChannelHomes&, ChannelRef) on the channel's home shard: here and now when that is this one.
template <class Act>
void at_channel_home(Node& node, std::uint32_t self, channels::ChannelRef channel, Act act) {
  const std::uint32_t shard = channels::home_shard(channel, node.executor.shards());
  Hub* hub = node.hubs[shard];
  if (shard == self) return act(hub->channel_homes(), channel);
  node.executor.post(shard, [hub, key = channels::ChannelKey(channel), act = std::move(act)]() mutable {
    act(hub->channel_homes(), key.ref());
  });
}

}  // namespace plaza::chat
