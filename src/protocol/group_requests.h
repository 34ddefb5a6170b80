#pragma once
// What a client may ask for about the settings, roles and lists of groups, typed (see request.h).
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/request.h"

namespace plaza::protocol {

struct SetGroup {
  static constexpr Msg kMsg = Msg::set_group;
  RoomId groupid;
  std::optional<std::string_view> groupname, groupdesc;
  GroupSettings settings = {};
  static void fields(auto& s, auto&& f) {
    f(Field::groupid, s.groupid), f(Field::groupname, s.groupname), f(Field::groupdesc, s.groupdesc);
    GroupSettings::fields(s.settings, f);
  }
};

struct GroupInfo {
  static constexpr Msg kMsg = Msg::group_info;
  RoomId groupid;
  static void fields(auto& s, auto&& f) { f(Field::groupid, s.groupid); }
};

struct ChangeGroupMember {
  static constexpr Msg kMsg = Msg::change_group_member;
  RoomId groupid;
  MemberId id;
  std::string_view action;
  std::optional<std::uint64_t> for_ms;
  static void fields(auto& s, auto&& f) {
    f(Field::groupid, s.groupid), f(Field::id, s.id), f(Field::action, s.action), f(Field::for_ms, s.for_ms);
  }
};

struct GroupList {
  static constexpr Msg kMsg = Msg::group_list;
  RoomId groupid;
  std::string_view list;
  MemberId after_id;
  std::uint32_t limit = kListLimitMax;
  static void fields(auto& s, auto&& f) {
    f(Field::groupid, s.groupid), f(Field::list_name, s.list), f(Field::after_id, s.after_id);
    f(Field::limit, s.limit);
  }
};

struct Invitations {
  static constexpr Msg kMsg = Msg::invitations;
  static void fields(auto&, auto&&) {}
};

struct Pin {
  static constexpr Msg kMsg = Msg::pin;
  RoomId groupid;
  std::uint64_t cseq = 0;
  bool pinned = false;
  static void fields(auto& s, auto&& f) {
    f(Field::groupid, s.groupid), f(Field::cseq, s.cseq), f(Field::pinned, s.pinned);
  }
};

struct DissolveGroup {
  static constexpr Msg kMsg = Msg::dissolve_group;
  RoomId groupid;
  static void fields(auto& s, auto&& f) { f(Field::groupid, s.groupid); }
};

struct MuteGroup {
  static constexpr Msg kMsg = Msg::mute_group;
  RoomId groupid;
  std::optional<std::uint64_t> for_ms;
  static void fields(auto& s, auto&& f) { f(Field::groupid, s.groupid), f(Field::for_ms, s.for_ms); }
};

}  // namespace plaza::protocol
