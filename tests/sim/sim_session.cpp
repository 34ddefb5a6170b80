#include "tests/sim/sim_session.h"

#include <charconv>
#include <memory>
#include <utility>

#include "base/check.h"
#include "chat/answers.h"
#include "protocol/replies.h"
#include "protocol/request_parser.h"
#include "tests/sim/sim_node.h"

namespace plaza::sim {

using chat::Resume;
using chat::SessionState;
using chat::Verdict;
using protocol::Errno;

namespace {
protocol::State protocol_state(SessionState state) {
  switch (state) {
    case SessionState::logged_out: return protocol::State::logged_out;
    case SessionState::authenticated:
    case SessionState::entering: return protocol::State::authenticated;
    case SessionState::entered: return protocol::State::entered;
    case SessionState::ready: return protocol::State::ready;
  }
  return protocol::State::logged_out;
}
}  // namespace

SimSession::SimSession(SimNode& node, chat::SessionId id, LinkPtr link, std::uint32_t shard)
    : node_(node), link_(std::move(link)), shard_(shard) {
  chat_.id = id;
  chat_.out = this;
}

bool SimSession::step() {
  if (moving_) return false;
  const std::int64_t now = node_.clock().steady_ms();
  bool worked = false;
  node_.executor().as(shard_, [&] {
    if (closing_) {
      if (link_->down.size() > 0 && !node_.rng().percent(10)) return;  // it still flushes what waits
      on_closed();
      worked = true;
      return;
    }
    if (link_->up.at_end(now)) {
      on_closed();
      worked = true;
      return;
    }
    // It reads nothing while answers wait that nobody takes: silence tells it.
    if (!link_->up.broken()) {
      broken_since_ms_ = 0;
    } else if (broken_since_ms_ == 0) {
      broken_since_ms_ = now;
    } else if (now - broken_since_ms_ > 3 * std::int64_t{node_.limits().heartbeat_ms}) {
      on_closed();
      worked = true;
      return;
    }
    if (owes_writable_ && link_->down.bytes() <= node_.outbound_bytes_max() / 2) {
      owes_writable_ = false;
      paused_ &= static_cast<std::uint8_t>(~Pause::backlog);
      if (chat_.member) node_.hub(shard_).writable(chat_);
      worked = true;
      return;
    }
    if (now >= heartbeat_at_ms_) {
      if (chat_.classic) {
        node_.hub(shard_).writable(chat_);
      } else if (heartbeat_at_ms_ != 0) {
        node_.hub(shard_).heartbeat(chat_);
      }
      heartbeat_at_ms_ = now + node_.limits().heartbeat_ms;
      worked = true;
      return;
    }
    if (paused_ != 0) return;
    if (auto frame = link_->up.take(now)) {
      on_frame(std::move(*frame));
      worked = true;
    }
  });
  return worked;
}

void SimSession::on_frame(std::string json) { run(json); }

std::string SimSession::describe() const {
  return "session " + std::to_string(chat_.id) + " device " + chat_.device + " state " +
         std::to_string(static_cast<int>(chat_.state)) + " paused " + std::to_string(paused_) + " held " +
         (held_ ? *held_ : "-") + " unacknowledged " + std::to_string(chat_.unacknowledged) +
         (chat_.window_full ? " window full" : "") + (chat_.pulling ? " pulling" : "") +
         (moving_ ? " moving" : "") + (closing_ ? " closing" : "") + " pushed " +
         std::to_string(chat_.pushed) + ", " + std::to_string(link_->up.size()) + " frames in, " +
         std::to_string(link_->down.size()) + " out";
}

void SimSession::run(const std::string& json) {
  const auto parsed = node_.parser(shard_).parse_copy(json);
  PLAZA_CHECK(parsed.has_value());  // the clients' rules make no wrong frames
  in_frame_ = true;
  resumed_ = false;
  const Verdict verdict = handle(**parsed);
  in_frame_ = false;
  if (verdict == Verdict::done || resumed_) {
    paused_ &= static_cast<std::uint8_t>(~Pause::request);
    return;
  }
  if (verdict == Verdict::again) held_ = json;
  paused_ |= Pause::request;
}

Verdict SimSession::handle(const protocol::Request& request) {
  const Errno allowed = protocol::check_state(request.msgid, protocol_state(chat_.state));
  if (allowed != Errno::ok) return chat::refuse(chat_, chat::Asked::from(request), {.error = allowed});
  if (request.msgid == protocol::Msg::login) return log_in(request);
  if (chat_.member) return node_.hub(shard_).request(chat_, request);
  chat::answer(chat_, request.rid(), protocol::HeartbeatAck{});
  return Verdict::done;
}

/// The token is the member's id: proving who one is is not what is simulated. What follows is the node's own way: the directory
/// is asked where it may block, the session moves to its member's home shard, and enters there.
Verdict SimSession::log_in(const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Login>(request);
  const chat::Asked asked = chat::Asked::from(request);
  const bool classic = wanted.classic();
  std::uint64_t number = classic ? wanted.id.value_or(MemberId{}).value : 0;
  const std::string_view token = wanted.token.value_or("");
  std::from_chars(token.data(), token.data() + token.size(), number);
  const bool started = node_.executor().blocking([&node = node_, shard = shard_, id = chat_.id, asked,
                                                  member_id = MemberId{number}, classic,
                                                  device = std::string(wanted.device.value_or("classic"))] {
    auto member = node.directory().member(node.zone()->id, member_id);
    node.executor().post(shard, [&node, id, asked, member = std::move(member), classic, device] {
      SimSession* session = node.find(id);
      if (!session || session->closing()) return;
      if (!member) {
        chat::refuse(session->chat_, asked, chat::storage_unavailable());
        return session->resume(Resume::next);
      }
      session->chat_.account = member->account;
      session->chat_.zone = member->zone;
      session->chat_.device = device;
      chat::EnterAs as{.style = classic ? chat::EnterStyle::classic : chat::EnterStyle::login,
                       .asked = asked,
                       .member = *member,
                       .zone = node.zone(),
                       .account_name = {},
                       .token = {},
                       .token_expires_ms = 0,
                       .replaces = node.by_token() && !classic};
      const std::uint32_t home = home_shard(member->id, node.executor().shards());
      if (home == session->shard_) return node.hub(home).enter(session->chat_, std::move(as));
      session->shard_ = home;
      session->moving_ = true;
      node.executor().post(home, [&node, id, home, as = std::move(as)]() mutable {
        SimSession* arrived = node.find(id);
        if (!arrived) return;
        arrived->moving_ = false;
        node.hub(home).enter(arrived->chat_, std::move(as));
      });
    });
  });
  return started ? Verdict::wait : chat::refuse(chat_, asked, chat::busy());
}

void SimSession::resume(Resume with) {
  if (in_frame_) {
    PLAZA_CHECK(with == Resume::next);
    resumed_ = true;
    return;
  }
  const auto frame = std::exchange(held_, std::nullopt);
  if (with == Resume::same && frame && !closing_) return run(*frame);
  paused_ &= static_cast<std::uint8_t>(~Pause::request);
}

bool SimSession::send(std::string_view frame) {
  if (closing_) return false;
  if (link_->down.bytes() + frame.size() > node_.outbound_bytes_max()) {
    node_.count_overflow();
    abort();
    return false;
  }
  link_->down.put(std::string(frame));
  if (link_->down.bytes() > node_.outbound_bytes_max() / 2) {
    owes_writable_ = true;
    paused_ |= Pause::backlog;
  }
  return true;
}

bool SimSession::push(std::string_view head, chat::SharedTail& tail) {
  if (closing_) return false;
  const std::size_t size = head.size() + tail.text.size();
  if (link_->down.bytes() + size > node_.outbound_bytes_max() / 4 * 3 && link_->down.bytes() > 0) {
    owes_writable_ = true;
    node_.count_deferred_push();
    return false;
  }
  std::string frame(head);
  frame.append(tail.text);
  link_->down.put(std::move(frame));
  return true;
}

void SimSession::close(const protocol::GoodbyePush& said) {
  if (closing_) return;
  if (said.error == Errno::kicked) node_.count_kick();
  std::string frame;
  protocol::GoodbyePush goodbye = said;
  goodbye.reconnect = true;
  protocol::encode(frame, goodbye);
  link_->down.put(std::move(frame));
  link_->down.finish();
  link_->up.cut(0);
  closing_ = true;
}

void SimSession::abort() {
  link_->down.finish();
  link_->up.cut(0);
  closing_ = true;
}

void SimSession::on_closed() {
  link_->down.finish();
  link_->up.cut(0);
  node_.hub(shard_).leave(chat_);
  node_.remove(chat_.id);  // destroys this
}

}  // namespace plaza::sim
