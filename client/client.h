#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "client/endpoint.h"
#include "client/rules/channel_book.h"
#include "client/rules/message.h"
#include "client/rules/session_rules.h"
#include "protocol/request.h"
#include "protocol/server_message.h"

namespace plaza::net {
class Shard;
}

namespace plaza::client {

class ClientCore;

/// How one proves who one is. Exactly one of: name, token, vendor.
struct Credentials {
  std::string name = {}, password = {};  ///< account
  std::string token = {};                ///< of an account or a member, from an earlier login
  std::string vendor = {}, vendor_user = {}, proof = {};  ///< third party
  /// The member to enter, when the account has several. 0: the only one, or the one named like the account; when that
  /// does not decide, ClientEvents::on_choose() asks.
  std::uint64_t member = 0;
};

struct ClientOptions {
  Endpoint endpoint = {};
  std::string device =
      "plaza-client";  ///< stable across starts of this program: send_ids and the receive cursor hang on it
  std::string platform = "cpp";
  std::string app = {}, zone = {};  ///< empty: the server's default
  std::uint16_t http_port = 7680;   ///< where files are, unless the endpoint is a WebSocket's
  std::string ca_file = {};         ///< TLS; empty: the system's
  bool verify_certificate = true;   ///< false only for tests on the own machine
  RulesLimits rules = {};
  /// A device that is new, or was away for long, starts this many entries before the head of the inbox (older ones are in
  /// the history). 0: everything since its receive cursor.
  std::uint64_t backlog_max = 0;
  /// stop() logs out and revokes every token that this run was given: for programs that keep none for their next start.
  bool revoke_on_stop = false;
  std::int64_t connect_timeout_ms = 10'000;  ///< from the first packet to online
  std::int64_t request_timeout_ms = 10'000;
  std::uint64_t seed = 0;  ///< of the jitter; 0: random
};

enum class ClientState : std::uint8_t {
  offline,  ///< start() was not called, or stop() was
  connecting,
  connected,  ///< nobody is logged in
  logging_in,
  choosing,  ///< logged in; the account has no member to enter without a decision
  online,
  waiting,  ///< the connection broke; the next attempt comes by itself
  ended,    ///< the server said that coming back the same way will not help: log in again
};
[[nodiscard]] std::string_view state_name(ClientState state);

/// What became of a request.
struct Reply {
  protocol::ServerMessage message;
  bool
      answered = true;  ///< false: no answer came (connection broke, timeout); whether it was done is unknown

  [[nodiscard]] bool ok() const { return answered && !message.refused(); }
  [[nodiscard]] protocol::Errno error() const { return message.refusal.error; }
  /// For a person; empty when ok.
  [[nodiscard]] std::string text() const;
  template <class T>
  [[nodiscard]] const T* get() const {
    return message.get<T>();
  }
};

/// What a client tells its application.
///
/// Thread   The client's shard. Calls into the client are fine; blocking is not.
class ClientEvents {
 public:
  /// `why` is for a person: what was refused, why the connection broke.
  virtual void on_state(ClientState /*state*/, const std::string& /*why*/) {}
  /// At every login, also by token: the account's members in this zone.
  virtual void on_members(const std::vector<protocol::MemberEntry>& /*members*/) {}
  /// Logged in as an account whose member has to be chosen: answer by enter() or create_member().
  virtual void on_choose(const std::vector<protocol::MemberEntry>& /*members*/) {}
  /// Comes at every login and resume, before on_state(online).
  virtual void on_entered(const protocol::EnterAck& /*ack*/) {}
  /// Every inbox entry, in order, once; one's own messages of all devices among them.
  virtual void on_message(const Message& /*message*/) {}
  /// Messages were missed that the server no longer has.
  virtual void on_gap(const Gap& /*gap*/) {}
  virtual void on_receipt(const protocol::ReceiptPush& /*receipt*/) {}
  virtual void on_presence(const protocol::PresencePush& /*presence*/) {}
  virtual void on_friend_event(const protocol::FriendEventPush& /*event*/) {}
  /// A friend has another name, avatar or custom now, or oneself.
  virtual void on_member_event(const protocol::MemberEventPush& /*event*/) {}
  virtual void on_group_event(const protocol::GroupEventPush& /*event*/) {}
  virtual void on_typing(const protocol::TypingPush& /*typing*/) {}
  /// Every publication of the channels that are followed, in order, once; one's own among them.
  virtual void on_publication(const protocol::Publication& /*publication*/) {}
  /// Publications were missed that the server no longer has; it goes on behind them.
  virtual void on_channel_gap(const ChannelGap& /*gap*/) {}
  /// The channel does not exist, or no more: it is not followed any longer.
  virtual void on_channel_refused(const ChannelRefused& /*refused*/) {}

