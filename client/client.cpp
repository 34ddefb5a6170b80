#include "client/client.h"

#include <future>

#include "client/client_core.h"
#include "client/wire.h"
#include "net/shard.h"

namespace plaza::client {

std::string_view state_name(ClientState state) {
  switch (state) {
    case ClientState::offline: return "offline";
    case ClientState::connecting: return "connecting";
    case ClientState::connected: return "connected";
    case ClientState::logging_in: return "logging in";
    case ClientState::choosing: return "choosing";
    case ClientState::online: return "online";
    case ClientState::waiting: return "waiting";
    case ClientState::ended: return "ended";
  }
  return "?";
}

std::string Reply::text() const {
  return answered && !message.refused() ? std::string{} : refusal_text(message.refusal);
}

Client::Client(ClientOptions options, ClientEvents& events, net::Shard* shard)
    : own_shard_(shard == nullptr ? std::make_unique<net::Shard>() : nullptr),
      shard_(shard == nullptr ? *own_shard_ : *shard),
      core_(std::make_shared<ClientCore>(shard_, std::move(options), events)) {}

Client::~Client() { stop(); }

void Client::start() {
  if (own_shard_) own_shard_->start();
  shard_.post([core = core_] { core->start(); });
}

void Client::stop() {
  if (shard_.on_shard()) {
    core_->stop();
  } else {
    std::promise<void> stopped;
    shard_.post([&] { core_->leave([&] { stopped.set_value(); }); });
    stopped.get_future().wait();
  }
  core_->join_resolver();
  if (own_shard_ && own_shard_->running()) own_shard_->stop();
}

void Client::login(Credentials credentials, ReplyCallback done) {
  shard_.post([core = core_, credentials = std::move(credentials), done = std::move(done)]() mutable {
    core->login(std::move(credentials), std::move(done));
  });
}
void Client::register_account(std::string name, std::string password, ReplyCallback done) {
  shard_.post(
      [core = core_, name = std::move(name), password = std::move(password),
       done = std::move(done)]() mutable { core->register_account(name, password, std::move(done)); });
}
void Client::enter(std::uint64_t member, ReplyCallback done) {
  shard_.post(
      [core = core_, member, done = std::move(done)]() mutable { core->enter(member, std::move(done)); });
}
void Client::create_member(std::string nickname, std::string avatar, ReplyCallback done) {
  shard_.post([core = core_, nickname = std::move(nickname), avatar = std::move(avatar),
               done = std::move(done)]() mutable { core->create_member(nickname, avatar, std::move(done)); });
}
void Client::logout(bool revoke_token, ReplyCallback done) {
  shard_.post([core = core_, revoke_token, done = std::move(done)]() mutable {
    core->logout(revoke_token, std::move(done));
  });
}

void Client::send(Conversation to, std::string body, SendCallback done, BodyKind kind) {
  shard_.post([core = core_, message = Outgoing{.conversation = to, .kind = kind, .body = std::move(body)},
               done = std::move(done)]() mutable { core->send(std::move(message), std::move(done)); });
}
void Client::send(Outgoing message, SendCallback done) {
  shard_.post([core = core_, message = std::move(message), done = std::move(done)]() mutable {
    core->send(std::move(message), std::move(done));
  });
}
void Client::mark_read(Conversation conversation, std::uint64_t cseq) {
  shard_.post([core = core_, conversation, cseq] { core->mark_read(conversation, cseq); });
}

void Client::subscribe(std::string channel, std::uint32_t newest) {
  shard_.post([core = core_, channel = std::move(channel), newest] { core->subscribe(channel, newest); });
}
void Client::unsubscribe(std::string channel) {
  shard_.post([core = core_, channel = std::move(channel)] { core->unsubscribe(channel); });
}

void Client::post_later(std::int64_t delay_ms, std::move_only_function<void()> task) {
  shard_.post([core = core_, delay_ms, task = std::move(task)]() mutable {
    core->run_later(delay_ms, std::move(task));
  });
}

std::uint64_t Client::next_rid() { return core_->next_rid(); }
void Client::request_frame(std::uint64_t rid, std::string frame, ReplyCallback done) {
  shard_.post([core = core_, rid, frame = std::move(frame), done = std::move(done)]() mutable {
    core->request(rid, std::move(frame), std::move(done), ClientCore::When::online);
  });
}

}  // namespace plaza::client
