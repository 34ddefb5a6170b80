// How a connection becomes a session: by token where there is one, by password or a third party's proof otherwise.
#include "client/client_core.h"
#include "client/wire.h"
#include "net/shard.h"

namespace plaza::client {

using protocol::Errno;

namespace {

std::optional<std::string_view> if_given(const std::string& text) {
  return text.empty() ? std::nullopt : std::optional<std::string_view>(text);
}

bool says_wait(Errno error) {
  return error == Errno::unavailable || error == Errno::try_again || error == Errno::server_closing;
}

}  // namespace

void ClientCore::login(Credentials credentials, Client::ReplyCallback done) {
  if (events_ == nullptr) return;
  if (state_ == ClientState::online || state_ == ClientState::logging_in) {
    Reply reply;
    reply.message.refusal.error = Errno::conflict;
    reply.message.refusal.message = "log out first";
    if (done) done(reply);
    return;
  }
  forget_session();
  credentials_ = std::move(credentials);
  login_done_ = std::move(done);
  ended_ = false;
  if (link_open()) return begin_login();
  if (state_ != ClientState::connecting) connect();
}

void ClientCore::forget_session() {
  credentials_.reset();
  member_token_.clear();
  account_token_.clear();
  member_ = 0;
}

void ClientCore::begin_login() {
  const bool nobody = !credentials_ && member_token_.empty() && account_token_.empty();
  if (nobody) {
    deadline_timer_.cancel();
    set_state(ClientState::connected);
    return send_waiting(When::connected);
  }
  set_state(ClientState::logging_in);
  protocol::Login login;
  login.device = options_.device;
  login.platform = if_given(options_.platform);
  login.app = if_given(options_.app);
  login.zone = if_given(options_.zone);
  if (!member_token_.empty()) {
    login.token = member_token_;
  } else if (!account_token_.empty()) {
    login.token = account_token_;
  } else if (!credentials_->token.empty()) {
    login.token = credentials_->token;
  } else if (!credentials_->vendor.empty()) {
    login.vendor = credentials_->vendor;
    login.vendor_user = credentials_->vendor_user;
    login.proof = credentials_->proof;
  } else {
    login.account = credentials_->name;
    login.password = credentials_->password;
  }
  ask(login, [this](const Reply& reply) { on_login_reply(reply); });
}

void ClientCore::on_login_reply(const Reply& reply) {
  if (!reply.answered) return;  // the connection is gone and will be made again
  const auto* ack = reply.get<protocol::LoginAck>();
  if (!reply.ok() || ack == nullptr) return login_refused(reply);
  account_ = ack->account;
  if (!ack->token.empty()) account_token_ = ack->token;
  if (credentials_) {
    // From here on the token speaks for us: a password that is not kept cannot leak.
    credentials_->password.clear();
    credentials_->proof.clear();
    if (ack->enter && !credentials_->token.empty()) member_token_ = credentials_->token;
  }
  if (ack->enter) return entered(*ack->enter);
  choose_member(ack->members);
}

void ClientCore::login_refused(const Reply& reply) {
  const bool by_member_token = !member_token_.empty();
  const bool by_account_token = !by_member_token && !account_token_.empty();
  const bool resuming = by_member_token || by_account_token;
  const Errno error = reply.error();
  if (resuming && (error == Errno::token_invalid || error == Errno::revoked)) {
    (by_member_token ? member_token_ : account_token_).clear();
    if (!account_token_.empty()) return begin_login();
    ended_ = true;
    last_why_ = "the session is no longer valid: log in again";
    open_ = false;
    tell_login(reply);
    return connection_->abort();
  }
  // Our own session of before may still count as alive there; a busy or starting server is asked again as well.
  if (says_wait(error) || (resuming && error != Errno::bad_credentials)) {
    retry_after_ms_ = static_cast<std::int64_t>(reply.message.refusal.retry_after_ms);
    last_why_ = reply.text();
    open_ = false;
    return connection_->abort();
  }
  forget_session();
  deadline_timer_.cancel();
  set_state(ClientState::connected, reply.text());
  tell_login(reply);
}

void ClientCore::choose_member(const std::vector<protocol::MemberEntry>& members) {
  std::uint64_t wanted = member_ != 0 ? member_ : (credentials_ ? credentials_->member : 0);
  if (wanted == 0 && members.size() == 1) wanted = members.front().id.value;
  for (const protocol::MemberEntry& member : members) {
    if (wanted == 0 && !account_.empty() && member.name == account_) wanted = member.id.value;
  }
  if (wanted != 0) return send_enter(wanted);
  deadline_timer_.cancel();
  set_state(ClientState::choosing);
  tell_login(Reply{});
  if (events_ != nullptr) events_->on_choose(members);
}

void ClientCore::send_enter(std::uint64_t member) {
  ask(protocol::Enter{.id = MemberId{member}}, [this](const Reply& reply) {
    if (!reply.answered) return;
    if (const auto* ack = reply.get<protocol::EnterAck>()) return entered(*ack);
    enter_refused(reply);
  });
}

void ClientCore::enter_refused(const Reply& reply) {
  if (state_ == ClientState::choosing) {  // the person chose: they choose again
    set_state(ClientState::choosing, reply.text());
    return tell_login(reply);
  }
  const bool resuming = member_ != 0 && rules_->member() == member_;
  if (resuming || says_wait(reply.error())) {
    retry_after_ms_ = static_cast<std::int64_t>(reply.message.refusal.retry_after_ms);
    last_why_ = reply.text();
    open_ = false;
    return connection_->abort();
  }
  // Half a login is of no use to anybody: back to where the next one can begin.
  ask(protocol::Loginout{.id = {}, .revoke = true}, nullptr);
  forget_session();
  deadline_timer_.cancel();
  set_state(ClientState::connected, reply.text());
  tell_login(reply);
}

void ClientCore::enter(std::uint64_t member, Client::ReplyCallback done) {
  if (events_ == nullptr) return;
  login_done_ = std::move(done);
  if (state_ == ClientState::choosing) return send_enter(member);
  // As another member: a session is one member's, so this one ends and a new one begins by the account's token.
  if (account_token_.empty()) {
    Reply reply;
    reply.message.refusal.error = Errno::not_logged_in;
    return tell_login(reply);
  }
  member_token_.clear();
  member_ = member;
  if (!connection_) return;
  last_why_ = "changing to another member";
  open_ = false;
  connection_->abort();
}

void ClientCore::create_member(const std::string& nickname, const std::string& avatar,
                               Client::ReplyCallback done) {
  ask(protocol::CreateMember{.nickname = nickname, .avatar = avatar}, std::move(done));
}

void ClientCore::register_account(const std::string& name, const std::string& password,
                                  Client::ReplyCallback done) {
  protocol::Reg reg;
  reg.name = name;
  reg.password = password;
  reg.app = if_given(options_.app);
  reg.zone = if_given(options_.zone);
  ask(reg, std::move(done));
}

void ClientCore::logout(bool revoke_token, Client::ReplyCallback done) {
  if (!link_open()) {
    forget_session();
    if (done) done(Reply{});
    return;
  }
  ask(protocol::Loginout{.id = {}, .revoke = revoke_token},
      [this, done = std::move(done)](const Reply& reply) mutable {
        if (reply.answered) {
          forget_session();
          heartbeat_timer_.cancel();
          online_since_ms_.reset();
          rules_->disconnected();
          if (link_open()) set_state(ClientState::connected);
        }
        if (done) done(reply);
      });
}

void ClientCore::entered(const protocol::EnterAck& ack) {
  if (rules_->member() != 0 && rules_->member() != ack.id.value) {
    // Another member has other streams and send_ids; what the former one did not get out stays unsent.
    rules_ = std::make_unique<SessionRules>(options_.rules, backoff_.ceiling() + next_tag_);
    auto open_sends = std::exchange(sends_, {});
    for (auto& [tag, done] : open_sends) {
      done(
          SendOutcome{.error = static_cast<int>(Errno::not_logged_in), .text = "another member was entered"});
    }
  }
  member_ = ack.id.value;
  if (!ack.token.empty()) member_token_ = ack.token;
  if (ack.body_bytes_max != 0) body_bytes_max_ = ack.body_bytes_max;
  if (ack.heartbeat_ms != 0) heartbeat_ms_ = static_cast<std::int64_t>(ack.heartbeat_ms);
  const std::uint64_t backlog = options_.backlog_max;
  if (!rules_->stream().started() && backlog != 0 && ack.head > backlog &&
      ack.received < ack.head - backlog) {
    rules_->start_at(ack.epoch, ack.head - backlog);
  }
  rules_->entered(to_entered(ack, options_.device));
  if (events_ != nullptr) events_->on_entered(ack);
  protocol::Ready ready;
  ready.epoch = rules_->stream().epoch();
  ready.since = rules_->stream().position();
  ask(ready, [this](const Reply& reply) {
    if (!reply.answered) return;
    const auto* head = reply.get<protocol::ReadyAck>();
    if (head == nullptr) {
      last_why_ = reply.text();
      open_ = false;
      return connection_->abort();
    }
    rules_->ready(head->epoch, head->head);
    deadline_timer_.cancel();
    online_since_ms_ = now_ms();
    shard_.timers().arm(heartbeat_timer_, heartbeat_ms_ / 4);
    set_state(ClientState::online);
    tell_login(reply);
    send_waiting(When::connected);
    send_waiting(When::online);
    arm_pump();
  });
}

void ClientCore::tell_login(const Reply& reply) {
  if (auto done = std::exchange(login_done_, nullptr)) done(reply);
}

}  // namespace plaza::client
