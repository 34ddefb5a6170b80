#include "client/sync_client.h"

#include <chrono>
#include <functional>

namespace plaza::client {
namespace {

using Clock = std::chrono::steady_clock;
Clock::time_point after(std::int64_t wait_ms) { return Clock::now() + std::chrono::milliseconds(wait_ms); }

/// A slot that outlives a caller who gave up waiting.
template <class T>
struct Slot {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<T> value;

  void set(T one) {
    const std::lock_guard lock(mutex);
    value = std::move(one);
    changed.notify_all();
  }
  std::optional<T> wait(std::int64_t wait_ms) {
    std::unique_lock lock(mutex);
    changed.wait_until(lock, after(wait_ms), [&] { return value.has_value(); });
    return std::move(value);
  }
};

}  // namespace

SyncClient::SyncClient(ClientOptions options, net::Shard* shard) : client_(std::move(options), *this, shard) {
  client_.start();
}
SyncClient::~SyncClient() { client_.stop(); }

Reply SyncClient::wait_reply(const std::function<void(Client::ReplyCallback)>& ask, std::int64_t wait_ms) {
  const auto slot = std::make_shared<Slot<Reply>>();
  ask([slot](const Reply& reply) { slot->set(reply); });
  if (auto reply = slot->wait(wait_ms)) return std::move(*reply);
  Reply none{.message = {}, .answered = false};
  none.message.refusal.error = protocol::Errno::timeout;
  none.message.refusal.message = "no answer in time (" + std::string(state_name(state())) + "; " + why() +
                                 ")";
  return none;
}

Reply SyncClient::register_and_login(const std::string& name, const std::string& password) {
  Reply reply = register_account(name, password);
  if (!reply.ok()) return reply;
  return login({.name = name, .password = password});
}
Reply SyncClient::register_account(const std::string& name, const std::string& password,
                                   std::int64_t wait_ms) {
  return wait_reply([&](auto done) { client_.register_account(name, password, std::move(done)); }, wait_ms);
}
Reply SyncClient::login(Credentials credentials, std::int64_t wait_ms) {
  return wait_reply([&](auto done) { client_.login(std::move(credentials), std::move(done)); }, wait_ms);
}
Reply SyncClient::enter(std::uint64_t member, std::int64_t wait_ms) {
  return wait_reply([&](auto done) { client_.enter(member, std::move(done)); }, wait_ms);
}
Reply SyncClient::create_member(const std::string& nickname, std::int64_t wait_ms) {
  return wait_reply([&](auto done) { client_.create_member(nickname, {}, std::move(done)); }, wait_ms);
}
Reply SyncClient::logout(bool revoke_token, std::int64_t wait_ms) {
  return wait_reply([&](auto done) { client_.logout(revoke_token, std::move(done)); }, wait_ms);
}

std::optional<SendOutcome> SyncClient::send(Conversation to, std::string body, std::int64_t wait_ms,
                                            BodyKind kind) {
  const auto slot = std::make_shared<Slot<SendOutcome>>();
  client_.send(to, std::move(body), [slot](const SendOutcome& outcome) { slot->set(outcome); }, kind);
  return slot->wait(wait_ms);
}

void SyncClient::send_later(Conversation to, std::string body, BodyKind kind) {
  {
    const std::lock_guard lock(mutex_);
    ++open_sends_;
  }
  client_.send(
      to, std::move(body),
      [this](const SendOutcome& outcome) {
        const std::lock_guard lock(mutex_);
        --open_sends_;
        outcomes_.push_back(outcome);
        changed_.notify_all();
      },
      kind);
}

bool SyncClient::flush(std::int64_t wait_ms) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, after(wait_ms), [&] { return open_sends_ == 0; });
}

std::vector<SendOutcome> SyncClient::take_outcomes() {
  const std::lock_guard lock(mutex_);
  return std::exchange(outcomes_, {});
}

template <class T>
void SyncClient::put(std::deque<T>& queue, const T& one) {
  const std::lock_guard lock(mutex_);
  if (queue.size() >= messages_max) queue.pop_front();
  queue.push_back(one);
  changed_.notify_all();
}

template <class T>
std::optional<T> SyncClient::take(std::deque<T>& queue, std::int64_t wait_ms) {
  std::unique_lock lock(mutex_);
  if (!changed_.wait_until(lock, after(wait_ms), [&] { return !queue.empty(); })) return std::nullopt;
  T one = std::move(queue.front());
  queue.pop_front();
  return one;
}

std::optional<Message> SyncClient::next_message(std::int64_t wait_ms) { return take(messages_, wait_ms); }
std::optional<Message> SyncClient::next_from_others(std::int64_t wait_ms) {
  const auto end = after(wait_ms);
  for (;;) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - Clock::now()).count();
    auto message = next_message(std::max<std::int64_t>(0, left));
    if (!message || !message->mine) return message;
  }
}
std::optional<protocol::ReceiptPush> SyncClient::next_receipt(std::int64_t wait_ms) {
  return take(receipts_, wait_ms);
}
std::optional<protocol::PresencePush> SyncClient::next_presence(std::int64_t wait_ms) {
  return take(presences_, wait_ms);
}
std::optional<protocol::FriendEventPush> SyncClient::next_friend_event(std::int64_t wait_ms) {
  return take(friend_events_, wait_ms);
}
std::optional<protocol::GroupEventPush> SyncClient::next_group_event(std::int64_t wait_ms) {
  return take(group_events_, wait_ms);
}

bool SyncClient::wait_state(ClientState state, std::int64_t wait_ms) {
  std::unique_lock lock(mutex_);
  return changed_.wait_until(lock, after(wait_ms), [&] { return state_ == state; });
}
ClientState SyncClient::state() const {
  const std::lock_guard lock(mutex_);
  return state_;
}
std::string SyncClient::why() const {
  const std::lock_guard lock(mutex_);
  return why_;
}
std::uint64_t SyncClient::id() const {
  const std::lock_guard lock(mutex_);
  return id_;
}
std::string SyncClient::token() const {
  const std::lock_guard lock(mutex_);
  return token_;
}
std::vector<Gap> SyncClient::gaps() const {
  const std::lock_guard lock(mutex_);
  return gaps_;
}

void SyncClient::on_state(ClientState state, const std::string& why) {
  const std::lock_guard lock(mutex_);
  state_ = state;
  if (!why.empty()) why_ = why;
  changed_.notify_all();
}
void SyncClient::on_entered(const protocol::EnterAck& ack) {
  const std::lock_guard lock(mutex_);
  id_ = ack.id.value;
  if (!ack.token.empty()) token_ = ack.token;
}
void SyncClient::on_message(const Message& message) { put(messages_, message); }
void SyncClient::on_gap(const Gap& gap) {
  const std::lock_guard lock(mutex_);
  gaps_.push_back(gap);
}
void SyncClient::on_receipt(const protocol::ReceiptPush& receipt) { put(receipts_, receipt); }
void SyncClient::on_presence(const protocol::PresencePush& presence) { put(presences_, presence); }
void SyncClient::on_friend_event(const protocol::FriendEventPush& event) { put(friend_events_, event); }
void SyncClient::on_group_event(const protocol::GroupEventPush& event) { put(group_events_, event); }

}  // namespace plaza::client
