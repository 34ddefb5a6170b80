#pragma once
#include <memory>
#include <string>
#include <vector>

#include "chat/announcing.h"
#include "chat/answers.h"
#include "chat/classic_rooms.h"
#include "chat/friends.h"
#include "chat/large_rooms.h"
#include "chat/presence_news.h"
#include "chat/reading.h"
#include "chat/shard_state.h"

namespace plaza::chat {

/// Which answer the client waits for.
enum class EnterStyle : std::uint8_t {
  classic,  ///< LOGIN_ACK with friends, groups and offline messages; ready at once
  enter,    ///< ENTER_ACK
  login,    ///< LOGIN_ACK with everything of ENTER_ACK in it: login by a member's token
};

/// A session that was proven to be this member's.
struct EnterAs {
  EnterStyle style = EnterStyle::enter;
  Asked asked;
  ports::Member member;
  std::shared_ptr<const ports::Zone> zone;
  std::string account_name;
  std::vector<protocol::MemberEntry> members;  ///< style login: the account's in this zone
  std::string token;                           ///< issued now; empty when it came with one
  std::int64_t token_expires_ms = 0;
  bool replaces =
      false;  ///< the device showed its token: an older session of it is a dead one, whatever the policy
};

/// From an authenticated session to a member that is there.
///
///   device policy -> relations and rooms (directory) -> it follows its large rooms -> where these are, and its inbox (store)
///           -> answer
///
/// On failure the session is as before, answered with the reason.
/// Thread  The member's home shard.
class Entering {
 public:
  Entering(ShardState& state, PresenceNews& news, Reading& reading, Announcing& announcing,
           LargeRooms& large_rooms, ClassicRooms& classic_rooms)
      : state_(state),
        news_(news),
        reading_(reading),
        announcing_(announcing),
        large_rooms_(large_rooms),
        classic_rooms_(classic_rooms) {}

  /// Ends in out->resume(); then session.state tells whether it is in.
  void enter(Session& session, EnterAs as);
  void leave(Session& session);
  Verdict ready(Session& session, const protocol::Request& request);

 private:
  struct Loaded;
  using EnterPtr = std::shared_ptr<const EnterAs>;

  [[nodiscard]] bool remembered(const Session& session, Loaded& into) const;
  [[nodiscard]] bool admit(Session& session, const EnterAs& as);
  Verdict loaded(Session& session, const EnterPtr& as, Loaded loaded);
  Verdict open_device(Session& session, const EnterPtr& as, Loaded loaded);
  Verdict opened(Session& session, const EnterPtr& as, Loaded loaded, const ports::DeviceState& device);
  Verdict read_offline(Session& session, const EnterPtr& as, Loaded loaded);
  [[nodiscard]] std::size_t add_classic_lists(protocol::ClassicLoginAckView& ack, const Loaded& loaded,
                                              std::size_t bytes_max) const;
  Verdict give_up(Session& session, const EnterAs& as, Refusal why);
  void become_ready(Session& session);
  void tell_app(const MemberState& member, bool online);
  void remove(Session& session);
  [[nodiscard]] protocol::EnterAck enter_ack(const Session& session, const EnterAs& as, const Loaded& loaded,
                                             const ports::DeviceState& device) const;

  ShardState& state_;
  PresenceNews& news_;
  Reading& reading_;
  Announcing& announcing_;
  LargeRooms& large_rooms_;
  ClassicRooms& classic_rooms_;
};

}  // namespace plaza::chat
