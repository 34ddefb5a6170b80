#include "chat/announcing.h"

#include <algorithm>

#include "chat/announcement_metrics.h"

namespace plaza::chat {

using moderation::SharedAnnouncement;
using ports::AppendCode;
using ports::StreamId;

void Announcing::know(const std::vector<SharedAnnouncement>& announcements) {
  board_.end_due(state_.node.clock.wall_ms());
  board_.add(announcements);
  for (auto& [id, member] : state_.members) consider(*member);
}

void Announcing::consider(MemberState& member) {
  AnnouncedTo& told = member.announced_to;
  if (board_.empty() || told.waiting || told.visit != 0) return;
  if (!board_.next_for(member.who.id, *member.zone, told.upto, state_.node.clock.wall_ms())) return;
  told.waiting = true;
  line_.push_back(member.who.id);
}

void Announcing::tick(std::int64_t interval_ms) {
  const std::int64_t whole = 1000 * static_cast<std::int64_t>(state_.node.executor.shards());
  const std::int64_t gained = state_.limits.announcement_members_per_s * interval_ms;
  // What nobody waited for is not saved up, but for the part of a member.
  credit_ = std::min(credit_ + gained, std::max(gained, whole));
  while (credit_ >= whole && !line_.empty()) {
    const MemberId next = line_.front();
    line_.pop_front();
    MemberState* member = state_.member(next);
    if (!member || !member->announced_to.waiting) continue;
    member->announced_to.waiting = false;
    credit_ -= whole;
    serve(*member);
  }
}

void Announcing::serve(MemberState& member) {
  member.announced_to.visit = ++visits_;
  if (member.announced_to.known) return append_next(member);
  read_last(member);
}

/// What the member got last stands in its conversation, whoever put it there and when.
void Announcing::read_last(const MemberState& member) {
  ports::ReadRequest read;
  read.stream = StreamId::notices(member.who.id);
  read.backward = true;
  read.entries_max = 1;
  state_.node.store.read(read, [this, id = member.who.id, visit = member.announced_to.visit](
                                   Result<ports::Page, ports::StoreError> page) {
    state_.node.executor.post(state_.shard, [this, id, visit, page = std::move(page)] {
      MemberState* now = state_.member(id);
      if (!now || now->announced_to.visit != visit) return;
      AnnouncedTo& told = now->announced_to;
      if (!page) {
        told.visit = 0;
        return consider(*now);
      }
      // Nothing there any more, by retention: then all that are current are appended, and the store refuses what was shown.
      if (!page->entries.empty())
        told.upto = std::max(told.upto, moderation::number_of_showing(page->entries.front().message->device));
      told.known = true;
      append_next(*now);
    });
  });
}

void Announcing::append_next(MemberState& member) {
  const MemberId id = member.who.id;
  AnnouncedTo& told = member.announced_to;
  const SharedAnnouncement next = board_.next_for(id, *member.zone, told.upto, state_.node.clock.wall_ms());
  if (!next) {
    told.visit = 0;
    return;
  }
  told.showing = next->number;
  auto message = std::make_shared<ports::Message>();
  message->zone = member.zone->id;
  message->sender_name = next->name;
  message->device = moderation::showing_device(next->number, id);
  message->send_id = 1;
  message->kind = next->kind;
  message->conversation = StreamId::notices(id);
  message->body = next->body;
  ports::Append append;
  append.message = std::move(message);
  append.fanout = std::make_shared<const std::vector<MemberId>>(1, id);
  append.origin_shard = state_.shard;
  append.wants_ack = false;
  state_.outbox.push_back(std::move(append));
}

void Announcing::outcome(const ports::Appended& outcome) {
  const ports::Message& sent = *outcome.append.message;
  if (sent.conversation.kind() != ports::StreamKind::notices) return;
  const std::uint64_t number = moderation::number_of_showing(sent.device);
  if (outcome.code == AppendCode::accepted) announcement_metrics().shown.add();
  MemberState* member = state_.member(MemberId{sent.conversation.first()});
  if (!member || number == 0 || member->announced_to.showing != number) return;
  AnnouncedTo& told = member->announced_to;
  told.showing = told.visit = 0;
  switch (outcome.code) {
    case AppendCode::accepted:
    case AppendCode::duplicate:
    case AppendCode::duplicate_trimmed:
    // The number was another announcement's: the directory is from an older backup than the messages.
    case AppendCode::conflict: told.upto = std::max(told.upto, number); break;
    case AppendCode::ahead:
    case AppendCode::refused:
    case AppendCode::unavailable: announcement_metrics().put_off.add(); break;
  }
  consider(*member);
}

}  // namespace plaza::chat
