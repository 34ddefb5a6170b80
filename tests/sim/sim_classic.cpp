#include "tests/sim/sim_classic.h"

#include "base/check.h"
#include "client/wire.h"
#include "protocol/raw_request.h"
#include "protocol/request.h"

namespace plaza::sim {

using client::Conversation;
using client::Message;

void SimClassic::step() {
  const std::int64_t now = clock_.steady_ms();
  if (!link_) {
    if (now >= retry_at_ms_) connect();
    return;
  }
  if (link_->down.at_end(now)) return disconnected();
  if (rng_.percent(reading_percent_)) {
    if (const auto frame = link_->down.take(now)) return receive(*frame);
  }
  if (!online_ && now > login_by_ms_) {
    cut();
    disconnected();
  }
}

void SimClassic::connect() {
  link_ = world_.connect();
  if (!link_) {
    retry_at_ms_ = clock_.steady_ms() + static_cast<std::int64_t>(rng_.between(10, 200));
    return;
  }
  links_.push_back(link_);
  login_by_ms_ = clock_.steady_ms() + kLoginTimeoutMs;
  std::string frame;
  protocol::Login login;
  login.id = MemberId{log().member};
  login.password = "secret";
  protocol::encode(frame, login);
  link_->up.put(std::move(frame));
}

void SimClassic::disconnected() {
  world_.trace(log().device + " of " + std::to_string(log().member) + ": the connection ended");
  link_.reset();
  online_ = false;
  retry_at_ms_ = clock_.steady_ms() + static_cast<std::int64_t>(rng_.between(10, 200));
}

std::vector<Message> SimClassic::messages_in(const std::string& frame) {
  const auto message = parser_.parse(frame);
  PLAZA_CHECK(message.has_value());
  std::vector<Message> found;
  if (const auto* login = message->get<protocol::ClassicLoginAck>()) {
    for (const auto& chat : login->offlinemsg) found.push_back(client::to_message(chat, log().member));
  } else if (const auto* chat = message->get<protocol::Chat>()) {
    found.push_back(client::to_message(*chat, log().member));
  }
  return found;
}

void SimClassic::receive(const std::string& frame) {
  const auto message = parser_.parse(frame);
  PLAZA_CHECK(message.has_value());
  world_.note(*message);
  if (!online_) {
    if (!message->get<protocol::ClassicLoginAck>()) {  // not now: it comes back later
      cut();
      return disconnected();
    }
    online_ = true;
    log().connections.push_back(log().seen.size());
  }
  for (Message& one : messages_in(frame)) log().seen.push_back(std::move(one));
}

void SimClassic::send(Conversation to) {
  if (!online_) return;
  const std::string body = "m" + std::to_string(log().member) + "." + log().device + "." +
                           std::to_string(log().sent.size());
  std::string frame;
  protocol::Content content;
  content.msg = body;
  if (to.is_group()) {
    protocol::encode(
        frame, protocol::GroupChat{.groupid = RoomId{to.id}, .content = content, .send_id = {}, .id = {}});
  } else {
    protocol::encode(frame,
                     protocol::OneChat{.toid = MemberId{to.id}, .content = content, .send_id = {}, .id = {}});
  }
  link_->up.put(std::move(frame));
  // Nobody tells it what became of it.
  log().sent.push_back({.to = to, .body = body, .offered = world_.moment(), .forgotten = true});
}

std::string SimClassic::describe() const {
  return run_.devices[log_index_].device + " of " + std::to_string(run_.devices[log_index_].member) +
         (online_ ? " is online, " : " is offline, ") +
         (link_ ? std::to_string(link_->up.size()) + " frames out, " + std::to_string(link_->down.size()) +
                      " in"
                : "no connection");
}

void SimClassic::note_what_was_lost() {
  for (const LinkPtr& link : links_) {
    if (link == link_) continue;
    link->down.cut(0);
    for (const std::string& frame : link->down.lost()) {
      for (const Message& one : messages_in(frame)) log().lost.push_back(one.seq);
    }
  }
}

}  // namespace plaza::sim
