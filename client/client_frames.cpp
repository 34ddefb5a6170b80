// What the server says, and to whom it goes: the rules, a request that waits, or the application.
#include "client/client_core.h"
#include "client/wire.h"
#include "net/shard.h"

namespace plaza::client {

using namespace protocol;

namespace {
/// A frame itself was wrong: nobody can be answered.
bool is_fault(Errno error) { return error == Errno::bad_request || error == Errno::too_large; }
}  // namespace

void ClientCore::dispatch(ServerMessage message) {
  const std::uint64_t rid = message.rid.value_or(0);
  if (rid >= SessionRules::rid_first) {
    give_reply(*rules_, message, now_ms());
    return arm_pump();
  }
  if (const auto request = requests_.find(rid); rid != 0 && request != requests_.end()) {
    Client::ReplyCallback done = std::move(request->second.done);
    requests_.erase(request);
    note_groups(*rules_, message);
    arm_pump();
    if (done) done(Reply{.message = std::move(message), .answered = true});
    return;
  }
  on_push(message);
}

void ClientCore::on_push(const ServerMessage& message) {
  if (const auto* chat = message.get<Chat>()) {
    rules_->push(to_message(*chat, rules_->member()), now_ms());
    return arm_pump();
  }
  if (const auto* beat = message.get<HeartbeatPush>()) {
    rules_->head(beat->epoch, beat->head);
    std::string frame;
    encode(frame, Heartbeat{});
    write(frame);
    return arm_pump();
  }
  if (const auto* beat = message.get<HeartbeatAck>()) {
    rules_->head(beat->epoch, beat->head);
    return arm_pump();
  }
  if (const auto* head = message.get<HeadPush>(); head && !head->groupid) {
    rules_->head(head->epoch, head->head);
    return arm_pump();
  }
  if (message.get<HeadPush>() || message.get<GroupEventPush>()) {
    note_groups(*rules_, message);
    arm_pump();
  }
  if (const auto* goodbye = message.get<GoodbyePush>()) return on_goodbye(*goodbye);
  if (message.msgid == Msg::error && message.refused()) {
    // It belongs to no request of ours: the server is about to close.
    last_why_ = refusal_text(message.refusal);
    if (is_fault(message.refusal.error)) fault_ = message.refusal;
    return;
  }
  if (const auto* publication = message.get<Publication>()) {
    channels_.pushed(*publication);
    return work_channels();
  }
  if (const auto* head = message.get<ChannelHeadPush>()) {
    channels_.head(head->channel);
    return work_channels();
  }
  if (events_ == nullptr) return;
  if (const auto* receipt = message.get<ReceiptPush>()) return events_->on_receipt(*receipt);
  if (const auto* presence = message.get<PresencePush>()) return events_->on_presence(*presence);
  if (const auto* event = message.get<FriendEventPush>()) return events_->on_friend_event(*event);
  if (const auto* event = message.get<MemberEventPush>()) return events_->on_member_event(*event);
  if (const auto* typing = message.get<TypingPush>()) return events_->on_typing(*typing);
  if (const auto* event = message.get<GroupEventPush>()) return events_->on_group_event(*event);
}

void ClientCore::on_goodbye(const GoodbyePush& goodbye) {
  Refusal why{.error = goodbye.error, .message = goodbye.message, .field = {}, .allowed = {}};
  why.reason = goodbye.reason;
  why.until_ms = goodbye.until_ms;
  last_why_ = refusal_text(why);
  if (is_fault(goodbye.error) && !fault_) fault_ = std::move(why);
  retry_after_ms_ = static_cast<std::int64_t>(goodbye.retry_after_ms);
  ended_ = !goodbye.reconnect && state_ != ClientState::connected;
}

}  // namespace plaza::client
