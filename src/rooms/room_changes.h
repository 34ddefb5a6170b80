#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "ports/rooms.h"
#include "rooms/rights.h"
#include "rooms/room_event.h"
#include "rooms/room_rows.h"

namespace plaza::rooms {

/// What a change of a room does, in one transaction: rights, state, limits, then rows and the event. Every directory runs this
/// over its own rows, so that they cannot differ in it.
///
/// Thread   As the rows'. One object serves one transaction.
class RoomChanges {
 public:
  using Changed = ports::DirectoryResult<ports::RoomChanged>;

  RoomChanges(RoomRows& rows, const ports::RoomLimits& limits, std::int64_t now_ms)
      : rows_(rows), limits_(limits), now_ms_(now_ms) {}

  Changed create(ZoneId zone, const ports::RoomActor& actor, MemberId owner, const ports::NewRoom& wanted);
  Changed change(ZoneId zone, const ports::RoomActor& actor, RoomId room, const ports::RoomChange& change);
  /// The event is a message at that place: its effect, and it is forgotten.
  void stored(const ports::RoomEventPlace& place);

 private:
  using Refusal = ports::DirectoryError;
  using Verdict = std::optional<Refusal>;  ///< nothing: go on
  struct Other {
    MemberId id;
    std::string name;
    std::optional<Membership> membership;
  };
  struct Actor {
    MemberId id;  ///< none: the app's server
    std::string name;
    Acting acting = Acting::stranger;
    Membership membership;
  };

  Verdict begin(ZoneId zone, const ports::RoomActor& actor, RoomId room);
  Verdict find(MemberId member, Other& other);
  [[nodiscard]] Verdict allowed(Action action, Target target = Target::nobody) const;
  Verdict about(Action action, MemberId member, Other& other);
  Verdict has_place(MemberId member);
  Verdict place_in(ports::RoomList list, std::uint32_t max, const char* name);
  Verdict check_rules(const ports::RoomSettings& settings) const;
  [[nodiscard]] std::uint32_t members_max() const;

  // One for each change.
  Changed carry_out(const ports::change::Set& wanted);
  Changed carry_out(const ports::change::Join& wanted);
  Changed carry_out(const ports::change::Leave& wanted);
  Changed carry_out(const ports::change::Add& wanted);
  Changed carry_out(const ports::change::Invite& wanted);
  Changed carry_out(const ports::change::Approve& wanted);
  Changed carry_out(const ports::change::Refuse& wanted);
  Changed carry_out(const ports::change::Kick& wanted);
  Changed carry_out(const ports::change::Ban& wanted);
  Changed carry_out(const ports::change::Unban& wanted);
  Changed carry_out(const ports::change::Mute& wanted);
  Changed carry_out(const ports::change::MuteAll& wanted);
  Changed carry_out(const ports::change::MakeAdmin& wanted);
  Changed carry_out(const ports::change::RemoveAdmin& wanted);
  Changed carry_out(const ports::change::Transfer& wanted);
  Changed carry_out(const ports::change::Pin& wanted);
  Changed carry_out(const ports::change::Unpin& wanted);
  Changed carry_out(const ports::change::Dissolve& wanted);

  Changed admit(const Other& other);
  Changed ask_to_join(const Other& other);
  void take_out(const Other& other);
  void set_role(const Other& other, ports::RoomRole role);
  [[nodiscard]] EventBody body(std::string_view event);
  /// Stores the room with the event; `gone` gets it too, although no longer in the room.
  void tell(EventBody event, MemberId gone = {}, ports::RoomEventEffect effect = ports::RoomEventEffect::none,
            MemberId member = {});
  /// The result: nobody sees the room differently unless tell() was called.
  Changed done(const Other* other = nullptr);

  RoomRows& rows_;
  const ports::RoomLimits& limits_;
  const std::int64_t now_ms_;
  // Of the change that is being carried out.
  ZoneId zone_;
  RoomRow row_;
  Actor actor_;
  std::vector<ports::RoomEvent> events_;
  std::uint64_t version_ = 0;
  bool gone_ = false;
  ports::RoomMove move_ = ports::RoomMove::none;
};

}  // namespace plaza::rooms
