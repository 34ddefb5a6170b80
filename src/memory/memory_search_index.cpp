#include "memory/memory_search_index.h"

#include <algorithm>
#include <iterator>

namespace plaza::memory {

using ports::SearchDocument;
using ports::SearchError;
using ports::SearchPosition;
using ports::StreamKind;

namespace {

std::unexpected<SearchError> switched_off() { return fail(SearchError{"switched off"}); }

bool in_scope(const ports::SearchScope& scope, ports::StreamId where) {
  if (scope.only) return where == *scope.only;
  switch (where.kind()) {
    case StreamKind::pair: return where.first() == scope.member.value || where.second() == scope.member.value;
    case StreamKind::notices: return where.first() == scope.member.value;
    case StreamKind::room: return std::ranges::find(scope.rooms, RoomId{where.first()}) != scope.rooms.end();
    default: return false;
  }
}

}  // namespace

ports::SearchIndex::Answer<SearchPosition> MemorySearchIndex::position() {
  const std::lock_guard lock(mutex_);
  if (fails()) return switched_off();
  return position_;
}

ports::SearchIndex::Answer<void> MemorySearchIndex::add(const std::vector<SearchDocument>& documents,
                                                        const SearchPosition& position) {
  const std::lock_guard lock(mutex_);
  if (fails()) return switched_off();
  for (const SearchDocument& document : documents) documents_.insert_or_assign(document.id, document);
  position_ = position;
  return {};
}

ports::SearchIndex::Answer<void> MemorySearchIndex::put(const SearchDocument& document) {
  const std::lock_guard lock(mutex_);
  if (fails()) return switched_off();
  documents_.insert_or_assign(document.id, document);
  return {};
}

ports::SearchIndex::Answer<void> MemorySearchIndex::remove(const std::vector<MessageId>& ids) {
  const std::lock_guard lock(mutex_);
  if (fails()) return switched_off();
  for (const MessageId id : ids) documents_.erase(id);
  return {};
}

ports::SearchIndex::Answer<std::uint32_t> MemorySearchIndex::drop_below(MessageId id, std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  if (fails()) return switched_off();
  std::uint32_t dropped = 0;
  for (; dropped < limit && !documents_.empty() && documents_.begin()->first < id; ++dropped)
    documents_.erase(documents_.begin());
  return dropped;
}

ports::SearchIndex::Answer<std::uint32_t> MemorySearchIndex::drop_in(const ports::SearchScope& scope,
                                                                     std::uint32_t limit) {
  const std::lock_guard lock(mutex_);
  if (fails()) return switched_off();
  std::uint32_t dropped = 0;
  std::erase_if(documents_, [&](const auto& entry) {
    return dropped < limit && in_scope(scope, entry.second.conversation) && ++dropped > 0;
  });
  return dropped;
}

ports::SearchIndex::Answer<void> MemorySearchIndex::clear(std::uint64_t log) {
  const std::lock_guard lock(mutex_);
  if (fails()) return switched_off();
  documents_.clear();
  position_ = {.log = log, .upto = {}};
  return {};
}

ports::SearchIndex::Answer<std::vector<MessageId>> MemorySearchIndex::find(const ports::SearchQuery& query) {
  const std::lock_guard lock(mutex_);
  if (fails()) return switched_off();
  std::vector<MessageId> found;
  auto at = query.before ? documents_.lower_bound(query.before) : documents_.end();
  while (at != documents_.begin() && found.size() < query.limit) {
    const SearchDocument& document = (--at)->second;
    const bool has_all = std::ranges::all_of(
        query.terms, [&](const ports::SearchTerm& term) { return ports::has_term(document, term); });
    if (has_all && in_scope(query.scope, document.conversation)) found.push_back(document.id);
  }
  return found;
}

std::size_t MemorySearchIndex::size() const {
  const std::lock_guard lock(mutex_);
  return documents_.size();
}

void MemorySearchIndex::set_unavailable(bool unavailable) {
  const std::lock_guard lock(mutex_);
  unavailable_ = unavailable;
}

}  // namespace plaza::memory
