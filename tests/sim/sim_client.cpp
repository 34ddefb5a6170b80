#include "tests/sim/sim_client.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "base/check.h"
#include "client/wire.h"

namespace plaza::sim {

using client::Conversation;
using protocol::Errno;
using Membership = tests::Memberships::State;

SimClient::SimClient(ClientWorld& world, const ports::Clock& clock, Rng& rng, tests::RunLog& run,
                     std::size_t log_index, ClientOptions options, bool manages_groups)
    : world_(world),
      clock_(clock),
      rng_(rng),
      run_(run),
      log_index_(log_index),
      options_(std::move(options)),
      manages_groups_(manages_groups),
      reading_percent_(options_.reading_percent) {
  make_rules();
}

void SimClient::make_rules() { rules_ = std::make_unique<client::SessionRules>(options_.rules, rng_.next()); }

template <class T>
void SimClient::write(const T& request, std::uint64_t rid) {
  std::string frame;
  protocol::encode(frame, request, rid);
  link_->up.put(std::move(frame));
}

// The connection ------------------------------------------------------------------------------------------------------------

bool SimClient::step() {
  const std::int64_t now = clock_.steady_ms();
  if (!link_) return now >= retry_at_ms_ && connect();
  if (link_->down.at_end(now)) {
    disconnected("the connection ended");
    return true;
  }
  if (rng_.percent(reading_percent_)) {
    if (auto frame = link_->down.take(now)) {
      heard_ms_ = now;
      receive(*frame);
      return true;
    }
  }
  const std::int64_t patience = state_ == State::online ? options_.silence_ms : options_.login_timeout_ms;
  if (now - heard_ms_ > patience) {
    cut();
    disconnected("no answer");
    return true;
  }
  if (state_ != State::online) return false;
  if (rng_.permille(10)) ask_history();
  return poll() || ask_wishes();
}

bool SimClient::connect() {
  link_ = world_.connect();
  if (!link_) {
    retry_at_ms_ = clock_.steady_ms() + rules_->reconnect_delay_ms();
    return true;
  }
  heard_ms_ = clock_.steady_ms();
  state_ = State::logging_in;
  const std::string token = std::to_string(log().member);
  write(protocol::Login{.id = {},
                        .name = {},
                        .account = {},
                        .token = token,
                        .vendor = {},
                        .password = {},
                        .vendor_user = {},
                        .proof = {},
                        .app = {},
                        .zone = {},
                        .device = log().device,
                        .platform = {}},
        next_rid_++);
  return true;
}

void SimClient::disconnected(const char* why) {
  world_.trace(name() + ": " + why);
  rules_->disconnected();
  take_events();
  link_.reset();
  state_ = State::offline;
  group_rids_.clear();
  block_rids_.clear();
  mark_rids_.clear();
  history_rids_.clear();
  for (auto* wishes : {&groups_, &blocks_}) {
    for (auto& [id, wish] : *wishes) wish.asked = false;
  }
  retry_at_ms_ = clock_.steady_ms() + rules_->reconnect_delay_ms();
}

void SimClient::cut() {
  if (link_) link_->cut(rng_);
}

void SimClient::stall(std::int64_t ms) {
  if (!link_) return;
  (rng_.percent(50) ? link_->up : link_->down).stall(clock_.steady_ms() + ms);
}

void SimClient::restart() {
  world_.trace(name() + ": its program is restarted");
  if (link_) {
    cut();
    disconnected("restarted");
  }
  for (tests::Sent& sent : log().sent) {
    if (sent.fate == tests::Sent::Fate::unknown) sent.forgotten = true;
  }
  const std::uint64_t position = rules_->stream().position();
  const std::uint32_t epoch = rules_->stream().epoch();
  const bool started = rules_->stream().started();
  client::GroupsKept groups = rules_->rooms().kept();
  make_rules();
  if (started) rules_->start_at(epoch, position);
  rules_->start_groups_at(std::move(groups));
}

// Frames ----------------------------------------------------------------------------------------------------------------------

void SimClient::receive(const std::string& frame) {
  auto message = parser_.parse(frame);
  PLAZA_CHECK(message.has_value());
  note(*message);
  const std::uint64_t rid = message->rid.value_or(0);
  if (rid >= client::SessionRules::rid_first) {
    client::give_reply(*rules_, *message, clock_.steady_ms());
  } else if (rid != 0) {
    on_reply(*message);
  } else {
    on_push(*message);
  }
  take_events();
}

void SimClient::note(const protocol::ServerMessage& message) {
  world_.note(message);
  const auto* ok = message.get<protocol::OkReply>();
  const auto mark = mark_rids_.find(message.rid.value_or(0));
  if (!ok || mark == mark_rids_.end() || message.refused()) return;
  MarksTold& told = marks_told_[mark->second];
  told.delivered = std::max(told.delivered, ok->delivered.value_or(0));
  told.read = std::max(told.read, ok->read.value_or(0));
}

void SimClient::on_push(const protocol::ServerMessage& message) {
  const std::int64_t now = clock_.steady_ms();
  if (const auto* chat = message.get<protocol::Chat>()) {
    rules_->push(client::to_message(*chat, rules_->member()), now);
  } else if (const auto* beat = message.get<protocol::HeartbeatPush>()) {
    rules_->head(beat->epoch, beat->head);
  } else if (const auto* head = message.get<protocol::HeadPush>(); head && !head->groupid) {
    rules_->head(head->epoch, head->head);
  } else {
    client::note_groups(*rules_, message);
  }
}

void SimClient::on_reply(const protocol::ServerMessage& message) {
  const std::uint64_t rid = *message.rid;
  client::note_groups(*rules_, message);
  if (state_ == State::logging_in) return on_login(message);
  if (state_ == State::becoming_ready) {
    const auto* ready = message.get<protocol::ReadyAck>();
    if (!ready) return cut();
    rules_->ready(ready->epoch, ready->head);
    state_ = State::online;
    return;
  }
  if (const auto history = history_rids_.find(rid); history != history_rids_.end()) {
    on_history(history->second, message);
    history_rids_.erase(history);
  } else if (const auto group = group_rids_.find(rid); group != group_rids_.end()) {
    group_answer(group->second, message.refusal);
    group_rids_.erase(rid);
  } else if (const auto block = block_rids_.find(rid); block != block_rids_.end()) {
    const std::uint64_t peer = block->second;
    block_rids_.erase(block);
    Wish& wish = blocks_[peer];
    wish.asked = false;
    if (message.refused()) return;  // asked again
    run_.blocks.note(member(), peer, wish.target ? Membership::in : Membership::out, world_.moment());
    world_.trace(name() +
                 (wish.target ? ": is told that it blocks " : ": is told that it no longer blocks ") +
                 std::to_string(peer));
    blocks_.erase(peer);
  }
}

void SimClient::on_login(const protocol::ServerMessage& message) {
  const auto* ack = message.get<protocol::LoginAck>();
  if (!ack || !ack->enter) return cut();  // busy or no storage: comes back later
  logged_in_ = world_.moment();
  if (manages_groups_) learn_groups(*ack->enter);
  rules_->entered(client::to_entered(*ack->enter, log().device));
  state_ = State::becoming_ready;
  write(protocol::Ready{}, next_rid_++);
}

// Groups and blocks -------------------------------------------------------------------------------------------------------------

/// The list that comes with the login is as good as an answer, when it shows what was asked for last.
void SimClient::learn_groups(const protocol::EnterAck& ack) {
  for (auto at = groups_.begin(); at != groups_.end();) {
    const bool in = std::any_of(ack.groups.begin(), ack.groups.end(), [&](const protocol::GroupEntry& group) {
      return group.id.value == at->first;
    });
    if (in == at->second.target) {
      run_.groups.note(at->first, member(), in ? Membership::in : Membership::out, world_.moment());
      world_.trace(name() + (in ? ": sees itself in group " : ": sees itself out of group ") +
                   std::to_string(at->first));
      at = groups_.erase(at);
    } else {
      ++at;
    }
  }
}

void SimClient::toggle_group(std::uint64_t group) {
  if (!manages_groups_ || groups_.contains(group)) return;
  const bool join = run_.groups.now(group, member()) == Membership::out;
  groups_[group] = {.target = join, .asked = false};
}

void SimClient::toggle_block(std::uint64_t peer) {
  if (!manages_groups_ || blocks_.contains(peer) || peer == member()) return;
  const bool block = run_.blocks.now(member(), peer) == Membership::out;
  blocks_[peer] = {.target = block, .asked = false};
}

bool SimClient::ask_wishes() {
  // A request of an earlier connection, never answered, may still be at work in the node and undo what is asked for now.
  if (!world_.drained_since(logged_in_)) return false;
  for (auto& [group, wish] : groups_) {
    if (wish.asked) continue;
    wish.asked = true;
    run_.groups.note(group, member(), Membership::either, world_.moment());
    world_.trace(name() + (wish.target ? ": asks to join " : ": asks to leave ") + std::to_string(group));
    group_rids_[next_rid_] = group;
    if (wish.target) {
      write(protocol::AddGroup{.groupid = RoomId{group}, .groupname = {}, .id = {}}, next_rid_++);
    } else {
      write(protocol::LeaveGroup{.groupid = RoomId{group}}, next_rid_++);
    }
    return true;
  }
  for (auto& [peer, wish] : blocks_) {
    if (wish.asked) continue;
    wish.asked = true;
    run_.blocks.note(member(), peer, Membership::either, world_.moment());
    world_.trace(name() + (wish.target ? ": asks to block " : ": asks to unblock ") + std::to_string(peer));
    block_rids_[next_rid_] = peer;
    write(protocol::Block{.friendid = MemberId{peer}, .blocked = wish.target}, next_rid_++);
    return true;
  }
  return false;
}

/// Reads back a conversation of which it has seen something, from its end or from there.
void SimClient::ask_history() {
  if (log().seen.empty()) return;
  const client::Message& from = log().seen[rng_.below(log().seen.size())];
  protocol::History history;
  if (from.conversation.is_group()) {
    history.of.groupid = RoomId{from.conversation.id};
  } else {
    history.of.friendid = MemberId{from.conversation.id};
  }
  history.before = rng_.percent(50) ? 0 : from.cseq;
  history.limit = static_cast<std::uint32_t>(rng_.between(1, 12));
  history_rids_[next_rid_] = from.conversation;
  write(history, next_rid_++);
}

void SimClient::on_history(Conversation of, const protocol::ServerMessage& message) {
  const auto* page = message.get<protocol::HistoryAck>();
  if (!page) return;  // not in the group any more, or no storage
  log().history.emplace_back();
  for (const auto& chat : page->messages) {
    log().history.back().push_back(client::to_message(chat, member()));
    log().history.back().back().conversation = of;
  }
}

void SimClient::group_answer(std::uint64_t group, const protocol::Refusal& refusal) {
  Wish& wish = groups_[group];
  wish.asked = false;
  // Refused because it is so already (errno 7 and 16), or not at all because it is the owner (28): known as well.
  const bool already = wish.target ? refusal.error == Errno::add_group_failed
                                   : refusal.error == Errno::not_in_group;
  const bool owner = refusal.error == Errno::conflict;
  if (refusal.error != Errno::ok && !already && !owner) return;  // asked again
  const bool in = wish.target != owner;
  run_.groups.note(group, member(), in ? Membership::in : Membership::out, world_.moment());
  world_.trace(name() + (in ? ": is told that it is in group " : ": is told that it is out of group ") +
               std::to_string(group));
  groups_.erase(group);
}

// The application ---------------------------------------------------------------------------------------------------------------

namespace {
std::string object_of(const std::string& label) { return R"({"is":")" + label + R"("})"; }

client::BodyKind kind_of(const std::string& body) {
  return body.starts_with('{') ? client::BodyKind::custom : client::BodyKind::text;
}

std::string doing(const client::Outgoing& message) {
  using enum client::Change::Action;
  switch (message.change.action) {
    case none: break;
    case recall: return ": recalls " + std::to_string(message.change.target) + " in ";
    case edit: return ": edits " + std::to_string(message.change.target) + " to '" + message.body + "' in ";
  }
  return ": sends '" + message.body + "' to ";
}
}  // namespace

std::string SimClient::new_body() {
  std::string label = "m" + std::to_string(member()) + "." + log().device + "." +
                      std::to_string(log().sent.size());
  if (options_.padding_max > 0) label.append(rng_.below(options_.padding_max), '.');
  return label;
}

bool SimClient::offer(client::Outgoing message) {
  message.tag = log().sent.size();
  if (!rules_->send(message)) return false;  // as many wait as may
  const Conversation to = message.conversation;
  world_.trace(name() + doing(message) + (to.is_group() ? "group " : "") + std::to_string(to.id));
  log().sent.push_back(
      {.to = to, .body = message.body, .change = message.change, .offered = world_.moment()});
  return true;
}

void SimClient::send(Conversation to) {
  client::Outgoing message{.conversation = to, .body = new_body()};
  if (rng_.percent(10)) {
    message.kind = client::BodyKind::custom;
    message.body = object_of(message.body);
  }
  offer(std::move(message));
}

void SimClient::change_something() {
  constexpr std::size_t kNewest = 6;
  const tests::DeviceLog& theirs = rng_.percent(70) ? log() : run_.devices[rng_.below(run_.devices.size())];
  std::vector<const tests::Sent*> fit;
  for (auto sent = theirs.sent.rbegin(); sent != theirs.sent.rend() && fit.size() < kNewest; ++sent) {
    const bool said = sent->change.action == client::Change::Action::none;
    if (said && sent->fate == tests::Sent::Fate::stored && sent->cseq != 0) fit.push_back(&*sent);
  }
  if (fit.empty()) return;
  const tests::Sent& target = *fit[rng_.below(fit.size())];
  client::Outgoing message{.conversation = target.to, .kind = client::BodyKind::change};
  if (theirs.member != member() && !target.to.is_group()) {
    if (target.to.id != member()) return;  // a talk of others
    message.conversation = Conversation::peer(theirs.member);
  }
  message.change = {.action = client::Change::Action::recall, .target = target.cseq};
  if (!rng_.percent(35)) {
    const std::string label = new_body();
    message.change.action = client::Change::Action::edit;
    message.change.kind = kind_of(target.body);
    message.body = message.change.kind == client::BodyKind::text ? label : object_of(label);
  }
  if (!in_doubt(message)) offer(std::move(message));
}

/// The same change is offered, and what became of it is not known: when its words are gone none could tell the two apart.
bool SimClient::in_doubt(const client::Outgoing& message) const {
  return std::ranges::any_of(log().sent, [&](const tests::Sent& sent) {
    return sent.id == 0 && sent.fate != tests::Sent::Fate::refused && sent.to == message.conversation &&
           sent.change == message.change;
  });
}

bool SimClient::poll() {
  const auto frames = rules_->take_frames(clock_.steady_ms());
  for (const client::Frame& frame : frames) {
    if (const auto* mark = std::get_if<client::MarkFrame>(&frame)) mark_rids_[mark->rid] = mark->conversation;
    link_->up.put(client::encode_frame(frame));
  }
  return !frames.empty();
}

void SimClient::take_events() {
  for (client::Event& event : rules_->take_events()) {
    if (auto* message = std::get_if<client::Message>(&event)) {
      if (!message->mine && rng_.percent(20))
        rules_->mark_read(message->conversation, message->cseq, clock_.steady_ms());
      log().seen.push_back(std::move(*message));
    } else if (const auto* gap = std::get_if<client::Gap>(&event)) {
      log().gaps.push_back(*gap);
    } else {
      const auto& outcome = std::get<client::SendOutcome>(event);
      tests::Sent& sent = log().sent.at(outcome.message.tag);
      sent.fate = outcome.error == 0 ? tests::Sent::Fate::stored : tests::Sent::Fate::refused;
      sent.error = outcome.error;
      sent.decided = world_.moment();
      sent.send_id = outcome.send_id;
      sent.id = outcome.id;
      sent.seq = outcome.seq;
      sent.cseq = outcome.cseq;
      world_.trace(
          name() + ": '" + sent.body + "' is " + (outcome.error == 0 ? "stored as " : "refused, errno ") +
          std::to_string(outcome.error == 0 ? outcome.send_id : static_cast<std::uint64_t>(outcome.error)));
    }
  }
}

std::string SimClient::describe() const {
  return name() + " state " + std::to_string(static_cast<int>(state_)) + ", " +
         std::to_string(rules_->sends().waiting()) + " sends wait (" +
         std::to_string(rules_->sends().on_the_wire()) + " on the wire), at " +
         std::to_string(rules_->stream().position()) + (rules_->stream().behind() ? " behind" : "") +
         (rules_->rooms().behind() ? " behind in a group" : "") + ", " +
         std::to_string(groups_.size() + blocks_.size()) + " wishes";
}

bool SimClient::settled() const {
  return state_ == State::online && rules_->sends().waiting() == 0 && !rules_->stream().behind() &&
         !rules_->rooms().behind() && groups_.empty() && blocks_.empty();
}

}  // namespace plaza::sim
