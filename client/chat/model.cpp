#include "client/chat/model.h"

#include <algorithm>

#include "client/chat/text.h"

namespace plaza::client::chat {

using protocol::Friendship;

void Model::entered(const protocol::EnterAck& ack) {
  if (self_ != 0 && self_ != ack.id.value) forget();
  self_ = ack.id.value;
  self_name_ = ack.name;
  for (auto& [id, one] : people_) {
    one.online = false;
    one.friendship = Friendship::none;
  }
  for (auto& [id, one] : groups_) one.mine = false;
  for (const protocol::FriendEntry& entry : ack.friends) relation(entry);
  for (const protocol::GroupEntry& entry : ack.groups) {
    Group& one = group(entry.id.value, entry.groupname);
    one.description = entry.groupdesc;
    one.members = entry.members;
    one.mine = true;
  }
}

void Model::relation(const protocol::FriendEntry& entry) {
  Person& one = person(entry.id.value, entry.name);
  one.remark = entry.remark;
  one.online = entry.online;
  one.blocked = entry.blocked;
  one.friendship = entry.friendship;
}

void Model::forget() {
  Talk notices = std::move(talks_[Conversation{}]);
  *this = Model{};
  talks_[Conversation{}] = std::move(notices);
}

void Model::restarted() {
  for (auto& [key, in] : talks_) {
    std::erase_if(in.lines, [](const Line& line) {
      return line.kind == Line::Kind::message && line.message.cseq != 0;
    });
    in.head = in.read = in.oldest = in.their_delivered = in.their_read = 0;
    in.complete = in.asked_history = false;
  }
}

Person& Model::person(std::uint64_t id, std::string_view name) {
  Person& one = people_[id];
  one.id = id;
  if (!name.empty()) one.name = name;
  return one;
}
Group& Model::group(std::uint64_t id, std::string_view name) {
  Group& one = groups_[id];
  one.id = id;
  if (!name.empty()) one.name = name;
  return one;
}

const Person* Model::find_person(std::string_view name) const {
  const Person* found = nullptr;
  for (const auto& [id, one] : people_) {
    if (one.name == name) return &one;
    if (equal_ignoring_case(one.name, name) || (!one.remark.empty() && one.remark == name)) found = &one;
  }
  return found;
}
const Group* Model::find_group(std::string_view name) const {
  const Group* found = nullptr;
  for (const auto& [id, one] : groups_) {
    if (one.name == name) return &one;
    if (equal_ignoring_case(one.name, name)) found = &one;
  }
  return found;
}

std::string Model::name_of(std::uint64_t member) const {
  if (member == self_) return self_name_;
  const auto found = people_.find(member);
  return found == people_.end() || found->second.name.empty() ? "member " + std::to_string(member)
                                                              : found->second.name;
}

std::string Model::title(Conversation key) const {
  if (!key) return "plaza";
  if (!key.is_group()) return name_of(key.id);
  const auto found = groups_.find(key.id);
  return "#" +
         (found == groups_.end() || found->second.name.empty() ? std::to_string(key.id) : found->second.name);
}

Talk& Model::talk(Conversation key) {
  Talk& one = talks_[key];
  one.key = key;
  return one;
}
const Talk* Model::find_talk(Conversation key) const {
  const auto found = talks_.find(key);
  return found == talks_.end() ? nullptr : &found->second;
}

// By position; what has none yet (being sent, notices) stays where it was put, at the end.
void Model::insert(Talk& talk, Line line) {
  auto at = talk.lines.end();
  while (at != talk.lines.begin()) {
    const Line& before = *std::prev(at);
    if (before.kind == Line::Kind::message && before.message.cseq != 0 &&
        before.message.cseq < line.message.cseq)
      break;
    if (before.message.cseq == 0 && before.time_ms <= line.time_ms && !before.sending) break;
    --at;
  }
  talk.lines.insert(at, std::move(line));
}

void Model::trim(Talk& talk) {
  while (talk.lines.size() > lines_max) {
    talk.lines.pop_front();
    talk.complete = false;
    const auto first = std::find_if(talk.lines.begin(), talk.lines.end(),
                                    [](const Line& l) { return l.message.cseq != 0; });
    talk.oldest = first == talk.lines.end() ? 0 : first->message.cseq;
  }
}

std::uint64_t Model::typed(Conversation to, const std::string& text, std::int64_t now_ms,
                           std::uint64_t reply_to) {
  const std::uint64_t local = next_local_++;
  Line line{.local = local, .sending = true, .time_ms = now_ms};
  line.message = {.conversation = to,
                  .sender = self_,
                  .sender_name = self_name_,
                  .body = text,
                  .time_ms = now_ms,
                  .mine = true,
                  .reply_to = reply_to};
  Talk& in = talk(to);
  in.lines.push_back(std::move(line));
  ++in.appended;
  in.active_ms = now_ms;
  sending_.emplace(local, to);
  trim(in);
  return local;
}

Line* Model::by_local(std::uint64_t local, Talk** in) {
  const auto found = sending_.find(local);
  if (found == sending_.end()) return nullptr;
  *in = &talk(found->second);
  for (Line& line : (*in)->lines) {
    if (line.local == local) return &line;
  }
  return nullptr;
}

void Model::outcome(std::uint64_t local, const SendOutcome& outcome) {
  Talk* in = nullptr;
  Line* line = by_local(local, &in);
  sending_.erase(local);
  if (line == nullptr) return;
  line->sending = false;
  if (outcome.error != 0) {
    line->refused = outcome.text;
    return;
  }
  line->message.id = outcome.id;
  line->message.cseq = outcome.cseq;
  line->message.send_id = outcome.send_id;
  if (outcome.time_ms != 0) line->message.time_ms = line->time_ms = outcome.time_ms;
  if (outcome.cseq == 0) return;
  // It takes its place among what came from others meanwhile.
  Line moved = std::move(*line);
  std::erase_if(in->lines, [&](const Line& l) { return l.local == local; });
  in->head = std::max(in->head, outcome.cseq);
  read_to(*in, outcome.cseq);
  if (in->oldest == 0) in->oldest = outcome.cseq;
  insert(*in, std::move(moved));
}

// Who writes has seen what stands above (the server moves their read mark as well).
void Model::replied(Talk& talk, std::uint64_t cseq) {
  if (talk.key.is_group()) return;
  talk.their_read = std::max(talk.their_read, cseq);
}

void Model::read_to(Talk& talk, std::uint64_t cseq) {
  if (cseq <= talk.read) return;
  talk.read = cseq;
  talk.quiet = 0;
  for (const Line& line : talk.lines) {
    if (line.message.kind == BodyKind::change && line.message.cseq > cseq) ++talk.quiet;
  }
}

/// The message that it is about is shown as it is now.
void Model::change(Talk& talk, const Message& change) {
  for (Line& line : talk.lines) {
    if (line.kind != Line::Kind::message || line.message.cseq != change.change.target) continue;
    Message& message = line.message;
    if (change.change.action == Change::Action::recall) {
      message.recalled = true;
      message.body.clear();
    } else if (change.change.action == Change::Action::edit && !change.recalled) {
      message.body = change.body;
      ++message.edits;
    }
  }
  if (change.change.action != Change::Action::recall) return;
  for (Line& line : talk.lines) {
    if (line.message.change.action != Change::Action::edit ||
        line.message.change.target != change.change.target)
      continue;
    line.message.recalled = true;
    line.message.body.clear();
  }
}

void Model::message(const Message& message) {
  Talk& in = talk(message.conversation);
  const bool is_change = message.kind == BodyKind::change;
  if (!message.mine && message.sender != 0) person(message.sender, message.sender_name);
  if (message.cseq != 0 && in.head == 0 && in.read == 0) in.read = message.cseq - 1;
  in.head = std::max(in.head, message.cseq);
  if (message.mine && !is_change) read_to(in, message.cseq);
  if (!message.mine && !is_change) replied(in, message.cseq);
  in.active_ms = std::max(in.active_ms, message.time_ms);
  for (const Line& line : in.lines) {
    if (line.kind == Line::Kind::message && message.cseq != 0 && line.message.cseq == message.cseq) return;
  }
  if (in.oldest == 0 || message.cseq < in.oldest) in.oldest = message.cseq;
  if (is_change) change(in, message);
  if (is_change && message.cseq > in.read) ++in.quiet;
  insert(in, Line{.message = message, .time_ms = message.time_ms});
  ++in.appended;
  trim(in);
}

void Model::history(Conversation key, const std::vector<Message>& page, bool more) {
  Talk& in = talk(key);
  in.asked_history = false;
  in.complete = !more;
  for (const Message& one : page) {
    if (!one.mine) person(one.sender, one.sender_name);
    if (!one.mine && one.kind != BodyKind::change) replied(in, one.cseq);
    in.head = std::max(in.head, one.cseq);
    const bool known = std::any_of(in.lines.begin(), in.lines.end(), [&](const Line& l) {
      return l.kind == Line::Kind::message && l.message.cseq == one.cseq;
    });
    if (in.oldest == 0 || one.cseq < in.oldest) in.oldest = one.cseq;
    if (!known) insert(in, Line{.message = one, .time_ms = one.time_ms});
  }
}

void Model::conversation(const protocol::Conversation& listed) {
  const bool is_group = static_cast<bool>(listed.groupid);
  const Conversation key = is_group ? Conversation::group(listed.groupid.value)
                                    : Conversation::peer(listed.friendid.value);
  if (is_group) {
    group(key.id, listed.name);
  } else {
    person(key.id, listed.name);
  }
  Talk& in = talk(key);
  in.head = std::max(in.head, listed.head);
  read_to(in, listed.read);
  if (in.head == listed.head && in.read == listed.read)
    in.quiet = listed.head - listed.read - std::min(listed.unread, listed.head - listed.read);
  in.their_delivered = std::max(in.their_delivered, listed.their_delivered);
  in.their_read = std::max(in.their_read, listed.their_read);
  if (listed.last) in.active_ms = std::max(in.active_ms, listed.last->time_ms);
}

void Model::receipt(const protocol::ReceiptPush& receipt) {
  const Conversation key = receipt.groupid ? Conversation::group(receipt.groupid.value)
                                           : Conversation::peer(receipt.friendid.value);
  Talk& in = talk(key);
  if (receipt.id.value == self_) {  // another of our own devices
    read_to(in, receipt.read);
    return;
  }
  in.their_delivered = std::max(in.their_delivered, receipt.delivered);
  in.their_read = std::max(in.their_read, receipt.read);
}

Delivery Model::delivery(const Talk& talk, const Line& line) const {
  if (line.kind != Line::Kind::message || !line.message.mine) return Delivery::none;
  if (line.sending) return Delivery::sending;
  if (!line.refused.empty()) return Delivery::refused;
  const std::uint64_t position = line.message.cseq;
  if (position != 0 && position <= talk.their_read) return Delivery::read;
  if (position != 0 && position <= talk.their_delivered) return Delivery::delivered;
  return Delivery::stored;
}

void Model::notice(Conversation key, std::string text, Line::Kind kind, std::int64_t now_ms) {
  Talk& in = talk(key);
  ++in.appended;
  in.lines.push_back(Line{.kind = kind, .text = std::move(text), .time_ms = now_ms});
  trim(in);
}

std::uint64_t Model::seen(Conversation key) {
  const auto found = talks_.find(key);
  if (!key || found == talks_.end() || found->second.head <= found->second.read) return 0;
  read_to(found->second, found->second.head);
  return found->second.read;
}

void Model::set_open(Conversation key) {
  open_ = key;
  talk(key);
}

std::vector<Conversation> Model::listed() const {
  std::vector<const Talk*> order;
  for (const auto& [key, one] : talks_) {
    const bool something = one.head > 0 || !one.lines.empty() || key == open_;
    if (key && something) order.push_back(&one);
  }
  std::sort(order.begin(), order.end(), [](const Talk* a, const Talk* b) {
    return a->active_ms != b->active_ms ? a->active_ms > b->active_ms : a->key < b->key;
  });
  std::vector<Conversation> keys{Conversation{}};
  for (const Talk* one : order) keys.push_back(one->key);
  return keys;
}

std::uint64_t Model::unread_total() const {
  std::uint64_t total = 0;
  for (const auto& [key, one] : talks_) total += one.unread();
  return total;
}

}  // namespace plaza::client::chat
