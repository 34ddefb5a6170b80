// Messages that answer or change others.
#include <utility>

#include "memory/memory_stream_store.h"

namespace plaza::memory {

using ports::AppendRefusal;
using ports::Message;
using ports::MessageExtra;
using ports::MessageKind;
using ports::MessagePtr;

AppendRefusal MemoryStreamStore::refusal_of(const Message& message) const {
  const auto found = durable_.streams.find(message.conversation);
  const auto at = [&](std::uint64_t seq) -> MessagePtr {
    if (found == durable_.streams.end()) return nullptr;
    const auto entry = found->second.entries.find(seq);
    return entry == found->second.entries.end() ? nullptr : entry->second;
  };
  if (message.reply_to() != 0 && !at(message.reply_to())) return AppendRefusal::no_such_message;
  if (message.change() == nullptr) return AppendRefusal::none;
  const MessagePtr target = at(message.change()->target);
  if (!target) return AppendRefusal::no_such_message;
  const bool fixed = target->kind == MessageKind::event || target->kind == MessageKind::change;
  if (fixed) return AppendRefusal::not_changeable;
  if (target->recalled()) return AppendRefusal::recalled;
  const bool edit = message.change()->action == ports::ChangeAction::edit;
  return edit && target->kind != message.change()->kind ? AppendRefusal::not_changeable : AppendRefusal::none;
}

void MemoryStreamStore::carry_out(const Message& change) {
  auto& stream = durable_.streams.at(change.conversation);
  stream.quiet.insert(change.conversation_seq);
  Message target = *stream.entries.at(change.change()->target);
  MessageExtra extra = target.extra ? *target.extra : MessageExtra{};
  if (change.change()->action == ports::ChangeAction::edit) {
    auto& versions = durable_.versions[target.id];
    versions.push_back({.number = static_cast<std::uint32_t>(versions.size()),
                        .time_ms = extra.edited_ms == 0 ? target.time_ms : extra.edited_ms,
                        .body = target.body});
    target.body = change.body;
    extra.edited_ms = change.time_ms;
    extra.edits.push_back(change.id.value);
    return put_in_place(std::move(target), std::move(extra));
  }
  durable_.versions.erase(target.id);
  const auto empty = [&](Message message, MessageExtra its) {
    message.body.clear();
    its.recalled_ms = change.time_ms;
    its.recalled_by = change.sender;
    put_in_place(std::move(message), std::move(its));
  };
  for (const std::uint64_t id : extra.edits) {
    const auto edit = durable_.messages.find(MessageId{id});
    if (edit != durable_.messages.end()) empty(*edit->second, *edit->second->extra);
  }
  empty(std::move(target), std::move(extra));
}

void MemoryStreamStore::put_in_place(Message message, MessageExtra extra) {
  message.extra = std::make_shared<const MessageExtra>(std::move(extra));
  const auto now = std::make_shared<const Message>(std::move(message));
  count_bytes(*durable_.messages.at(now->id), -1);
  count_bytes(*now, 1);
  durable_.messages[now->id] = now;
  const auto put = [&](ports::StreamId id, std::uint64_t seq) {
    auto& entries = durable_.streams.at(id).entries;
    if (const auto entry = entries.find(seq); entry != entries.end()) entry->second = now;
  };
  put(now->conversation, now->conversation_seq);
  for (const ports::Delivery& delivery : now->deliveries) put(delivery.stream, delivery.seq);
}

ports::VersionPage MemoryStreamStore::version_page(const ports::VersionsRequest& request) const {
  ports::VersionPage page;
  const auto stream = durable_.streams.find(request.conversation);
  if (stream == durable_.streams.end()) return page;
  const auto entry = stream->second.entries.find(request.cseq);
  if (entry == stream->second.entries.end()) return page;
  page.message = entry->second;
  if (page.message->recalled()) return page;
  std::vector<ports::MessageVersion> all;
  if (const auto kept = durable_.versions.find(page.message->id); kept != durable_.versions.end())
    all = kept->second;
  all.push_back({.number = static_cast<std::uint32_t>(all.size()),
                 .time_ms = page.message->edited() ? page.message->extra->edited_ms : page.message->time_ms,
                 .body = page.message->body});
  std::size_t bytes = 0;
  for (auto version = all.rbegin(); version != all.rend(); ++version) {
    if (request.before != 0 && version->number >= request.before) continue;
    bytes += version->body.size();
    page.more = !page.versions.empty() &&
                (page.versions.size() >= request.versions_max || bytes > request.bytes_max);
    if (page.more) break;
    page.versions.push_back(*version);
  }
  return page;
}

}  // namespace plaza::memory
