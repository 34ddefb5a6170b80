#include "protocol/table.h"

#include <array>

#include "base/check.h"
#include "protocol/table_channels.h"
#include "protocol/table_groups.h"
#include "protocol/table_members.h"
#include "protocol/table_messages.h"
#include "protocol/table_search.h"
#include "protocol/table_uses.h"

namespace plaza::protocol {
namespace {

using enum Field;
using namespace table;

// Requests --------------------------------------------------------------------------------------------------
constexpr FieldUse kLogin[] = {one(id, "log in as this member"),
                               one(name),
                               one(account, "the same as name"),
                               one(token),
                               one(vendor),
                               with(password, bit(id) | bit(name) | bit(account)),
                               with(vendor_user, bit(vendor)),
                               with(proof, bit(vendor)),
                               opt(app, "absent: the default app"),
                               opt(zone, "absent: the default zone"),
                               opt(device, "absent (with app, zone, token and vendor): a classic login"),
                               opt(platform)};
constexpr FieldUse kReg[] = {req(name), req(password), opt(app), opt(zone)};
constexpr FieldUse kOneChat[] = {req(toid),    one(msg), one(body),    sent_kind(),
                                 opt(send_id), own(),    opt(reply_to)};
constexpr FieldUse kGroupChat[] = {req(groupid), one(msg), one(body),    sent_kind(),
                                   opt(send_id), own(),    opt(reply_to)};
constexpr FieldUse kAddFriend[] = {req(friendid), own()};
constexpr FieldUse kCreateGroup[] = {req(groupname),
                                     opt(groupdesc),
                                     own(),
                                     opt(avatar),
                                     opt(join, "absent: open"),
                                     opt(speak, "absent: everyone"),
                                     opt(members_max, "absent: 0"),
                                     opt(slow_mode_ms, "absent: 0"),
                                     opt(history_visible, "absent: true")};
constexpr FieldUse kAddGroup[] = {one(groupid), one(groupname), own()};
constexpr FieldUse kLoginout[] = {own(), opt(revoke)};
constexpr FieldUse kEnter[] = {req(id, "one of the members in LOGIN_ACK")};
constexpr FieldUse kSync[] = {
    most(friendid), most(groupid), req(since), opt(epoch, "0 or absent: none known yet"),
    page(kSyncLimitMax, "absent: 500; a page also ends at `message.sync_bytes_max`, 128 KiB")};
constexpr FieldUse kHistory[] = {one(friendid), one(groupid), opt(before),
                                 page(kHistoryLimitMax, "absent: 50")};
constexpr FieldUse kReceived[] = {req(seq, "every entry of the inbox up to here has arrived")};
constexpr FieldUse kMark[] = {one(friendid), one(groupid), opt(delivered), opt(read, "implies delivered")};
constexpr FieldUse kConversations[] = {opt(after), page(kConversationsLimitMax, "absent: 100")};
constexpr FieldUse kFriends[] = {opt(after_id), page(kListLimitMax, "absent: 200")};
constexpr FieldUse kAnswerFriend[] = {req(friendid), req(accept)};
constexpr FieldUse kLeaveGroup[] = {req(groupid)};
constexpr FieldUse kGroupMembers[] = {req(groupid), opt(after_id), page(kListLimitMax, "absent: 200")};
constexpr FieldUse kChangePassword[] = {req(password, "the present one"), req(new_password)};
constexpr FieldUse kRevokeToken[] = {one(token_id), one(device, "the tokens of this device"), one(all)};
constexpr FieldUse kReport[] = {one(friendid), one(groupid), req(cseq, "which message of the conversation"),
                                opt(reason)};

// From the server -------------------------------------------------------------------------------------------
constexpr FieldUse kLoginAck[] = {may(id, "the member: classic or entered"),
                                  may(name, "its name"),
                                  may(friends),
                                  may(groups),
                                  may(offlinemsg, "classic"),
                                  may(account, "not in a classic answer"),
                                  may(app),
                                  may(zone),
                                  may(device),
                                  may(members),
                                  may(token),
                                  may(token_expires_ms),
                                  may(entered),
                                  may(epoch, "this and the next: when entered, as ENTER_ACK"),
                                  may(avatar),
                                  may(custom),
                                  may(friends_from),
                                  may(messages_from),
                                  may(head),
                                  may(received),
                                  may(last_send_id),
                                  may(heartbeat_ms),
                                  may(body_bytes_max),
                                  may(more)};
constexpr FieldUse kRegAck[] = {has(id, "the first member"), has(account), has(name, "of the member")};
constexpr FieldUse kOneChatPush[] = {
    has(id, "the sender"),
    has(name, "of the sender, when sent"),
    has(toid),
    may(msg),
    may(body),
    has(kind),
    has(time),
    has(time_ms),
    has(mid),
    has(cseq),
    may(seq, "when read from the inbox"),
    may(epoch, "with seq"),
    may(send_id, "in the sender's own copy"),
    may(device, "with send_id: which device sent it"),
    may(reply_to),
    may(edited_ms, "of an edited message; so are the next"),
    may(edits),
    may(recalled_ms, "of a recalled message, whose msg or body is empty; so are the next"),
    may(recalled_by)};
constexpr FieldUse kGroupChatPush[] = {
    has(id, "the sender; 0: the server"),
    has(name, "of the sender, when sent"),
    has(groupid),
    may(msg),
    may(body),
    has(kind),
    has(time),
    has(time_ms),
    has(mid),
    has(cseq),
    may(seq, "when read from the inbox"),
    may(epoch, "with seq"),
    may(send_id, "in the sender's own copy"),
    may(device, "with send_id: which device sent it"),
    may(reply_to),
    may(edited_ms, "of an edited message; so are the next"),
    may(edits),
    may(recalled_ms, "of a recalled message, whose msg or body is empty; so are the next"),
    may(recalled_by)};
constexpr FieldUse kAddFriendAck[] = {has(friendid), has(name), has(friendship), has(state)};
constexpr FieldUse kCreateGroupAck[] = {has(groupid), has(groupname), has(groupdesc)};
constexpr FieldUse kAddGroupAck[] = {has(groupid),
                                     has(groupname),
                                     has(groupdesc),
                                     has(users, "none of a group with more than 500: see GROUP_MEMBERS"),
                                     may(large, "then this and the next, as in a list of groups"),
                                     may(head),
                                     may(read)};
constexpr FieldUse kEnterAck[] = {has(id),
                                  has(name),
                                  may(avatar, "this and the next three: when they are set"),
                                  may(custom),
                                  may(friends_from),
                                  may(messages_from),
                                  may(token, "of the member: logs in and enters at once"),
                                  may(token_expires_ms),
                                  has(epoch, "of the inbox, as head"),
                                  has(head),
                                  has(received),
                                  has(last_send_id),
                                  has(heartbeat_ms),
                                  has(body_bytes_max),
                                  has(friends),
                                  has(groups),
                                  may(more, "when there are more friends than listed: see FRIENDS")};
constexpr FieldUse kReadyAck[] = {has(epoch), has(head, "pushes begin behind it: sync what is before")};
constexpr FieldUse kSendAck[] = {has(send_id),
                                 may(mid, "absent when dup and the original is trimmed, as the next"),
                                 may(seq, "of the sender's own copy; not in a large group"),
                                 may(cseq),
                                 may(time_ms),
                                 has(epoch),
                                 has(dup),
                                 may(expected, "with errno 14 and 28")};
constexpr FieldUse kOk[] = {has(to), may(received, "answers RECEIVED"), may(delivered, "answers MARK"),
                            may(read, "answers MARK")};
constexpr FieldUse kSyncAck[] = {has(epoch),   has(head), has(trimmed),
                                 has(too_old), has(more), has(messages, "ascending, gapless")};
constexpr FieldUse kHistoryAck[] = {has(epoch), has(head), has(more), has(messages, "newest first, gapless")};
constexpr FieldUse kReceipt[] = {has(id, "who received or read"),
                                 may(friendid, "the conversation: with this member"),
                                 may(groupid, "or of this group"), has(delivered), has(read)};
constexpr FieldUse kHeartbeatPush[] = {may(epoch, "of the inbox, as head; absent before ENTER"), may(head)};
constexpr FieldUse kHeartbeatAck[] = {may(epoch, "of the inbox, as head; absent before ENTER"), may(head),
                                      has(time_ms, "the server's clock")};
constexpr FieldUse kHead[] = {may(groupid, "a large group; absent: the inbox"), may(epoch, "of the inbox"),
                              has(head, "sync from where you are"),
                              may(read, "with groupid: where to begin when you do not follow it")};
constexpr FieldUse kConversationsAck[] = {has(conversations), has(more), may(after, "when more")};
constexpr FieldUse kFriendsAck[] = {has(friends), has(more)};
constexpr FieldUse kGroupsAck[] = {has(groups)};
constexpr FieldUse kGroupMembersAck[] = {has(groupid), has(users), has(more)};
constexpr FieldUse kGroupEvent[] = {
    has(event, "joined, left, requested, invited, refused, removed or dissolved"),
    has(groupid),
    has(groupname),
    has(id, "who; oneself by another device"),
    has(name),
    may(large, "when oneself joined one, this and the next as in a list of groups"),
    may(head),
    may(read)};
constexpr FieldUse kTokensAck[] = {has(tokens)};
constexpr FieldUse kGoodbye[] = {has(error_code, "why"),
                                 has(errmsg),
                                 has(reconnect),
                                 may(retry_after_ms),
                                 may(reason, "with errno 41 and 43"),
                                 may(until_ms, "with errno 41")};
constexpr FieldUse kError[] = {may(to, "when the request's msgid could be read")};

using Uses = std::span<const FieldUse>;
constexpr State kOut = State::logged_out, kAccount = State::authenticated, kEntered = State::entered,
                kLast = State::ready;

consteval MessageInfo request(Msg msg, std::string_view name, Msg ack, State from, State until,
                              std::string_view meaning, Uses uses = {}) {
  return {msg, name, Direction::client, ack, from, until, meaning, uses, {}};
}
consteval MessageInfo server(Msg msg, std::string_view name, std::string_view meaning, Uses uses) {
  return {msg, name, Direction::server, Msg::none, kOut, kLast, meaning, {}, uses};
}
consteval MessageInfo both(Msg msg, std::string_view name, Msg ack, State from, State until,
                           std::string_view meaning, Uses uses, Uses push) {
  return {msg, name, Direction::both, ack, from, until, meaning, uses, push};
}

constexpr MessageInfo kMessageTable[] = {
    request(Msg::login, "LOGIN", Msg::login_ack, kOut, kOut,
            "log in with a password, a token or a vendor's proof", kLogin),
    server(Msg::login_ack, "LOGIN_ACK",
           "classic: who you are, and what waits; else the account and its members", kLoginAck),
    request(Msg::reg, "REG", Msg::reg_ack, kOut, kOut, "make an account and its first member", kReg),
    server(Msg::reg_ack, "REG_ACK", "the account and its member", kRegAck),
    both(Msg::one_chat, "ONE_CHAT", Msg::send_ack, kEntered, kLast, "a message to one member", kOneChat,
         kOneChatPush),
    request(Msg::add_friend, "ADD_FRIEND", Msg::add_friend_ack, kEntered, kLast,
            "become or ask to become friends", kAddFriend),
    server(Msg::add_friend_ack, "ADD_FRIEND_ACK", "how the two stand now", kAddFriendAck),
    request(Msg::create_group, "CREATE_GROUP", Msg::create_group_ack, kEntered, kLast,
            "make a group and own it", kCreateGroup),
    server(Msg::create_group_ack, "CREATE_GROUP_ACK", "the new group", kCreateGroupAck),
    request(Msg::add_group, "ADD_GROUP", Msg::add_group_ack, kEntered, kLast, "join a group", kAddGroup),
    server(Msg::add_group_ack, "ADD_GROUP_ACK", "the group and who is in it", kAddGroupAck),
    both(Msg::group_chat, "GROUP_CHAT", Msg::send_ack, kEntered, kLast, "a message to a group", kGroupChat,
         kGroupChatPush),
    request(Msg::loginout, "LOGINOUT", Msg::ok, kAccount, kLast, "log out; the connection may log in again",
            kLoginout),
    request(Msg::create_member, "CREATE_MEMBER", Msg::create_member_ack, kAccount, kLast,
            "make a member of the account in the zone of the login", kCreateMember),
    server(Msg::create_member_ack, "CREATE_MEMBER_ACK", "the new member", kCreateMemberAck),
    request(Msg::enter, "ENTER", Msg::enter_ack, kAccount, kAccount, "be this member from now on", kEnter),
    server(Msg::enter_ack, "ENTER_ACK", "where this device was, and the member's friends and groups",
           kEnterAck),
    request(Msg::ready, "READY", Msg::ready_ack, kEntered, kLast, "pushes may come"),
    server(Msg::ready_ack, "READY_ACK", "the border between sync and push", kReadyAck),
    server(Msg::send_ack, "SEND_ACK", "the message is durable (errno 0)", kSendAck),
    server(Msg::ok, "OK", "done; answers requests without an ack of their own", kOk),
    request(Msg::sync, "SYNC", Msg::sync_ack, kEntered, kLast,
            "the entries of the own inbox, or of one conversation, after a position", kSync),
    server(Msg::sync_ack, "SYNC_ACK", "a page of a stream", kSyncAck),
    request(Msg::history, "HISTORY", Msg::history_ack, kEntered, kLast, "a conversation backwards", kHistory),
    server(Msg::history_ack, "HISTORY_ACK", "a page of a conversation", kHistoryAck),
    request(Msg::received, "RECEIVED", Msg::ok, kEntered, kLast,
            "moves this device's receive cursor; answered when rid is given", kReceived),
    request(Msg::mark, "MARK", Msg::ok, kEntered, kLast,
            "how far a conversation arrived and was read; answered when rid is given", kMark),
    server(Msg::receipt, "RECEIPT", "how far the other one is", kReceipt),
    both(Msg::heartbeat, "HEARTBEAT", Msg::heartbeat_ack, kOut, kLast, "still there, and where the head is",
         {}, kHeartbeatPush),
    server(Msg::heartbeat_ack, "HEARTBEAT_ACK", "the head and the server's clock", kHeartbeatAck),
    server(Msg::head, "HEAD", "too slow for pushes: this is the head, sync", kHead),
    request(Msg::conversations, "CONVERSATIONS", Msg::conversations_ack, kEntered, kLast,
            "own conversations with unread counts", kConversations),
    server(Msg::conversations_ack, "CONVERSATIONS_ACK", "a page of conversations", kConversationsAck),
    request(Msg::friends, "FRIENDS", Msg::friends_ack, kEntered, kLast, "own friends", kFriends),
    server(Msg::friends_ack, "FRIENDS_ACK", "a page of friends, by id", kFriendsAck),
    request(Msg::answer_friend, "ANSWER_FRIEND", Msg::ok, kEntered, kLast, "answer a request to be friends",
            kAnswerFriend),
    request(Msg::remove_friend, "REMOVE_FRIEND", Msg::ok, kEntered, kLast,
            "end a friendship, withdraw a request", kRemoveFriend),
    request(Msg::block, "BLOCK", Msg::ok, kEntered, kLast, "block or unblock a member", kBlock),
    request(Msg::remark, "REMARK", Msg::ok, kEntered, kLast, "own note on a friend", kRemark),
    server(Msg::friend_event, "FRIEND_EVENT", "another member changed how the two stand", kFriendEvent),
    server(Msg::presence, "PRESENCE", "a friend, or somebody of a watched group, came or went", kPresence),
    request(Msg::leave_group, "LEAVE_GROUP", Msg::ok, kEntered, kLast, "leave a group", kLeaveGroup),
    request(Msg::groups, "GROUPS", Msg::groups_ack, kEntered, kLast, "own groups"),
    server(Msg::groups_ack, "GROUPS_ACK", "own groups", kGroupsAck),
    request(Msg::group_members, "GROUP_MEMBERS", Msg::group_members_ack, kEntered, kLast, "who is in a group",
            kGroupMembers),
    server(Msg::group_members_ack, "GROUP_MEMBERS_ACK", "a page of a group's members, by id",
           kGroupMembersAck),
    server(Msg::group_event, "GROUP_EVENT", "somebody joined or left a group", kGroupEvent),
    request(Msg::find, "FIND", Msg::find_ack, kEntered, kLast, "a member or a group by name or id", kFind),
    server(Msg::find_ack, "FIND_ACK", "the one that was found", kFindAck),
    request(Msg::change_password, "CHANGE_PASSWORD", Msg::ok, kAccount, kLast,
            "all other tokens and sessions of the account end", kChangePassword),
    request(Msg::tokens, "TOKENS", Msg::tokens_ack, kAccount, kLast, "the account's valid tokens"),
    server(Msg::tokens_ack, "TOKENS_ACK", "the account's valid tokens", kTokensAck),
    request(Msg::revoke_token, "REVOKE_TOKEN", Msg::ok, kAccount, kLast,
            "end tokens and the sessions that use them", kRevokeToken),
    server(Msg::goodbye, "GOODBYE", "the server closes the connection now", kGoodbye),
    server(Msg::error, "ERROR", "answers what has no ack: malformed frames, unknown msgids", kError),
    request(Msg::set_group, "SET_GROUP", Msg::ok, kEntered, kLast, "change settings of a group", kSetGroup),
    request(Msg::group_info, "GROUP_INFO", Msg::group_info_ack, kEntered, kLast,
            "settings of a group, one's own standing in it, and its pins", kGroupInfo),
    server(Msg::group_info_ack, "GROUP_INFO_ACK", "a group as a member sees it", kGroupInfoAck),
    request(Msg::change_group_member, "CHANGE_GROUP_MEMBER", Msg::ok, kEntered, kLast,
            "invite, approve, refuse, kick, ban, mute a member, or change its role", kChangeGroupMember),
    request(Msg::group_list, "GROUP_LIST", Msg::group_list_ack, kEntered, kLast,
            "who asked to join, was invited or is banned; for admins", kGroupList),
    server(Msg::group_list_ack, "GROUP_LIST_ACK", "a page of such a list, by member id", kGroupListAck),
    request(Msg::invitations, "INVITATIONS", Msg::invitations_ack, kEntered, kLast,
            "the groups one was invited to"),
    server(Msg::invitations_ack, "INVITATIONS_ACK", "the groups one was invited to", kInvitationsAck),
    request(Msg::pin, "PIN", Msg::ok, kEntered, kLast, "pin a message of a group, or take the pin off", kPin),
    request(Msg::dissolve_group, "DISSOLVE_GROUP", Msg::ok, kEntered, kLast, "end a group; by its owner",
            kDissolveGroup),
    request(Msg::mute_group, "MUTE_GROUP", Msg::ok, kEntered, kLast,
            "only the owner and admins may speak, for a while or until it is ended", kMuteGroup),
    request(Msg::subscribe, "SUBSCRIBE", Msg::subscribe_ack, kLast, kLast,
            "follow a channel, from now on or from a position", kSubscribe),
    server(Msg::subscribe_ack, "SUBSCRIBE_ACK", "what was missed, or that it cannot be told", kSubscribeAck),
    request(Msg::unsubscribe, "UNSUBSCRIBE", Msg::ok, kEntered, kLast, "follow a channel no more",
            kUnsubscribe),
    request(Msg::publish, "PUBLISH", Msg::publish_ack, kEntered, kLast,
            "say something in a channel; answered when rid or send_id is given", kPublish),
    server(Msg::publish_ack, "PUBLISH_ACK", "its place in the channel", kPublishAck),
    server(Msg::publication, "PUBLICATION", "somebody said something in a channel", kPublication),
    server(Msg::channel_head, "CHANNEL_HEAD",
           "no more pushes of this channel: subscribe again from the own position", kChannelHead),
    request(Msg::channels, "CHANNELS", Msg::channels_ack, kEntered, kLast, "the channels of the zone",
            kChannels),
    server(Msg::channels_ack, "CHANNELS_ACK", "a page of channels, by name", kChannelsAck),
    both(Msg::typing, "TYPING", Msg::ok, kEntered, kLast, "somebody is writing; answered when rid is given",
         kTyping, kTypingPush),
    request(Msg::watch_presence, "WATCH_PRESENCE", Msg::watch_presence_ack, kLast, kLast,
            "be told who of a small group comes and goes", kWatchPresence),
    server(Msg::watch_presence_ack, "WATCH_PRESENCE_ACK", "who of them is online", kWatchPresenceAck),
    server(Msg::watch_ended, "WATCH_ENDED", "the group's members changed: watch again", kWatchEnded),
    request(Msg::report, "REPORT", Msg::ok, kEntered, kLast, "tell the operators of a message", kReport),
    request(Msg::recall, "RECALL", Msg::send_ack, kEntered, kLast, "take back what a message says, for good",
            kRecall),
    request(Msg::edit, "EDIT", Msg::send_ack, kEntered, kLast, "change what an own message says", kEdit),
    request(Msg::versions, "VERSIONS", Msg::versions_ack, kEntered, kLast,
            "what a message said before its edits", kVersions),
    server(Msg::versions_ack, "VERSIONS_ACK", "a page of versions", kVersionsAck),
    request(Msg::search, "SEARCH", Msg::search_ack, kEntered, kLast,
            "find messages of the own conversations by their words", kSearch),
    server(Msg::search_ack, "SEARCH_ACK", "a page of what was found", kSearchAck),
    request(Msg::set_member, "SET_MEMBER", Msg::ok, kEntered, kLast,
            "change one's own name, avatar and settings", kSetMember),
    server(Msg::member_event, "MEMBER_EVENT", "a friend has another name or avatar, or oneself",
           kMemberEvent),
};

constexpr ErrnoInfo kErrnoTable[] = {
    {Errno::ok, "OK", "ok", Closes::never},
    {Errno::no_such_peer, "NO_SUCH_PEER", "no such member", Closes::never},
    {Errno::bad_credentials, "BAD_CREDENTIALS", "unknown account or wrong password", Closes::never},
    {Errno::already_logged_in, "ALREADY_LOGGED_IN", "already logged in", Closes::never},
    {Errno::reg_failed, "REG_FAILED", "registration failed", Closes::never},
    {Errno::create_group_failed, "CREATE_GROUP_FAILED", "the group could not be made", Closes::never},
    {Errno::add_friend_failed, "ADD_FRIEND_FAILED", "the friend could not be added", Closes::never},
    {Errno::add_group_failed, "ADD_GROUP_FAILED", "the group could not be joined", Closes::never},
    {Errno::bad_request, "BAD_REQUEST", "the request is not right", Closes::when_malformed},
    {Errno::not_logged_in, "NOT_LOGGED_IN", "log in first", Closes::never},
    {Errno::too_large, "TOO_LARGE", "too large", Closes::when_malformed},
    {Errno::rate_limited, "RATE_LIMITED", "too many messages, wait a little", Closes::never},
    {Errno::not_permitted, "NOT_PERMITTED", "not permitted", Closes::never},
    {Errno::unavailable, "UNAVAILABLE", "not stored; try again with the same send_id", Closes::never},
    {Errno::send_id_ahead, "SEND_ID_AHEAD", "a smaller send_id is expected first", Closes::never},
    {Errno::no_such_group, "NO_SUCH_GROUP", "no such group", Closes::never},
    {Errno::not_in_group, "NOT_IN_GROUP", "not a member of this group", Closes::never},
    {Errno::name_taken, "NAME_TAKEN", "this name is taken", Closes::never},
    {Errno::name_invalid, "NAME_INVALID", "this name is not allowed", Closes::never},
    {Errno::token_invalid, "TOKEN_INVALID", "the token is unknown, expired or revoked", Closes::never},
    {Errno::login_limited, "LOGIN_LIMITED", "too many failed logins, wait", Closes::never},
    {Errno::limit_reached, "LIMIT_REACHED", "a limit of this server is reached", Closes::never},
    {Errno::unknown_msgid, "UNKNOWN_MSGID", "a client cannot send this msgid", Closes::never},
    {Errno::not_ready, "NOT_READY", "enter as a member first", Closes::never},
    {Errno::timeout, "TIMEOUT", "nothing came in time", Closes::always},
    {Errno::kicked, "KICKED", "this device logged in elsewhere", Closes::always},
    {Errno::revoked, "REVOKED", "the token was revoked", Closes::always},
    {Errno::server_closing, "SERVER_CLOSING", "the server is going down", Closes::always},
    {Errno::conflict, "CONFLICT", "not possible in this state", Closes::never},
    {Errno::no_such_zone, "NO_SUCH_ZONE", "no such app or zone", Closes::never},
    {Errno::try_again, "TRY_AGAIN", "busy, try again", Closes::never},
    {Errno::group_muted, "GROUP_MUTED", "muted in this group", Closes::never},
    {Errno::group_banned, "GROUP_BANNED", "banned from this group", Closes::never},
    {Errno::join_requested, "JOIN_REQUESTED", "asked to join; the owner or an admin answers", Closes::never},
    {Errno::no_such_channel, "NO_SUCH_CHANNEL", "no such channel", Closes::never},
    {Errno::muted, "MUTED", "you may not send messages here", Closes::never},
    {Errno::banned, "BANNED", "you may not enter here", Closes::never},
    {Errno::content_refused, "CONTENT_REFUSED", "the message has words that are not wanted here",
     Closes::never},
    {Errno::session_ended, "SESSION_ENDED", "an operator has ended this session", Closes::always},
    {Errno::no_such_message, "NO_SUCH_MESSAGE", "no such message", Closes::never},
    {Errno::message_recalled, "MESSAGE_RECALLED", "the message was recalled", Closes::never},
    {Errno::too_late, "TOO_LATE", "too late for that", Closes::never},
    {Errno::quota_reached, "QUOTA_REACHED", "the app has as much as it may", Closes::never},
    {Errno::app_rate_limited, "APP_RATE_LIMITED", "too many messages of this app, wait a little",
     Closes::never},
    {Errno::no_such_file, "NO_SUCH_FILE", "no such file", Closes::never},
};

// What stands in lists --------------------------------------------------------------------------------------
constexpr Shape kShapeTable[] = {{"friend", kFriendShape, "friends"},
                                 {"user", kUserShape, "users"},
                                 {"group", kGroupShape, "groups"},
                                 {"member", kMemberShape, "members"},
                                 {"conversation", kConversationShape, "conversations"},
                                 {"token", kTokenShape, "tokens"},
                                 {"channel", kChannelShape, "channels"},
                                 {"member's presence", kPresenceShape, "presence"},
                                 {"pin", kPinShape, "pins"},
                                 {"listed", kListedShape, "entries"},
                                 {"invitation", kInvitationShape, "invitations"},
                                 {"version", kVersionShape, "versions"},
                                 {"result", kResultShape, "results"}};

// What must hold between the tables -------------------------------------------------------------------------
consteval bool fields_in_order() {
  for (std::size_t i = 0; i < kFields; ++i) {
    if (kFieldTable[i].field != static_cast<Field>(i) || kFieldTable[i].name.empty()) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (kFieldTable[i].name == kFieldTable[j].name) return false;
    }
  }
  return true;
}
static_assert(fields_in_order(),
              "the field table has every field once, in the order of the enum, under its own name");

// Where a number's row is. Rows stand in the order of their numbers; a number without a row is for ever free or for later.
constexpr std::uint8_t kNoRow = 0xff;
static_assert(std::size(kMessageTable) < kNoRow && std::size(kErrnoTable) < kNoRow);

constexpr auto kMessageRow = [] {
  std::array<std::uint8_t, kMsgidMax + 1> rows{};
  rows.fill(kNoRow);
  for (std::size_t i = 0; i < std::size(kMessageTable); ++i) {
    rows.at(static_cast<std::size_t>(kMessageTable[i].msg)) = static_cast<std::uint8_t>(i);
  }
  return rows;
}();
constexpr auto kErrnoRow = [] {
  std::array<std::uint8_t, kErrnoMax + 1> rows{};
  rows.fill(kNoRow);
  for (std::size_t i = 0; i < std::size(kErrnoTable); ++i) {
    rows.at(static_cast<std::size_t>(kErrnoTable[i].error)) = static_cast<std::uint8_t>(i);
  }
  return rows;
}();

consteval bool messages_in_order() {
  for (std::size_t i = 0; i < std::size(kMessageTable); ++i) {
    if (kMessageTable[i].msg == Msg::none || kMessageTable[i].name.empty()) return false;
    if (i > 0 && kMessageTable[i].msg <= kMessageTable[i - 1].msg) return false;
    for (std::size_t j = 0; j < i; ++j) {
      if (kMessageTable[i].name == kMessageTable[j].name) return false;
    }
  }
  return true;
}
static_assert(messages_in_order(), "msgids ascend from 1 and names are unique");

consteval bool errnos_in_order() {
  if (kErrnoTable[0].error != Errno::ok) return false;
  for (std::size_t i = 0; i < std::size(kErrnoTable); ++i) {
    if (kErrnoTable[i].text.empty() || kErrnoTable[i].name.empty()) return false;
    if (i > 0 && kErrnoTable[i].error <= kErrnoTable[i - 1].error) return false;
  }
  return true;
}
static_assert(errnos_in_order(), "errnos ascend from 0");

consteval bool acks_exist() {
  for (const MessageInfo& m : kMessageTable) {
    const bool sendable = m.direction != Direction::server;
    if (sendable != (m.ack != Msg::none)) return false;
    if (!sendable && !m.request.empty()) return false;
    if (m.direction == Direction::client && !m.reply.empty()) return false;
    if (!sendable) continue;
    const std::uint8_t row = kMessageRow.at(static_cast<std::size_t>(m.ack));
    if (row == kNoRow || kMessageTable[row].direction == Direction::client) return false;
    if (sendable && m.from > m.until) return false;
  }
  return true;
}
static_assert(acks_exist(), "every request is answered by a frame of the server");

consteval bool uses_are_sound() {
  for (const MessageInfo& m : kMessageTable) {
    FieldSet seen;
    std::size_t ones = 0;
    for (const FieldUse& u : m.request) {
      if (static_cast<std::size_t>(u.field) >= kRequestFields) return false;  // the parser would never see it
      if (u.field == msgid || u.field == rid || seen.has(u.field)) return false;
      if (u.need == Need::always || u.need == Need::sometimes) return false;
      if ((u.need == Need::required_with) != u.with.any()) return false;
      if (u.min < info(u.field).min || u.max > info(u.field).max || u.min > u.max)
        return false;  // only narrower
      seen |= bit(u.field);
      ones += u.need == Need::one_of || u.need == Need::at_most_one;
    }
    if (ones == 1) return false;
    for (const FieldUse& u : m.reply) {
      if (u.need != Need::always && u.need != Need::sometimes) return false;
    }
  }
  return true;
}
static_assert(uses_are_sound(),
              "requests use request fields, each once, within the bounds of the field table");

constexpr auto kRules = [] {
  std::array<detail::RequestRules, kMsgidMax + 1> all{};
  for (const MessageInfo& m : kMessageTable) {
    detail::RequestRules& rules = all[static_cast<std::size_t>(m.msg)];
    for (const FieldUse& u : m.request) {
      rules.uses |= bit(u.field);
      if (u.need == Need::required) rules.required |= bit(u.field);
      if (u.need == Need::one_of) rules.one_of |= bit(u.field);
      if (u.need == Need::at_most_one) rules.at_most_one |= bit(u.field);
      if (u.need == Need::required_with) rules.conditional = true;
      if (u.field == kind) rules.conditional = true;
    }
  }
  return all;
}();

}  // namespace

