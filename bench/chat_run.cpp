#include "bench/chat_run.h"

#include <fmt/format.h>
#include <sys/prctl.h>

#include <algorithm>

#include "bench/heartbeat.h"
#include "bench/interrupt.h"
#include "bench/report.h"
#include "protocol/request.h"

namespace plaza::bench {

namespace {

constexpr std::int64_t kMs = 1'000'000;
constexpr std::int64_t kClosedWaitNs = 100 * kMs;
constexpr std::int64_t kOpenWaitNs = 50'000;  // how late an open-loop send may be
constexpr std::int64_t kSilenceBeforePullNs = 1000 * kMs;
constexpr std::int64_t kSilenceOfAnswersMaxNs = 5000 * kMs;
constexpr int kPullsMax = 2;
constexpr std::int64_t kAfterwardsNs = 200 * kMs;

bool is(std::uint64_t msgid, protocol::Msg msg) { return msgid == static_cast<std::uint64_t>(msg); }

}  // namespace

ChatRun::ChatRun(LinkLoop& loop, const Stopwatch& stopwatch, Progress& progress)
    : loop_(loop), stopwatch_(stopwatch), progress_(progress) {
  ::prctl(PR_SET_TIMERSLACK, 1UL);  // open loop: the default slack alone is 50 us
}

void ChatRun::adopt_links() {
  for (std::uint32_t i = 0; i < endpoints_.size(); ++i) {
    endpoints_[i].link->handler = this;
    endpoints_[i].link->tag = i;
    if (endpoints_[i].sends) senders_.push_back(i);
  }
}

void ChatRun::give_up(const std::string& why) {
  if (error_.empty()) error_ = why;
}

void ChatRun::on_closed(Link& link, const std::string& why) {
  give_up(fmt::format("the connection of {} ended: {}", endpoints_[link.tag].user->name, why));
}

// Sending ----------------------------------------------------------------------------------------------------------------

void ChatRun::send_one(Endpoint& from, std::int64_t since) {
  const std::uint64_t send_id = from.window.take(since);
  frame_.clear();
  append_message(frame_, from, send_id, from.window.number_of(send_id));
  from.link->send(frame_);
  ++in_flight_;
}

void ChatRun::pump(Endpoint& from, std::int64_t now) {
  if (mode_ == Mode::closed) {
    while (from.window.open(now) && from.window.sent() < from.sends_max) send_one(from, now);
  } else {
    while (!from.due.empty() && from.window.open(now)) {
      send_one(from, from.due.front());
      from.due.pop_front();
    }
  }
  const bool more = mode_ != Mode::quiet || !from.due.empty();
  if (more && from.window.owes() && !from.resume_planned && from.window.resume_at() > now) {
    from.resume_planned = true;
    loop_.later((from.window.resume_at() - now) / kMs + 1, [this, &from] {
      from.resume_planned = false;
      pump(from, now_ns());
    });
  }
}

void ChatRun::schedule(std::int64_t now) {
  while (next_due_ns_ <= static_cast<double>(now)) {
    Endpoint& from = endpoints_[senders_[next_sender_]];
    next_sender_ = (next_sender_ + 1) % senders_.size();
    from.due.insert(from.due.end(), burst_, static_cast<std::int64_t>(next_due_ns_));
    next_due_ns_ += interval_ns_;
    pump(from, now);
  }
}

// Frames from the server ---------------------------------------------------------------------------------------------------

void ChatRun::on_frame(Link& link, std::string_view frame) {
  Endpoint& endpoint = endpoints_[link.tag];
  protocol::ServerGlance seen;
  if (!protocol::glance(frame, seen)) return give_up(fmt::format("not a frame of the protocol: {}", frame));
  if (is(seen.msgid, protocol::Msg::send_ack)) {
    on_acknowledgement(endpoint, seen, frame);
  } else if (is(seen.msgid, protocol::Msg::one_chat) || is(seen.msgid, protocol::Msg::group_chat)) {
    on_push(endpoint, seen);
  } else {
    on_rare(endpoint, frame);
  }
}

void ChatRun::on_acknowledgement(Endpoint& from, const protocol::ServerGlance& ack, std::string_view frame) {
  if (ack.error != 0) return on_refusal(from, ack.send_id, frame);
  const auto since = from.window.accepted(ack.send_id);
  if (!since) {
    ++doubled_acks_;
    return;
  }
  const std::int64_t now = now_ns();
  if (measuring_) latency_.record(static_cast<std::uint64_t>(std::max<std::int64_t>(now - *since, 0)));
  --in_flight_;
  ++accepted_;
  receipts_due_ += receivers_of(from);
  if (ack.seq != 0) {
    from.inbox.acknowledged(ack.seq);
    ++from.own_entries;
    if (!from.held.empty()) release(from, from.inbox.complete_up_to());
  }
  if (!check_acknowledgement(from, from.window.number_of(ack.send_id), ack.mid, ack.cseq)) ++corrupted_;
  pump(from, now);
}

void ChatRun::on_refusal(Endpoint& from, std::uint64_t send_id, std::string_view frame) {
  using enum protocol::Errno;
  const auto parsed = parser_.parse(frame);
  if (!parsed) return give_up(fmt::format("the server sent what is not understood: {}", parsed.error()));
  const protocol::Refusal& refusal = parsed->refusal;
  const bool later = refusal.error == rate_limited || refusal.error == try_again ||
                     refusal.error == unavailable;
  if (!later && refusal.error != send_id_ahead) return give_up(fmt::format("a send was refused: {}", frame));
  const std::int64_t now = now_ns();
  const std::int64_t pause = later ? static_cast<std::int64_t>(
                                         std::max<std::uint64_t>(refusal.retry_after_ms, 1)) *
                                         kMs
                                   : 0;
  if (!from.window.refused(send_id, now + pause))
    return give_up(fmt::format("an unknown send was refused: {}", frame));
  --in_flight_;
  if (later) ++refusals_[refusal.error];
  pump(from, now);
}

void ChatRun::on_push(Endpoint& to, const protocol::ServerGlance& push) {
  if (!to.inbox.pushed(push.seq)) return;
  receive(to, push.seq, {push.id, push.toid, push.groupid, push.mid, push.cseq, push.msg});
}

// As a client does it: what arrives before something that belongs in front of it waits for that.
void ChatRun::receive(Endpoint& to, std::uint64_t position, const Received& message) {
  ++receipts_;
  if (position > to.inbox.complete_up_to()) {
    to.held[position] = {message, std::string(message.text)};
    return;
  }
  if (!check_receipt(to, message)) ++corrupted_;
  release(to, to.inbox.complete_up_to());
}

void ChatRun::release(Endpoint& to, std::uint64_t up_to) {
  while (!to.held.empty() && to.held.begin()->first <= up_to) {
    HeldReceipt& held = to.held.begin()->second;
    held.message.text = held.text;
    if (!check_receipt(to, held.message)) ++corrupted_;
    to.held.erase(to.held.begin());
  }
}

void ChatRun::on_rare(Endpoint& endpoint, std::string_view frame) {
  auto parsed = parser_.parse(frame);
  if (!parsed) return give_up(fmt::format("the server sent what is not understood: {}", parsed.error()));
  if (answer_heartbeat(*endpoint.link, *parsed)) return;
  switch (parsed->msgid) {
    case protocol::Msg::head: return pull(endpoint, endpoint.inbox.complete_up_to());
    case protocol::Msg::sync_ack:
      if (const auto* page = parsed->get<protocol::SyncAck>()) return on_page(endpoint, *page);
      break;
    case protocol::Msg::presence:
    case protocol::Msg::friend_event:
    case protocol::Msg::group_event:
    case protocol::Msg::receipt:
    case protocol::Msg::heartbeat_ack: return;
    default: break;
  }
  give_up(fmt::format("unexpected: {}", frame));
}

void ChatRun::pull(Endpoint& to, std::uint64_t since) {
  to.inbox.allow_overlap();
  if (std::exchange(to.pulling, true)) return;
  protocol::Sync sync;
  sync.since = since;
  sync.epoch = to.user->epoch;
  sync.limit = protocol::kSyncLimitMax;
  frame_.clear();
  protocol::encode(frame_, sync, 1);
  to.link->send(frame_);
}

void ChatRun::on_page(Endpoint& to, const protocol::SyncAck& page) {
  to.pulling = false;
  if (page.too_old) return give_up("the server no longer has what was to be pulled");
  for (const protocol::Chat& chat : page.messages) {
    if (chat.id == to.user->member) continue;  // an own send: its acknowledgement tells
    if (!to.inbox.pulled(chat.seq)) continue;
    ++pulled_;
    receive(to, chat.seq,
            {chat.id.value, chat.toid.value, chat.groupid.value, chat.mid.value, chat.cseq, chat.content});
  }
  if (page.more && !page.messages.empty()) pull(to, page.messages.back().seq);
}

// Running ----------------------------------------------------------------------------------------------------------------

bool ChatRun::turn(std::int64_t wait_ns) {
  loop_.turn(wait_ns);
  const std::int64_t now = now_ns();
  if (mode_ == Mode::at_rate) schedule(now);
  if (progress_.due(now)) {
    const double seconds = static_cast<double>(now - told_ns_) / 1e9;
    const auto rate = static_cast<std::uint64_t>(static_cast<double>(accepted_ - told_accepted_) / seconds);
    progress_.tick(now,
                   fmt::format("{} acknowledged, {} received, {} /s, {} in flight", with_commas(accepted_),
                               with_commas(receipts_), with_commas(rate), in_flight_));
    told_ns_ = now;
    told_accepted_ = accepted_;
  }
  if (interrupted()) give_up("interrupted");
  return error_.empty();
}

bool ChatRun::run_until(std::int64_t end_ns, std::int64_t wait_ns) {
  while (now_ns() < end_ns) {
    if (!turn(wait_ns)) return false;
  }
  return true;
}

bool ChatRun::arrived() const { return in_flight_ == 0 && receipts_ >= receipts_due_; }

// Pushes are hints: what is missing after a second of silence is asked for. What is not there then is lost.
bool ChatRun::drain() {
  mode_ = Mode::quiet;
  for (Endpoint& endpoint : endpoints_) endpoint.due.clear();
  std::uint64_t last = accepted_ + receipts_;
  std::int64_t last_ns = now_ns();
  int silences = 0;
  while (!arrived() && silences <= kPullsMax) {
    if (!turn(kClosedWaitNs)) return false;
    const std::int64_t now = now_ns();
    if (accepted_ + receipts_ != last) {
      last = accepted_ + receipts_;
      last_ns = now;
      silences = 0;
    } else if (now - last_ns > (in_flight_ == 0 ? kSilenceBeforePullNs : kSilenceOfAnswersMaxNs)) {
      for (Endpoint& endpoint : endpoints_) pull(endpoint, endpoint.inbox.complete_up_to());
      last_ns = now;
      silences += in_flight_ == 0 ? 1 : kPullsMax;
    }
  }
  // What comes too often comes after the last one that was waited for.
  return run_until(now_ns() + kAfterwardsNs, kClosedWaitNs);
}

Result<Interval, std::string> ChatRun::measure(double warmup_s, double seconds, std::int64_t wait_ns) {
  told_ns_ = now_ns();
  latency_.clear();
  const std::int64_t begin = now_ns() + static_cast<std::int64_t>(warmup_s * 1e9);
  if (!run_until(begin, wait_ns)) return fail(error_);
  measuring_ = true;
  stopwatch_.start(accepted_);
  if (!run_until(now_ns() + static_cast<std::int64_t>(seconds * 1e9), wait_ns)) return fail(error_);
  const Interval result = stopwatch_.stop(accepted_);
  measuring_ = false;
  if (!drain()) return fail(error_);
  return result;
}

Result<Interval, std::string> ChatRun::run_closed(double warmup_s, double seconds) {
  mode_ = Mode::closed;
  const std::int64_t now = now_ns();
  for (const std::uint32_t sender : senders_) pump(endpoints_[sender], now);
  return measure(warmup_s, seconds, kClosedWaitNs);
}

Result<Interval, std::string> ChatRun::run_at_rate(double rate_per_s, std::uint64_t burst, double warmup_s,
                                                   double seconds) {
  mode_ = Mode::at_rate;
  burst_ = burst;
  interval_ns_ = 1e9 / rate_per_s * static_cast<double>(burst);
  next_due_ns_ = static_cast<double>(now_ns()) + interval_ns_;
  return measure(warmup_s, seconds, kOpenWaitNs);
}

Result<Interval, std::string> ChatRun::run_to_end() {
  mode_ = Mode::closed;
  measuring_ = true;
  latency_.clear();
  told_ns_ = now_ns();
  stopwatch_.start(accepted_);
  for (const std::uint32_t sender : senders_) pump(endpoints_[sender], now_ns());
  std::uint64_t wanted = 0, last = 0;
  for (const std::uint32_t sender : senders_) wanted += endpoints_[sender].sends_max;
  std::int64_t last_ns = now_ns();
  while (accepted_ < wanted || !arrived()) {
    if (!turn(kClosedWaitNs)) return fail(error_);
    if (accepted_ + receipts_ != last) last = accepted_ + receipts_, last_ns = now_ns();
    // drain() asks for what is missing.
    if (now_ns() - last_ns > (in_flight_ == 0 ? kSilenceBeforePullNs : kSilenceOfAnswersMaxNs)) break;
  }
  Interval result = stopwatch_.stop(accepted_);
  measuring_ = false;
  if (!drain()) return fail(error_);
  if (pulled_ != 0) result = stopwatch_.stop(accepted_);
  return result;
}

std::string ChatRun::refusals() const {
  std::string text;
  for (const auto& [error, count] : refusals_) {
    text += fmt::format("{}{} ({})", text.empty() ? "" : ", ", with_commas(count), protocol::name_of(error));
  }
  return text;
}

Findings ChatRun::findings() {
  for (Endpoint& endpoint : endpoints_) release(endpoint, ~std::uint64_t{0});  // what they waited for is lost
  Findings found = finish();
  Findings streams;
  for (const Endpoint& endpoint : endpoints_) {
    streams.add(
        endpoint.inbox.finish(endpoint.user->head + endpoint.own_entries + receipts_expected(endpoint)));
  }
  // A message that never arrived is missing in its stream and among its sender's: that is one lost message.
  const std::uint64_t lost = std::max(found.lost, streams.lost);
  found.add(streams);
  found.lost = lost + in_flight_;  // and sends that were never answered
  found.duplicated += doubled_acks_;
  found.corrupted += corrupted_;
  return found;
}

}  // namespace plaza::bench
