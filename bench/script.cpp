#include "bench/script.h"

#include <fmt/format.h>

#include <algorithm>

#include "bench/heartbeat.h"
#include "bench/interrupt.h"

namespace plaza::bench {

namespace {

constexpr std::int64_t kSilenceMaxNs = 30'000'000'000;
constexpr std::int64_t kTurnNs = 50'000'000;

bool says_later(protocol::Errno error) {
  using enum protocol::Errno;
  return error == rate_limited || error == login_limited || error == try_again || error == unavailable;
}

}  // namespace

Script::Asked& Script::asked(const Link& link) {
  if (asked_.size() <= link.tag) asked_.resize(std::size_t{link.tag} + 1);
  return asked_[link.tag];
}

void Script::ask_frame(Link& link, protocol::Msg msg, std::string frame) {
  link.send(frame);
  asked(link) = {msg, std::move(frame)};
}

void Script::give_up(const std::string& why) {
  if (error_.empty()) error_ = why;
}

void Script::on_closed(Link&, const std::string& why) { give_up(why); }

void Script::on_frame(Link& link, std::string_view frame) {
  auto parsed = parser_.parse(frame);
  if (!parsed) return give_up(fmt::format("the server sent what is not understood: {}", parsed.error()));
  if (answer_heartbeat(link, *parsed)) return;
  if (parsed->msgid == protocol::Msg::goodbye) {
    return give_up(fmt::format("the server said goodbye: {}", frame));
  }
  if (parsed->rid != protocol::Rid(kRid)) return on_push(link, *parsed);
  last_answer_ns_ = now_ns();
  if (!parsed->refused() || tolerates(*parsed)) return on_answer(link, *parsed);
  if (!says_later(parsed->refusal.error)) {
    return give_up(fmt::format("{} was refused: {}", protocol::name_of(asked(link).msg), frame));
  }
  const auto wait_ms = static_cast<std::int64_t>(std::max<std::uint64_t>(parsed->refusal.retry_after_ms, 1));
  loop_.later(wait_ms, [this, &link] { link.send(asked(link).frame); });
}

Result<void, std::string> Script::run(const std::function<bool()>& finished,
                                      const std::function<std::string()>& status) {
  last_answer_ns_ = now_ns();
  while (!finished()) {
    loop_.turn(kTurnNs);
    const std::int64_t now = now_ns();
    if (progress_.due(now)) progress_.tick(now, status());
    if (interrupted()) give_up("interrupted");
    if (now - last_answer_ns_ > kSilenceMaxNs) give_up("the server has not answered for 30 s");
    if (!error_.empty()) return fail(error_);
  }
  return {};
}

}  // namespace plaza::bench