std::span<const MessageInfo> messages() { return kMessageTable; }
std::span<const ErrnoInfo> errnos() { return kErrnoTable; }
std::span<const Shape> shapes() { return kShapeTable; }

const MessageInfo* find_message(std::uint64_t number) {
  if (number > kMsgidMax || kMessageRow[number] == kNoRow) return nullptr;
  return &kMessageTable[kMessageRow[number]];
}

const ErrnoInfo* find_errno(std::uint64_t number) {
  if (number > kErrnoMax || kErrnoRow[number] == kNoRow) return nullptr;
  return &kErrnoTable[kErrnoRow[number]];
}

const MessageInfo& info(Msg message) {
  const MessageInfo* found = find_message(static_cast<std::uint64_t>(message));
  PLAZA_CHECK(found != nullptr);
  return *found;
}

const ErrnoInfo& info(Errno error) {
  const ErrnoInfo* found = find_errno(static_cast<std::uint64_t>(error));
  PLAZA_CHECK(found != nullptr);
  return *found;
}

std::string_view name_of(Msg message) {
  const MessageInfo* found = find_message(static_cast<std::uint64_t>(message));
  return found != nullptr ? found->name : std::string_view("UNKNOWN");
}

std::string_view name_of(Errno error) {
  const ErrnoInfo* found = find_errno(static_cast<std::uint64_t>(error));
  return found != nullptr ? found->name : std::string_view("UNKNOWN");
}

