#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

#include "client/client.h"

namespace plaza::client {

/// A Client for programs that go step by step: every call waits for its answer, with a deadline. For tests and scripts.
///
/// Thread   Any thread but the client's own may call; several may at once.
/// Limit    messages_max messages wait to be taken by next_message(); beyond it the oldest is dropped.
/// Time     A deadline that passes gives answered = false (or nothing); what was asked may still happen.
class SyncClient final : private ClientEvents {
 public:
  static constexpr std::int64_t deadline_ms = 10'000;
  static constexpr std::size_t messages_max = 1'000'000;

  explicit SyncClient(ClientOptions options, net::Shard* shard = nullptr);
  ~SyncClient();

  /// register + login; the reply of the step that failed, else of the login.
  Reply register_and_login(const std::string& name, const std::string& password);
  Reply register_account(const std::string& name, const std::string& password,
                         std::int64_t wait_ms = deadline_ms);
  Reply login(Credentials credentials, std::int64_t wait_ms = deadline_ms);
  Reply enter(std::uint64_t member, std::int64_t wait_ms = deadline_ms);
  Reply create_member(const std::string& nickname, std::int64_t wait_ms = deadline_ms);
  Reply logout(bool revoke_token = false, std::int64_t wait_ms = deadline_ms);

  template <class R>
  Reply call(const R& typed, std::int64_t wait_ms = deadline_ms) {
    return wait_reply([&](Client::ReplyCallback done) { client_.request(typed, std::move(done)); }, wait_ms);
  }

  /// Waits until it is stored or refused; nothing when the deadline comes first.
  std::optional<SendOutcome> send(Conversation to, std::string body, std::int64_t wait_ms = deadline_ms,
                                  BodyKind kind = BodyKind::text);
  /// Does not wait; outcomes() and flush() tell.
  void send_later(Conversation to, std::string body, BodyKind kind = BodyKind::text);
  /// Waits until everything sent has an outcome.
  bool flush(std::int64_t wait_ms = deadline_ms);
  /// Of send_later(), in the order they came, and forgets them.
  std::vector<SendOutcome> take_outcomes();

  /// The next inbox entry, one's own included.
  std::optional<Message> next_message(std::int64_t wait_ms = deadline_ms);
  /// The next one of somebody else.
  std::optional<Message> next_from_others(std::int64_t wait_ms = deadline_ms);
  bool wait_state(ClientState state, std::int64_t wait_ms = deadline_ms);
  [[nodiscard]] ClientState state() const;
  /// Why the state is what it is.
  [[nodiscard]] std::string why() const;

  [[nodiscard]] std::uint64_t id() const;  ///< of the member
  [[nodiscard]] std::string token() const;
  [[nodiscard]] std::vector<Gap> gaps() const;
  std::optional<protocol::ReceiptPush> next_receipt(std::int64_t wait_ms = deadline_ms);
  std::optional<protocol::PresencePush> next_presence(std::int64_t wait_ms = deadline_ms);
  std::optional<protocol::FriendEventPush> next_friend_event(std::int64_t wait_ms = deadline_ms);
  std::optional<protocol::GroupEventPush> next_group_event(std::int64_t wait_ms = deadline_ms);
  Client& client() { return client_; }

 private:
  void on_state(ClientState state, const std::string& why) override;
  void on_entered(const protocol::EnterAck& ack) override;
  void on_message(const Message& message) override;
  void on_gap(const Gap& gap) override;
  void on_receipt(const protocol::ReceiptPush& receipt) override;
  void on_presence(const protocol::PresencePush& presence) override;
  void on_friend_event(const protocol::FriendEventPush& event) override;
  void on_group_event(const protocol::GroupEventPush& event) override;

  Reply wait_reply(const std::function<void(Client::ReplyCallback)>& ask, std::int64_t wait_ms);
  template <class T>
  void put(std::deque<T>& queue, const T& one);
  template <class T>
  std::optional<T> take(std::deque<T>& queue, std::int64_t wait_ms);

  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable changed_;
  ClientState state_ = ClientState::offline;
  std::string why_, token_;
  std::uint64_t id_ = 0;
  std::deque<Message> messages_;
  std::deque<protocol::ReceiptPush> receipts_;
  std::deque<protocol::PresencePush> presences_;
  std::deque<protocol::FriendEventPush> friend_events_;
  std::deque<protocol::GroupEventPush> group_events_;
  std::vector<Gap> gaps_;
  std::vector<SendOutcome> outcomes_;
  std::size_t open_sends_ = 0;
  // Last: its thread uses all of the above.
  Client client_;
};

}  // namespace plaza::client
