#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/ids.h"
#include "ports/message_extra.h"

namespace plaza::ports {

/// What an ordered list of references belongs to. The numbers are stored: append only.
enum class StreamKind : std::uint8_t { inbox = 1, pair = 2, room = 3, channel = 4, notices = 5 };

/// The name of a stream: an inbox of a member, the conversation of two members (smaller id first, so both name the same
/// one), a room, a channel, what the server tells a member. `a` carries the kind above the 53 bits of the id.
struct StreamId {
  std::uint64_t a = 0;
  std::uint64_t b = 0;

  static constexpr StreamId make(StreamKind kind, std::uint64_t a, std::uint64_t b) {
    return {(std::uint64_t{static_cast<std::uint8_t>(kind)} << kIdBits) | a, b};
  }
  static constexpr StreamId inbox(MemberId member) { return make(StreamKind::inbox, member.value, 0); }
  static constexpr StreamId room(RoomId room) { return make(StreamKind::room, room.value, 0); }
  static constexpr StreamId channel(ChannelId channel) { return make(StreamKind::channel, channel.value, 0); }
  static constexpr StreamId notices(MemberId member) { return make(StreamKind::notices, member.value, 0); }
  static constexpr StreamId pair(MemberId x, MemberId y) {
    return x.value < y.value ? make(StreamKind::pair, x.value, y.value)
                             : make(StreamKind::pair, y.value, x.value);
  }

  [[nodiscard]] constexpr StreamKind kind() const { return static_cast<StreamKind>(a >> kIdBits); }
  /// The member of an inbox, the smaller member of a pair, the room of a room, the channel of a channel, the
  /// member who is told.
  [[nodiscard]] constexpr std::uint64_t first() const { return a & kIdMax; }
  [[nodiscard]] constexpr std::uint64_t second() const { return b; }
  /// In a pair, the one who is not `member`.
  [[nodiscard]] constexpr MemberId peer_of(MemberId member) const {
    return MemberId{first() == member.value ? second() : first()};
  }
  constexpr explicit operator bool() const { return a != 0; }
  friend constexpr auto operator<=>(const StreamId&, const StreamId&) = default;
};

/// What a message is. The numbers are stored and sent: append only.
enum class MessageKind : std::uint8_t {
  text = 0,    ///< body is UTF-8 text
  image = 1,   ///< body is a JSON object that refers to an image
  file = 2,    ///< body is a JSON object that refers to a file
  custom = 3,  ///< body is any JSON object; only the app knows what it means
  event = 4,   ///< body is a JSON object: a change of the conversation itself. Only the server writes it
  change =
      5,  ///< a change of an earlier message: extra->change. Of an edit the body is the new one, else empty
};

/// How the device of the server's own messages begins. No client may name its device so.
inline constexpr char kServerDevicePrefix = '@';

/// One reference to a message in one stream.
struct Delivery {
  StreamId stream;
  std::uint64_t seq = 0;
};

/// A stored message. Filled in by two hands: the sender's side sets what it knows, the store sets id, time_ms,
/// send_id when it was 0, conversation_seq and deliveries in the transaction that stores it. The object is immutable from then
/// on, and shared by every stream and session that shows it. When the message is edited or recalled the store has another object in
/// its place, with another body and the rest in `extra`.
struct Message {
  // Set by whoever sends.
  ZoneId zone;
  MemberId sender;            ///< 0: the server itself
  std::string sender_name;    ///< as it was when sent; empty: the server's
  std::string device;         ///< 1..32 bytes; the server's begin with kServerDevicePrefix
  std::uint64_t send_id = 0;  ///< per (sender, device): 1, 2, 3...; 0 asks the store to take the next one
  MessageKind kind = MessageKind::text;
  StreamId
      conversation;  ///< a pair, a room, a channel, or a member's notices; no pair when it is the server's
  std::string body;  ///< text, or compact JSON of an object, by kind; empty: it was recalled
  std::shared_ptr<const MessageExtra> extra;  ///< null when there is nothing of it

  // Set by the store.
  MessageId id;
  std::int64_t time_ms = 0;  ///< Unix time of the commit, never less than that of an earlier message
  std::uint64_t conversation_seq = 0;
  std::vector<Delivery>
      deliveries;  ///< the inboxes it went to, sorted by stream; the conversation is not among them. May be none

  [[nodiscard]] bool from_server() const { return !sender; }
  /// Null unless it is a change of another message.
  [[nodiscard]] const MessageChange* change() const {
    return extra && extra->change ? &*extra->change : nullptr;
  }
  [[nodiscard]] bool recalled() const { return extra && extra->recalled_ms != 0; }
  [[nodiscard]] bool edited() const { return extra && extra->edited_ms != 0; }
  [[nodiscard]] std::uint64_t reply_to() const { return extra ? extra->reply_to : 0; }

  /// The position in this member's inbox, 0 when it is not there.
  [[nodiscard]] std::uint64_t inbox_seq(MemberId member) const;
};

using MessagePtr = std::shared_ptr<const Message>;

/// Whether `sent` repeats `stored`: the same words, in answer to the same message, to the same conversation. A `*` in a text stands for
/// any character, since either of the two may have been masked, by word lists that were not the same then. Of a message that was
/// edited or recalled since the words are not there any more to be compared.
[[nodiscard]] bool same_send(const Message& sent, const Message& stored);

}  // namespace plaza::ports

template <>
struct std::hash<plaza::ports::StreamId> {
  std::size_t operator()(const plaza::ports::StreamId& id) const noexcept {
    return plaza::mix64(id.a ^ plaza::mix64(id.b));
  }
};
