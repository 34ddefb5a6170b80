#include "streams/message_changes.h"

#include <algorithm>
#include <utility>

namespace plaza::streams {

using ports::AppendRefusal;
using ports::ChangeAction;
using ports::Message;
using ports::MessageChange;
using ports::MessageExtra;
using ports::MessageKind;
using ports::MessagePtr;

std::optional<AppendRefusal> MessageChanges::check(const Message& message, const Group& group) {
  StreamState* const stream = set_.stream(message.conversation);
  if (stream == nullptr) return std::nullopt;
  const auto there = [stream](std::uint64_t seq) { return seq > stream->trimmed && seq <= stream->head; };
  if (message.reply_to() != 0 && !there(message.reply_to())) return AppendRefusal::no_such_message;
  const MessageChange* const change = message.change();
  if (change == nullptr) return AppendRefusal::none;
  if (!there(change->target)) return AppendRefusal::no_such_message;
  if (!find(*stream, change->target, group, target_)) return std::nullopt;
  if (!target_) return AppendRefusal::no_such_message;
  if (target_->kind == MessageKind::event || target_->kind == MessageKind::change)
    return AppendRefusal::not_changeable;
  if (target_->recalled()) return AppendRefusal::recalled;
  const bool fits = change->action == ChangeAction::recall || change->kind == target_->kind;
  return fits ? AppendRefusal::none : AppendRefusal::not_changeable;
}

bool MessageChanges::make(Message& change, const Group& group) {
  if (change.change() == nullptr) return true;
  MessageExtra completed = *change.extra;
  completed.change->message = target_->id;
  change.extra = std::make_shared<const MessageExtra>(std::move(completed));
  StreamState* const stream = set_.known_stream(change.conversation);
  quiet_before_.push_back({.stream = stream, .quiet = std::exchange(stream->quiet, change.conversation_seq)});
  quiet_.push_back({.stream = change.conversation, .seq = change.conversation_seq});
  switch (change.change()->action) {
    case ChangeAction::edit: edit(change); return true;
    case ChangeAction::recall: return recall(change, group);
  }
  return false;
}

void MessageChanges::edit(const Message& change) {
  const MessagePtr before = target_;
  MessageExtra extra = before->extra ? *before->extra : MessageExtra{};
  kept_.push_back({.message = before->id.value,
                   .version = {.number = static_cast<std::uint32_t>(extra.edits.size()),
                               .time_ms = extra.edited_ms != 0 ? extra.edited_ms : before->time_ms,
                               .body = before->body}});
  extra.edited_ms = change.time_ms;
  extra.edits.push_back(change.id.value);
  rewrite(*before, change.body, std::move(extra));
}

/// The place stays; what was said goes, with every version of it.
bool MessageChanges::recall(const Message& change, const Group& group) {
  recalls_ = true;
  const MessagePtr before = target_;
  MessageExtra extra = before->extra ? *before->extra : MessageExtra{};
  for (const std::uint64_t id : extra.edits) {
    MessagePtr edit;
    if (!find(id, group, edit)) return false;
    if (!edit) continue;  // retention was there
    MessageExtra emptied = *edit->extra;
    emptied.recalled_ms = change.time_ms;
    emptied.recalled_by = change.sender;
    rewrite(*edit, {}, std::move(emptied));
  }
  std::erase_if(kept_, [&](const Kept& kept) { return kept.message == before->id.value; });
  if (!extra.edits.empty()) forgotten_.push_back(before->id.value);
  extra.recalled_ms = change.time_ms;
  extra.recalled_by = change.sender;
  rewrite(*before, {}, std::move(extra));
  return true;
}

void MessageChanges::rewrite(const Message& before, std::string body, MessageExtra extra) {
  Message now = before;
  now.body = std::move(body);
  now.extra = std::make_shared<const MessageExtra>(std::move(extra));
  resize(now.zone, now.id.value,
         static_cast<std::int64_t>(now.body.size()) - static_cast<std::int64_t>(before.body.size()));
  rewritten_[now.id.value] = std::make_shared<const Message>(std::move(now));
}

/// At once, since a round of the index may end with the same transaction.
void MessageChanges::resize(ZoneId zone, std::uint64_t message, std::int64_t longer) {
  set_.zone_bytes.rewritten(zone, message, set_.indexed_upto, longer);
  resized_.push_back({.zone = zone, .message = message, .longer = longer});
}

std::vector<ports::ZoneBytes> MessageChanges::zone_rows() const {
  std::vector<ports::ZoneBytes> rows;
  for (const Resized& one : resized_) {
    const bool in_table = one.message <= set_.indexed_upto;
    if (in_table && std::ranges::find(rows, one.zone, &ports::ZoneBytes::zone) == rows.end())
      rows.push_back(set_.zone_bytes.row(one.zone));
  }
  return rows;
}

bool MessageChanges::find(StreamState& stream, std::uint64_t seq, const Group& group, MessagePtr& found) {
  found.reset();
  std::uint64_t id = stream.in_tail(seq);
  if (id == 0 && !set_.source().find_entry(stream.id, seq, id)) return false;
  return id == 0 || find(id, group, found);
}

bool MessageChanges::find(std::uint64_t id, const Group& group, MessagePtr& found) {
  if (const auto changed = rewritten_.find(id); changed != rewritten_.end()) {
    found = changed->second;
    return true;
  }
  // Ids of a group follow one another.
  if (!group.empty() && id >= group.front()->id.value) {
    found = group[id - group.front()->id.value];
    return true;
  }
  found = set_.recent.find(id);
  return found || set_.source().load_message(id, found);
}

void MessageChanges::commit() {
  for (const QuietBefore& before : quiet_before_) set_.touch(*before.stream);
  for (auto& [id, message] : rewritten_) set_.recent.replace(message);
  clear();
}

void MessageChanges::roll_back() {
  for (auto at = quiet_before_.rbegin(); at != quiet_before_.rend(); ++at) at->stream->quiet = at->quiet;
  for (const Resized& one : resized_)
    set_.zone_bytes.rewritten(one.zone, one.message, set_.indexed_upto, -one.longer);
  clear();
}

void MessageChanges::clear() {
  target_.reset();
  rewritten_.clear();
  kept_.clear();
  forgotten_.clear();
  quiet_.clear();
  quiet_before_.clear();
  resized_.clear();
  recalls_ = false;
}

}  // namespace plaza::streams
