#pragma once
// What the server sends about one member, typed (see reply_structs.h).
#include <string>

#include "base/ids.h"
#include "protocol/table.h"

namespace plaza::protocol {

struct CreateMemberAck {
  static constexpr Msg kMsg = Msg::create_member_ack;
  MemberId id;
  std::string name, avatar;
  bool operator==(const CreateMemberAck&) const = default;
};

struct FindAck {
  static constexpr Msg kMsg = Msg::find_ack;
  MemberId id;  ///< a member: id, name, avatar, custom, state
  std::string name, avatar;
  std::string custom;  ///< compact JSON of an object, or empty
  bool online = false;
  RoomId groupid;  ///< or a group: groupid, groupname, groupdesc
  std::string groupname, groupdesc;
  bool operator==(const FindAck&) const = default;
};

struct MemberEventPush {
  static constexpr Msg kMsg = Msg::member_event;
  MemberId id;
  std::string name, avatar;
  std::string custom;  ///< compact JSON of an object, or empty
  bool operator==(const MemberEventPush&) const = default;
};

}  // namespace plaza::protocol