 protected:
  ~ClientEvents() = default;
};

/// One member on one device, kept connected.
///
/// Thread   All methods from any thread; they return at once. Callbacks and events come on the client's shard.
/// Owner    With its own thread, or on a shard that the caller runs and that outlives the client.
/// Limit    RulesLimits: 10,000 sends waiting, 64 unanswered. Requests: request_timeout_ms.
/// Loss     Breaks of the connection, restarts of the server and timeouts are survived: sends keep their send_id and are
///          repeated until answered, the inbox is synced, the session resumes by token. A request without an answer is
///          not repeated; its Reply says answered = false.
/// Stop     stop() (and the destructor) reports the receive cursor and the marks, revokes tokens (revoke_on_stop), ends the
///          connection, and waits for that at most a second; no callback comes after it returned. Sends that are still open are lost then: wait for their
///          outcome first (SyncClient::flush). A stopped client is not started again.
class Client {
 public:
  using ReplyCallback = std::move_only_function<void(const Reply&)>;
  using SendCallback = std::move_only_function<void(const SendOutcome&)>;

  Client(ClientOptions options, ClientEvents& events, net::Shard* shard = nullptr);
  ~Client();
  Client(const Client&) = delete;
  Client& operator=(const Client&) = delete;

  /// Connects, and goes on connecting until stop().
  void start();
  void stop();

  /// Logs in now, or as soon as there is a connection; from then on after every break. The callback gets the outcome of the
  /// first attempt that was answered; a refusal leaves the client `connected`.
  void login(Credentials credentials, ReplyCallback done = nullptr);
  /// Registers an account with its first member; does not log in.
  void register_account(std::string name, std::string password, ReplyCallback done);
  /// While `choosing`, or to change to another member of the account.
  void enter(std::uint64_t member, ReplyCallback done = nullptr);
  void create_member(std::string nickname, std::string avatar, ReplyCallback done);
  void logout(bool revoke_token, ReplyCallback done = nullptr);

  /// The callback comes once, when the message is stored or refused for good. Without a free place: refused at once
  /// with errno 30.
  void send(Conversation to, std::string body, SendCallback done = nullptr, BodyKind kind = BodyKind::text);
  /// The same with all that a message can have: an answer (reply_to), or a recall or an edit of an earlier message, which are numbered
  /// and repeated as any send.
  void send(Outgoing message, SendCallback done = nullptr);
  /// The person has read the conversation up to this position of it.
  void mark_read(Conversation conversation, std::uint64_t cseq);

  /// Follows the channel from now on, across all breaks, and shows `newest` of what was said before. Until unsubscribe(),
  /// on_channel_refused(), or another member is entered.
  void subscribe(std::string channel, std::uint32_t newest = 0);
  void unsubscribe(std::string channel);

  /// Any other request of protocol/request.h and channel_requests.h, e.g. request(protocol::AddFriend{.friendid = MemberId{7}}, ...). Waits for
  /// the session when it is not online.
  template <class R>
  void request(const R& typed, ReplyCallback done) {
    const std::uint64_t rid = next_rid();
    std::string frame;
    protocol::encode(frame, typed, rid);
    request_frame(rid, std::move(frame), std::move(done));
  }

  /// Runs on the client's shard, after the delay (to the next 100 ms); not when stop() comes first.
  void post_later(std::int64_t delay_ms, std::move_only_function<void()> task);

 private:
  std::uint64_t next_rid();
  void request_frame(std::uint64_t rid, std::string frame, ReplyCallback done);

  // Constant after construction.
  std::unique_ptr<net::Shard> own_shard_;
  net::Shard& shard_;
  /// Also held by tasks on their way to the shard.
  std::shared_ptr<ClientCore> core_;
};

}  // namespace plaza::client
