#pragma once
// The words of the client library: conversations and messages as an application sees them.
#include <compare>
#include <cstdint>
#include <functional>
#include <string>

#include "base/ids.h"

namespace plaza::client {

/// Where a message belongs: the talk with one other member, or a group.
struct Conversation {
  enum class Kind : std::uint8_t { peer, group };
  Kind kind = Kind::peer;
  std::uint64_t id = 0;  ///< the other member's id, or the group's

  static constexpr Conversation peer(std::uint64_t member) { return {Kind::peer, member}; }
  static constexpr Conversation group(std::uint64_t group) { return {Kind::group, group}; }
  [[nodiscard]] constexpr bool is_group() const { return kind == Kind::group; }
  constexpr explicit operator bool() const { return id != 0; }
  friend constexpr auto operator<=>(const Conversation&, const Conversation&) = default;
};

/// What a body is. The numbers are those of the protocol's `kind`.
enum class BodyKind : std::uint8_t {
  text = 0,    ///< UTF-8 text
  image = 1,   ///< a JSON object that refers to an image
  file = 2,    ///< a JSON object that refers to a file
  custom = 3,  ///< any JSON object
  event = 4,   ///< a JSON object: a change of a group, written by the server (sender 0). Cannot be sent
  change = 5,  ///< an earlier message is recalled or edited: see Change
};

/// What a message of kind `change` does to the message at `target` of its conversation.
struct Change {
  enum class Action : std::uint8_t { none, recall, edit };
  Action action = Action::none;
  std::uint64_t target = 0;
  BodyKind kind = BodyKind::text;  ///< edit: what the new body is

  bool operator==(const Change&) const = default;
};

/// One message as it stands in this member's inbox, or in a large group.
struct Message {
  Conversation conversation = {};  ///< for one's own messages too: the other member, not oneself
  std::uint64_t sender = 0;
  std::string sender_name = {};
  BodyKind kind = BodyKind::text;
  std::string body = {};
  std::uint64_t id = 0;  ///< message id
  std::uint32_t epoch = 0;
  std::uint64_t
      seq = 0;  ///< position in this member's inbox: 1, 2, 3... within an epoch; 0: in a large group
  std::uint64_t cseq = 0;  ///< position in the conversation
  std::int64_t time_ms = 0;
  bool mine = false;
  std::uint64_t send_id = 0;  ///< of one's own messages, with the device that sent it
  std::string device = {};
  std::uint64_t reply_to = 0;  ///< position in the conversation of the message that is answered; 0: none
  std::uint32_t edits = 0;     ///< how often it was edited: the body is the newest
  bool recalled = false;       ///< the body is gone
  Change change =
      {};  ///< of kind `change`; of an edit the body is the new one, empty when it was recalled since
};

/// One message on its way out. `tag` comes back with the outcome; the rules do not look at it.
struct Outgoing {
  Conversation conversation = {};
  BodyKind kind = BodyKind::text;
  std::string body = {};
  std::uint64_t tag = 0;
  std::uint64_t reply_to = 0;
  Change change = {};  ///< with kind `change`, and only then
};

}  // namespace plaza::client

template <>
struct std::hash<plaza::client::Conversation> {
  std::size_t operator()(const plaza::client::Conversation& c) const noexcept {
    return plaza::mix64(c.id * 2 + static_cast<std::uint64_t>(c.kind));
  }
};
