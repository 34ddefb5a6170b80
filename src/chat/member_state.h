#pragma once
#include <algorithm>
#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "chat/gone_rates.h"
#include "chat/session.h"
#include "moderation/sanction_table.h"
#include "ports/directory.h"
#include "ports/message.h"
#include "tenancy/app_meters.h"

namespace plaza::chat {

/// What sending and presence need to know of a relation; names and remarks are read when they are shown.
struct Peer {
  MemberId id;
  bool friends = false;
  bool blocked_by_me = false;
  bool blocked_by_them = false;
};

/// That somebody is writing, or has stopped, was told.
struct TypingTold {
  ports::StreamId conversation;
  std::int64_t when_ms = 0;
  bool typing = false;
};

/// Which announcements a member has got, as far as its shard knows; see Announcing.
struct AnnouncedTo {
  std::uint64_t upto = 0;     ///< number of the last one that is stored for it, when `known`
  std::uint64_t visit = 0;    ///< what it got is being read, or the next one stored; 0: neither
  std::uint64_t showing = 0;  ///< the number that is being stored
  bool known = false;
  bool waiting = false;  ///< stands in line
};

/// That the member came into a room or went from it, as this change of the room.
struct RoomMoved {
  RoomId room;
  std::uint64_t version = 0;
  bool in = false;
};

/// A member who has at least one session, on its home shard.
/// Thread  The home shard. Owner: ShardState, from the first session's enter to the last one's leave.
struct MemberState {
  ports::Member who;
  std::shared_ptr<const ports::Zone> zone;  ///< shared with the other members of the zone on this shard
  tenancy::SharedMeter app;                 ///< shared with all who are in the app, and the node's AppMeters
  std::vector<Peer> peers;                  ///< by id
  std::vector<Session*> sessions;
  MemberRates rates;
  moderation::SharedSanction mute;  ///< null: may send. One that is over is as none
  std::vector<TypingTold> typing;
  std::vector<RoomMoved> moves;  ///< the newest few, a room once; see LargeRooms
  std::uint64_t head = 0;        ///< newest inbox entry that this shard knows of
  std::uint32_t epoch = 0;
  std::uint64_t peers_version = 0;  ///< see Relations; 0 = not read yet
  AnnouncedTo announced_to;
  bool announced = false;  ///< friends were told that it is online

  [[nodiscard]] const Peer* peer(MemberId id) const {
    const auto at = std::lower_bound(peers.begin(), peers.end(), id,
                                     [](const Peer& p, MemberId wanted) { return p.id < wanted; });
    return at != peers.end() && at->id == id ? &*at : nullptr;
  }
};

/// Members that exist, and of whom they take messages, remembered by the shard so that a message to one needs no directory.
///
/// Direct-mapped and lossy: a collision forgets the older one, which costs a look-up, never an error. Members are never
/// deleted; one that is changed is forgotten.
/// Thread  The shard's. Limit: slots x 24 bytes.
/// Order   After forget() nothing is found that was read before, also when its add() comes later: add() wants the ticket() that
///         was taken before the reading.
class KnownMembers {
 public:
  explicit KnownMembers(std::size_t slots) : slots_(slots) {}

  [[nodiscard]] std::optional<ports::MessagesFrom> find(MemberId member, ZoneId zone) const {
    const Slot& slot = slots_[index(member)];
    return slot.member == member && slot.zone == zone ? std::optional(slot.messages_from) : std::nullopt;
  }
  [[nodiscard]] bool knows(MemberId member, ZoneId zone) const { return find(member, zone).has_value(); }
  [[nodiscard]] std::uint32_t ticket(MemberId member) const { return generations_[generation(member)]; }
  void add(const ports::Member& member, std::uint32_t ticket) {
    if (ticket == this->ticket(member.id))
      slots_[index(member.id)] = {member.id, member.zone, member.settings.messages_from};
  }
  void forget(MemberId member) {
    ++generations_[generation(member)];
    Slot& slot = slots_[index(member)];
    if (slot.member == member) slot = {};
  }

 private:
  static constexpr std::size_t kGenerations = 256;  ///< members share them by hash
  struct Slot {
    MemberId member;
    ZoneId zone;
    ports::MessagesFrom messages_from = ports::MessagesFrom::anyone;
  };
  [[nodiscard]] std::size_t index(MemberId member) const { return mix64(member.value) % slots_.size(); }
  [[nodiscard]] static std::size_t generation(MemberId member) { return mix64(member.value) % kGenerations; }
  std::vector<Slot> slots_;
  std::array<std::uint32_t, kGenerations> generations_{};
};

}  // namespace plaza::chat
