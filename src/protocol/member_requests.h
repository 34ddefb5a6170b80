#pragma once
// What a client may ask for about its own member, typed (see request.h).
#include <optional>
#include <string_view>

#include "protocol/request.h"

namespace plaza::protocol {

struct SetMember {
  static constexpr Msg kMsg = Msg::set_member;
  std::optional<std::string_view> nickname, avatar, custom;
  std::optional<std::string_view> friends_from, messages_from;  ///< words as the field table has them
  static void fields(auto& s, auto&& f) {
    f(Field::nickname, s.nickname), f(Field::avatar, s.avatar), f(Field::custom, s.custom);
    f(Field::friends_from, s.friends_from), f(Field::messages_from, s.messages_from);
  }
};

}  // namespace plaza::protocol
