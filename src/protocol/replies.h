#pragma once
// Encoding of everything the server sends.
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "protocol/channel_replies.h"
#include "protocol/raw_request.h"
#include "protocol/reply_structs.h"
#include "protocol/search_reply.h"

namespace plaza::protocol {

// Encoding --------------------------------------------------------------------------------------------------
// Each appends one JSON object (no newline) to `out`. Replies take the request's rid, pushes do not.
void encode(std::string& out, Rid rid, const LoginAck& x);
void encode(std::string& out, Rid rid, const ClassicLoginAckView& x);
void encode(std::string& out, Rid rid, const RegAck& x);
void encode(std::string& out, Rid rid, const AddFriendAck& x);
void encode(std::string& out, Rid rid, const CreateGroupAck& x);
void encode(std::string& out, Rid rid, const AddGroupAck& x);
void encode(std::string& out, Rid rid, const CreateMemberAck& x);
void encode(std::string& out, Rid rid, const EnterAck& x);
void encode(std::string& out, Rid rid, const ReadyAck& x);
void encode(std::string& out, Rid rid, const SendAck& x);
void encode(std::string& out, Rid rid, const OkReply& x);
void encode(std::string& out, Rid rid, const SyncAckView& x);
void encode(std::string& out, Rid rid, const HistoryAckView& x);
void encode(std::string& out, Rid rid, const VersionsAckView& x);
void encode(std::string& out, Rid rid, const ConversationsAckView& x);
void encode(std::string& out, Rid rid, const FriendsAck& x);
void encode(std::string& out, Rid rid, const GroupsAck& x);
void encode(std::string& out, Rid rid, const GroupMembersAck& x);
void encode(std::string& out, Rid rid, const GroupInfoAck& x);
void encode(std::string& out, Rid rid, const GroupListAck& x);
void encode(std::string& out, Rid rid, const InvitationsAck& x);
void encode(std::string& out, Rid rid, const FindAck& x);
void encode(std::string& out, Rid rid, const TokensAck& x);
void encode(std::string& out, Rid rid, const HeartbeatAck& x);
void encode(std::string& out, const ReceiptPush& x);
void encode(std::string& out, const HeartbeatPush& x);
void encode(std::string& out, const HeadPush& x);
void encode(std::string& out, const FriendEventPush& x);
void encode(std::string& out, const MemberEventPush& x);
void encode(std::string& out, const PresencePush& x);
void encode(std::string& out, const GroupEventPush& x);
void encode(std::string& out, const GoodbyePush& x);

/// Why a request was refused: what a reply with errno != 0 carries.
struct Refusal {
  Errno error = Errno::unavailable;
  std::string message;  ///< empty: the default text of the errno
  std::string field, allowed;
  std::uint64_t retry_after_ms = 0;
  std::uint64_t expected = 0;  ///< send_id_ahead, and conflict of a send_id
  std::uint64_t send_id = 0;   ///< echoed in SEND_ACK, so that a sender without rid knows which
  std::string reason;          ///< muted, banned: what whoever decided it has said
  std::uint64_t until_ms = 0;  ///< muted, banned: when it ends; 0: not by itself
  bool operator==(const Refusal&) const = default;
};
/// Answers `request` (its own ack, or OK with `to`, or ERROR when nothing answers it) with this refusal.
void encode_refusal(std::string& out, Msg request, Rid rid, const Refusal& refusal);
/// Answers a frame that RequestParser refused. Malformed JSON and unknown msgids are answered by ERROR.
void encode_refusal(std::string& out, const ParseError& error);

// A message goes to many readers: `tail` is encoded once and shared, and each reader gets a small prefix in
// front of it. prefix + tail = one frame.
inline constexpr std::size_t kChatPrefixBytesMax = 64 + 6 * kDeviceBytesMax + 64;

/// `{"msgid":5,"seq":17,"epoch":1,` - and for the sender's own copy (send_id != 0) also
/// `"send_id":3,"device":"phone",`. seq 0 leaves seq and epoch out. At most kChatPrefixBytesMax bytes.
void append_chat_prefix(std::string& out, Msg msgid, std::uint64_t seq, std::uint32_t epoch,
                        std::uint64_t send_id = 0, std::string_view device = {});
/// The rest: `"id":7,"name":"ann",...}`. Ignores seq, epoch, send_id and device.
void append_chat_tail(std::string& out, const ChatView& x);
/// Both: the message as one object.
void append_chat(std::string& out, const ChatView& x);

}  // namespace plaza::protocol
