// Requests and their answers: each has a deadline, and one whose answer was lost says so.
#include <algorithm>
#include <utility>

#include "client/client_core.h"
#include "client/frame_check.h"
#include "net/shard.h"

namespace plaza::client {
namespace {

constexpr std::int64_t kRequestTickMs = 500;

Reply no_answer(const std::string& why) {
  Reply reply{.message = {}, .answered = false};
  reply.message.refusal.error = protocol::Errno::unavailable;
  reply.message.refusal.message = "no answer: " + why;
  return reply;
}

}  // namespace

void ClientCore::request(std::uint64_t rid, std::string frame, Client::ReplyCallback done, When when) {
  if (events_ == nullptr && !stopped_) return;
  if (auto refusal = refusal_of(frame)) {
    Reply refused;
    refused.message.refusal = std::move(*refusal);
    if (done) done(refused);
    return;
  }
  const bool now = link_open() && (when == When::connected || state_ == ClientState::online);
  if (now) write(frame);
  requests_.emplace(rid, Pending{.done = std::move(done),
                                 .deadline_ms = now_ms() + options_.request_timeout_ms,
                                 .frame = now ? std::string{} : std::move(frame),
                                 .when = when});
  if (!request_timer_.armed()) shard_.timers().arm(request_timer_, kRequestTickMs);
  if (state_ == ClientState::offline) connect();
}

void ClientCore::send_waiting(When when) {
  std::vector<std::uint64_t> rids;
  for (const auto& [rid, pending] : requests_) {
    if (!pending.frame.empty() && pending.when == when) rids.push_back(rid);
  }
  std::sort(rids.begin(), rids.end());  // as they were asked
  for (const std::uint64_t rid : rids) write(std::exchange(requests_[rid].frame, {}));
}

void ClientCore::fail_sent_requests(const std::string& why) {
  std::vector<Client::ReplyCallback> failed;
  for (auto it = requests_.begin(); it != requests_.end();) {
    if (!it->second.frame.empty() && !ended_) {
      ++it;
      continue;
    }
    failed.push_back(std::move(it->second.done));
    it = requests_.erase(it);
  }
  const Reply reply = no_answer(why);
  for (Client::ReplyCallback& done : failed) {
    if (done) done(reply);
  }
}

void ClientCore::expire_requests() {
  std::vector<Client::ReplyCallback> late;
  for (auto it = requests_.begin(); it != requests_.end();) {
    if (it->second.deadline_ms > now_ms()) {
      ++it;
      continue;
    }
    late.push_back(std::move(it->second.done));
    it = requests_.erase(it);
  }
  const Reply reply = no_answer(state_ == ClientState::online ? "the server takes too long"
                                                              : "not connected");
  for (Client::ReplyCallback& done : late) {
    if (done) done(reply);
  }
  if (!requests_.empty()) shard_.timers().arm(request_timer_, kRequestTickMs);
}

}  // namespace plaza::client
