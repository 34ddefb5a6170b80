// MemoryStreamStore: its messages in their order.
#include "memory/memory_stream_store.h"

namespace plaza::memory {

using ports::MessageLogError;
using ports::MessageLogPage;

Result<MessageLogPage, MessageLogError> MemoryStreamStore::after(MessageId id, std::uint32_t limit) {
  const std::lock_guard lock(commit_mutex_);
  const auto& messages = durable_.messages;
  MessageLogPage page;
  page.log = options_.epoch;
  if (messages.empty()) return page;
  page.oldest = messages.begin()->first;
  page.newest = messages.rbegin()->first;
  auto at = messages.upper_bound(id);
  for (; at != messages.end() && page.messages.size() < limit; ++at) page.messages.push_back(at->second);
  page.more = at != messages.end();
  return page;
}

Result<std::vector<ports::MessagePtr>, MessageLogError> MemoryStreamStore::find(
    const std::vector<MessageId>& ids) {
  const std::lock_guard lock(commit_mutex_);
  std::vector<ports::MessagePtr> found;
  for (const MessageId id : ids) {
    const auto at = durable_.messages.find(id);
    found.push_back(at == durable_.messages.end() ? nullptr : at->second);
  }
  return found;
}

}  // namespace plaza::memory
