#pragma once
// Searching one's conversations, typed (see request.h).
#include <cstdint>
#include <string_view>

#include "protocol/request.h"

namespace plaza::protocol {

inline constexpr std::uint32_t kSearchLimitDefault = 20;

struct Search {
  static constexpr Msg kMsg = Msg::search;
  std::string_view query;
  ConversationRef of;        ///< none: all conversations
  std::uint64_t before = 0;  ///< mid; 0: from the newest
  std::uint32_t limit = kSearchLimitDefault;
  static void fields(auto& s, auto&& f) {
    f(Field::query, s.query), ConversationRef::fields(s.of, f), f(Field::before, s.before);
    f(Field::limit, s.limit);
  }
};

}  // namespace plaza::protocol
