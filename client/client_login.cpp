// How a connection becomes a session: by token where there is one, by password or a third party's proof otherwise.
#include <algorithm>

#include "client/client_core.h"
#include "client/wire.h"
#include "net/shard.h"

namespace plaza::client {

using protocol::Errno;

namespace {

constexpr std::size_t kIssuedMax = 16;

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
  member_ = asked_member_ = 0;
  members_.clear();
}

void ClientCore::begin_login() {
  const bool nobody = !credentials_ && member_token_.empty() && account_token_.empty();
  if (nobody) {
    deadline_timer_.cancel();
    set_state(ClientState::connected);
    return send_waiting(When::connected);
  }
  set_state(ClientState::logging_in);
  // Also on a connection that was open before: a server that accepts and says nothing must not be waited for.
  shard_.timers().arm(deadline_timer_, options_.connect_timeout_ms);
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
  session_tokens_.clear();
  if (login.token) session_tokens_.emplace_back(*login.token);
  ask(login, [this](const Reply& reply) { on_login_reply(reply); });
}

// Where the connection is gone a new one is on its way; where it lives, the server does not answer on it.
void ClientCore::not_answered() {
  if (!link_open()) return;
  last_why_ = "no answer from " + options_.endpoint.text() + " in time";
  open_ = false;
  connection_->abort();
}

void ClientCore::on_login_reply(const Reply& reply) {
  if (!reply.answered) return not_answered();
  const auto* ack = reply.get<protocol::LoginAck>();
  if (!reply.ok() || ack == nullptr) return login_refused(reply);
  account_ = ack->account;
  if (!ack->token.empty()) account_token_ = ack->token;
  note_token(ack->token);
  members_ = ack->members;
  if (events_ != nullptr) events_->on_members(members_);
  if (credentials_) {
    // From here on the token speaks for us: a password that is not kept cannot leak.
    credentials_->password.clear();
    credentials_->proof.clear();
    if (ack->enter && !credentials_->token.empty()) member_token_ = credentials_->token;
  }
  if (ack->enter) return entered(*ack->enter);
  choose_member();
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
  if (says_wait(error) || (resuming && error != Errno::bad_credentials && error != Errno::banned)) {
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

void ClientCore::choose_member() {
  std::uint64_t wanted = asked_member_ != 0 ? asked_member_ : member_;
  if (wanted == 0 && credentials_) wanted = credentials_->member;
  if (wanted == 0 && members_.size() == 1) wanted = members_.front().id.value;
  for (const protocol::MemberEntry& member : members_) {
    if (wanted == 0 && !account_.empty() && member.name == account_) wanted = member.id.value;
  }
  if (wanted != 0) return send_enter(wanted);
  wait_for_choice({});
  tell_login(Reply{});
}

// For as long as a person takes: the connection is kept alive, and looked after, meanwhile.
void ClientCore::wait_for_choice(const std::string& why) {
  deadline_timer_.cancel();
  shard_.timers().arm(heartbeat_timer_, heartbeat_ms_ / 4);
  set_state(ClientState::choosing, why);
  if (events_ != nullptr) events_->on_choose(members_);
}

void ClientCore::send_enter(std::uint64_t member) {
  shard_.timers().arm(deadline_timer_, options_.connect_timeout_ms);
  ask(protocol::Enter{.id = MemberId{member}}, [this](const Reply& reply) {
    if (!reply.answered) return not_answered();
    if (const auto* ack = reply.get<protocol::EnterAck>()) return entered(*ack);
    enter_refused(reply);
  });
}

void ClientCore::enter_refused(const Reply& reply) {
  if (asked_member_ != 0) {  // the person chose: they choose again
    member_ = asked_member_ = 0;
    wait_for_choice(reply.text());
    return tell_login(reply);
  }
  // Whoever is banned asks again when told to, and not by itself.
  const bool resuming = member_ != 0 && rules_->member() == member_ && reply.error() != Errno::banned;
  if (resuming || says_wait(reply.error())) {
    retry_after_ms_ = static_cast<std::int64_t>(reply.message.refusal.retry_after_ms);
    last_why_ = reply.text();
    open_ = false;
    return connection_->abort();
  }
  // Half a login is of no use to anybody: back to where the next one can begin.
  ask(protocol::Loginout{.id = {}, .revoke = true}, [this, tokens = session_tokens_](const Reply& out) {
    if (out.ok()) session_revoked(tokens);
  });
  forget_session();
  deadline_timer_.cancel();
  set_state(ClientState::connected, reply.text());
  tell_login(reply);
}

void ClientCore::enter(std::uint64_t member, Client::ReplyCallback done) {
  if (events_ == nullptr) return;
  login_done_ = std::move(done);
  asked_member_ = member;
  if (state_ == ClientState::choosing) return send_enter(member);
  // As another member: a session is one member's, so this one ends and a new one begins by the account's token.
  if (account_token_.empty() || ended_) {
    asked_member_ = 0;
    Reply reply;
    reply.message.refusal.error = Errno::not_logged_in;
    return tell_login(reply);
  }
  member_token_.clear();
  backoff_.reset();  // the person wants it: it is no failure
  if (!connection_) return;
  last_why_ = "changing to another member";
  open_ = false;
  connection_->abort();
}

void ClientCore::create_member(const std::string& nickname, const std::string& avatar,
                               Client::ReplyCallback done) {
  ask(protocol::CreateMember{.nickname = nickname, .avatar = avatar},
      [this, done = std::move(done)](const Reply& reply) mutable {
        if (!reply.answered) not_answered();
        if (const auto* made = reply.get<protocol::CreateMemberAck>())
          members_.push_back({made->id, made->name, made->avatar});
        if (done) done(reply);
      });
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
      [this, revoke_token, done = std::move(done)](const Reply& reply) mutable {
        if (!reply.answered) {
          if (done) done(reply);
          return;
        }
        forget_session();
        heartbeat_timer_.cancel();
        online_since_ms_.reset();
        rules_->disconnected();
        channels_.disconnected();
        if (revoke_token && reply.ok()) session_revoked(session_tokens_);
        auto finish = [this, reply, done = std::move(done)]() mutable {
          if (link_open()) set_state(ClientState::connected);
          if (done) done(reply);
        };
        if (!revoke_token) return finish();
        revoke_rest(std::move(finish));
      });
}

void ClientCore::note_token(const std::string& token) {
  if (token.empty()) return;
  session_tokens_.push_back(token);
  if (std::find(issued_.begin(), issued_.end(), token) != issued_.end()) return;
  if (issued_.size() == kIssuedMax) issued_.erase(issued_.begin());
  issued_.push_back(token);
}

void ClientCore::session_revoked(const std::vector<std::string>& tokens) {
  for (const std::string& token : tokens) std::erase(issued_, token);
}

// LOGINOUT ends the tokens of its own session only. The account's token, of which a member's token took over after a break, and
// those of members that were left by enter() would stay valid for weeks: each logs in once more to be ended.
void ClientCore::revoke_rest(std::move_only_function<void()> then) {
  if (issued_.empty() || !link_open()) return then();
  const std::string token = std::move(issued_.back());
  issued_.pop_back();
  protocol::Login login;
  login.device = options_.device;
  login.app = if_given(options_.app);
  login.zone = if_given(options_.zone);
  login.token = token;
  ask(login, [this, then = std::move(then)](const Reply& reply) mutable {
    if (!reply.answered) return then();
    if (!reply.ok()) return revoke_rest(std::move(then));  // it has ended already
    ask(protocol::Loginout{.id = {}, .revoke = true},
        [this, then = std::move(then)](const Reply&) mutable { revoke_rest(std::move(then)); });
  });
}

void ClientCore::entered(const protocol::EnterAck& ack) {
  if (rules_->member() != 0 && rules_->member() != ack.id.value) {
    // Another member has other streams and send_ids; what the former one did not get out stays unsent.
    rules_ = std::make_unique<SessionRules>(options_.rules, backoff_.ceiling() + next_tag_);
    channels_.clear();
    auto open_sends = std::exchange(sends_, {});
    for (auto& [tag, done] : open_sends) {
      done(
          SendOutcome{.error = static_cast<int>(Errno::not_logged_in), .text = "another member was entered"});
    }
  }
  member_ = ack.id.value;
  asked_member_ = 0;
  if (!ack.token.empty()) member_token_ = ack.token;
  note_token(ack.token);
  if (ack.body_bytes_max != 0) body_bytes_max_ = ack.body_bytes_max;
  if (ack.heartbeat_ms != 0) heartbeat_ms_ = static_cast<std::int64_t>(ack.heartbeat_ms);
  const std::uint64_t backlog = options_.backlog_max;
  if (!rules_->stream().started() && backlog != 0 && ack.head > backlog &&
      ack.received < ack.head - backlog) {
    rules_->start_at(ack.epoch, ack.head - backlog);
  }
  rules_->entered(to_entered(ack, options_.device));
  if (events_ != nullptr) events_->on_entered(ack);
  ask(protocol::Ready{}, [this](const Reply& reply) {
    if (!reply.answered) return not_answered();
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
    channels_.connected();
    work_channels();
    arm_pump();
  });
}

void ClientCore::tell_login(const Reply& reply) {
  if (auto done = std::exchange(login_done_, nullptr)) done(reply);
}

}  // namespace plaza::client