Msg ack_of(Msg message) {
  const MessageInfo* found = find_message(static_cast<std::uint64_t>(message));
  return found != nullptr && found->ack != Msg::none ? found->ack : Msg::error;
}

Errno check_state(Msg message, State state) {
  const MessageInfo* found = find_message(static_cast<std::uint64_t>(message));
  if (found == nullptr || found->direction == Direction::server) return Errno::unknown_msgid;
  if (state < found->from) return state == State::logged_out ? Errno::not_logged_in : Errno::not_ready;
  if (state > found->until)
    return found->until == State::logged_out ? Errno::already_logged_in : Errno::conflict;
  return Errno::ok;
}

bool claims_sender(Msg message) {
  for (const FieldUse& u : info(message).request) {
    if (u.need == Need::own_id) return true;
  }
  return false;
}

std::string allowed_text(FieldType type, std::uint64_t min, std::uint64_t max) {
  const std::string range = std::to_string(min) + ".." + std::to_string(max);
  switch (type) {
    case FieldType::integer: return "integer " + range;
    case FieldType::string: return "string of " + range + " bytes";
    case FieldType::boolean: return "true or false";
    case FieldType::object: return "JSON object of at most " + std::to_string(max) + " bytes";
    case FieldType::list: return "list";
  }
  return {};
}

const detail::RequestRules& detail::request_rules(Msg message) {
  return kRules[static_cast<std::size_t>(message)];
}

}  // namespace plaza::protocol
