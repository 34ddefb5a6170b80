#pragma once
// What a client gets: decoding of everything the server sends.
#include <expected>
#include <memory>
#include <string>
#include <string_view>
#include <variant>

#include "protocol/replies.h"

namespace plaza::protocol {

/// One frame from the server, typed. `body` holds the struct of its msgid when errno is 0 (pushes always),
/// and nothing for refusals, ERROR and message numbers this client does not know (a newer server's).
struct ServerMessage {
  Msg msgid = Msg::none;  ///< none: unknown; raw_msgid tells
  std::uint64_t raw_msgid = 0;
  Rid rid;
  Refusal
      refusal = not_refused();  ///< error ok: not refused. An errno unknown to this client keeps its number.
  Msg to = Msg::none;           ///< in OK and ERROR: the request that is answered
  /// Msg::one_chat and Msg::group_chat are Chat; Msg::login_ack is LoginAck, or ClassicLoginAck when it has
  /// no account.
  std::variant<std::monostate, LoginAck, ClassicLoginAck, RegAck, AddFriendAck, CreateGroupAck, AddGroupAck,
               CreateMemberAck, EnterAck, ReadyAck, SendAck, OkReply, SyncAck, HistoryAck, ConversationsAck,
               FriendsAck, GroupsAck, GroupMembersAck, GroupInfoAck, GroupListAck, InvitationsAck,
               VersionsAck, FindAck, TokensAck, HeartbeatAck, Chat, ReceiptPush, HeartbeatPush, HeadPush,
               FriendEventPush, MemberEventPush, PresencePush, GroupEventPush, GoodbyePush, SubscribeAck,
               PublishAck, Publication, ChannelHeadPush, ChannelsAck, TypingPush, WatchPresenceAck,
               WatchEndedPush, SearchAck>
      body;

  static Refusal not_refused() {
    Refusal none;
    none.error = Errno::ok;
    return none;
  }
  [[nodiscard]] bool refused() const { return refusal.error != Errno::ok; }
  template <class T>
  [[nodiscard]] const T* get() const {
    return std::get_if<T>(&body);
  }
};

/// Frames of the server into ServerMessage.
///
/// Tolerant Unknown fields and msgids are fine and missing fields have their defaults, so that an older
///          client works with a newer server; a known field of another type, or JSON that is wrong, is an
///          error (the text says which).
/// Thread   One thread's; buffers are reused.
/// Limit    Frames of at most 16 MiB.
class ServerMessageParser {
 public:
  ServerMessageParser();
  ~ServerMessageParser();
  ServerMessageParser(ServerMessageParser&&) noexcept;
  ServerMessageParser& operator=(ServerMessageParser&&) noexcept;

  [[nodiscard]] std::expected<ServerMessage, std::string> parse(std::string_view frame);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

/// The few numbers a load generator looks at, straight from the bytes. Absent ones are 0.
struct ServerGlance {
  std::uint64_t msgid = 0, rid = 0, error = 0, send_id = 0, mid = 0, seq = 0, cseq = 0, epoch = 0, id = 0,
                toid = 0, groupid = 0, head = 0, expected = 0;
  bool dup = false;
  std::string_view msg;  ///< as it stands between the quotes, escapes not resolved
};

/// Reads the top level of one frame. Nothing is allocated and nothing beyond the frame is read. Trusts the
/// server: gives false for what is not an object with a msgid, but does not validate the whole frame.
[[nodiscard]] bool glance(std::string_view frame, ServerGlance& out);

}  // namespace plaza::protocol
