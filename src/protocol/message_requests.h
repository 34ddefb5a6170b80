#pragma once
// What a client may ask for about messages that were sent, typed (see request.h).
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/request.h"

namespace plaza::protocol {

struct Report {
  static constexpr Msg kMsg = Msg::report;
  ConversationRef of;
  std::uint64_t cseq = 0;
  std::string_view reason;
  static void fields(auto& s, auto&& f) {
    ConversationRef::fields(s.of, f), f(Field::cseq, s.cseq), f(Field::reason, s.reason);
  }
};

struct Recall {
  static constexpr Msg kMsg = Msg::recall;
  ConversationRef of;
  std::uint64_t cseq = 0;
  std::optional<std::uint64_t> send_id;
  static void fields(auto& s, auto&& f) {
    ConversationRef::fields(s.of, f), f(Field::cseq, s.cseq), f(Field::send_id, s.send_id);
  }
};

struct Edit {
  static constexpr Msg kMsg = Msg::edit;
  ConversationRef of;
  std::uint64_t cseq = 0;
  Content content;
  std::optional<std::uint64_t> send_id;
  static void fields(auto& s, auto&& f) {
    ConversationRef::fields(s.of, f), f(Field::cseq, s.cseq), Content::fields(s.content, f),
        f(Field::send_id, s.send_id);
  }
};

struct Versions {
  static constexpr Msg kMsg = Msg::versions;
  ConversationRef of;
  std::uint64_t cseq = 0, before = 0;
  std::uint32_t limit = kVersionsLimitMax;
  static void fields(auto& s, auto&& f) {
    ConversationRef::fields(s.of, f), f(Field::cseq, s.cseq), f(Field::before, s.before),
        f(Field::limit, s.limit);
  }
};

}  // namespace plaza::protocol
