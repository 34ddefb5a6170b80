#include "edge/member_requests.h"

#include <memory>
#include <optional>
#include <utility>

#include "chat/member_changes.h"
#include "edge/account_requests.h"
#include "edge/edge_node.h"
#include "edge/edge_shard.h"
#include "edge/session.h"

namespace plaza::edge {

using chat::Asked;
using chat::Refusal;
using chat::Verdict;
using protocol::Errno;

namespace {

std::optional<std::string> text(const std::optional<std::string_view>& value) {
  return value ? std::optional<std::string>(*value) : std::nullopt;
}

/// The field that is not this member's to set.
const char* not_allowed(const protocol::SetMember& wanted, const Limits& limits) {
  if (wanted.nickname && !limits.own_nickname) return "nickname";
  if (wanted.avatar && !limits.own_avatar) return "avatar";
  if (wanted.custom && !limits.own_custom) return "custom";
  return nullptr;
}

/// False for a word that is none.
bool read_settings(const protocol::SetMember& wanted, login::UpdateMemberRequest& update, Refusal& why) {
  using ports::FriendsFrom, ports::MessagesFrom;
  if (wanted.friends_from) {
    const auto word = *wanted.friends_from;
    if (word == "anyone") update.friends_from = FriendsFrom::anyone;
    if (word == "request") update.friends_from = FriendsFrom::on_request;
    if (word == "nobody") update.friends_from = FriendsFrom::nobody;
    why = {.error = Errno::bad_request, .field = "friends_from", .allowed = "anyone, request or nobody"};
    if (!update.friends_from) return false;
  }
  if (wanted.messages_from) {
    const auto word = *wanted.messages_from;
    if (word == "anyone") update.messages_from = MessagesFrom::anyone;
    if (word == "friends") update.messages_from = MessagesFrom::friends;
    why = {.error = Errno::bad_request, .field = "messages_from", .allowed = "anyone or friends"};
    if (!update.messages_from) return false;
  }
  return true;
}

}  // namespace

Verdict MemberRequests::set_member(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::SetMember>(request);
  const Asked asked = Asked::from(request);
  chat::Session& chat = session.chat();
  if (const char* field = not_allowed(wanted, shard_.limits())) {
    return chat::refuse(chat, asked,
                        {.error = Errno::not_permitted, .message = "only the app sets it", .field = field});
  }
  login::UpdateMemberRequest update{.zone = chat.zone,
                                    .member = chat.member->who.id,
                                    .nickname = text(wanted.nickname),
                                    .avatar = text(wanted.avatar),
                                    .custom = text(wanted.custom),
                                    .friends_from = {},
                                    .messages_from = {}};
  Refusal why;
  if (!read_settings(wanted, update, why)) return chat::refuse(chat, asked, std::move(why));
  EdgeParts& parts = shard_.node().parts();
  const bool started = parts.sql_workers.try_run(
      [this, id = session.id(), asked, update = std::move(update)] { change(id, asked, update); });
  return started ? Verdict::wait : chat::refuse(chat, asked, chat::busy());
}

/// On a worker. In force also when the session that asked has gone by then: the directory has it.
void MemberRequests::change(chat::SessionId session, const Asked& asked,
                            const login::UpdateMemberRequest& update) {
  EdgeParts& parts = shard_.node().parts();
  auto changed = parts.login.update_member(update);
  if (!changed) {
    shard_.shard().post([this, session, asked, why = AccountRequests::refusal_of(changed.error())] {
      if (Session* still = waiting(session)) {
        chat::refuse(still->chat(), asked, why);
        still->resume(chat::Resume::next);
      }
    });
    return;
  }
  const bool shown = update.nickname || update.avatar || update.custom;
  chat::put_in_force(shard_.node().chat(), shard_.hub().state().shard,
                     chat::read_member_news(parts.directory, std::move(*changed), shown), session,
                     [this, session, asked] {
                       if (Session* still = waiting(session)) {
                         chat::ok(still->chat(), asked);
                         still->resume(chat::Resume::next);
                       }
                     });
}

Session* MemberRequests::waiting(chat::SessionId session) {
  Session* still = shard_.find(session);
  return still && !still->closing() ? still : nullptr;
}

}  // namespace plaza::edge
