#pragma once
// What a client may ask for about channels, typing and watched presence, typed (see request.h).
#include <cstdint>
#include <optional>
#include <string_view>

#include "protocol/request.h"

namespace plaza::protocol {

struct Subscribe {
  static constexpr Msg kMsg = Msg::subscribe;
  std::string_view channel;
  std::uint32_t epoch = 0;  ///< 0: no position
  std::uint64_t since = 0;
  std::optional<std::uint32_t> limit;  ///< without a position: so many of the newest
  static void fields(auto& s, auto&& f) {
    f(Field::channel, s.channel), f(Field::epoch, s.epoch), f(Field::since, s.since),
        f(Field::limit, s.limit);
  }
};

struct Unsubscribe {
  static constexpr Msg kMsg = Msg::unsubscribe;
  std::string_view channel;
  static void fields(auto& s, auto&& f) { f(Field::channel, s.channel); }
};

struct Publish {
  static constexpr Msg kMsg = Msg::publish;
  std::string_view channel;
  Content content;
  std::optional<std::uint64_t> send_id;
  static void fields(auto& s, auto&& f) {
    f(Field::channel, s.channel), Content::fields(s.content, f), f(Field::send_id, s.send_id);
  }
};

struct Channels {
  static constexpr Msg kMsg = Msg::channels;
  std::string_view after;
  std::uint32_t limit = 100;
  static void fields(auto& s, auto&& f) { f(Field::after, s.after), f(Field::limit, s.limit); }
};

struct Typing {
  static constexpr Msg kMsg = Msg::typing;
  ConversationRef of;
  bool typing = false;
  static void fields(auto& s, auto&& f) { ConversationRef::fields(s.of, f), f(Field::typing, s.typing); }
};

struct WatchPresence {
  static constexpr Msg kMsg = Msg::watch_presence;
  RoomId groupid;
  bool watch = false;
  static void fields(auto& s, auto&& f) { f(Field::groupid, s.groupid), f(Field::watch, s.watch); }
};

}  // namespace plaza::protocol
