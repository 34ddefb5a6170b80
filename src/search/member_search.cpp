#include "search/member_search.h"

#include <algorithm>
#include <unordered_map>

#include "search/searchable.h"
#include "search/text_words.h"

namespace plaza::search {

using ports::SearchError;

/// What one search knows about where the member may read.
class MemberSearch::Rights {
 public:
  Rights(ports::Rooms& rooms, const MemberQuery& query) : rooms_(rooms), query_(query) {}

  /// Nothing: it cannot be read now.
  std::optional<bool> sees(const ports::Message& message) {
    const ports::StreamId where = message.conversation;
    if (where.kind() != ports::StreamKind::room) return true;  // the scope has the member's own only
    const RoomId room{where.first()};
    auto at = standings_.find(room);
    if (at == standings_.end()) {
      const auto standing = rooms_.standing(query_.zone, room, query_.member);
      if (!standing && standing.error().code != ports::DirectoryCode::not_found) return std::nullopt;
      at = standings_.emplace(room, standing ? *standing : ports::RoomStanding{}).first;
    }
    return at->second.joined && message.conversation_seq >= at->second.visible_from;
  }

 private:
  ports::Rooms& rooms_;
  const MemberQuery& query_;
  std::unordered_map<RoomId, ports::RoomStanding> standings_;
};

std::optional<MemberSearch::Turn> MemberSearch::enter() {
  if (running_.fetch_add(1) < searches_at_once_max_) return Turn(*this);
  --running_;
  return std::nullopt;
}

namespace {

Result<ports::SearchScope, SearchError> scope_of(ports::Rooms& rooms, const MemberQuery& query) {
  ports::SearchScope scope{.member = query.member, .rooms = {}, .only = query.only};
  if (query.only) return scope;
  const auto own = rooms.rooms_of(query.zone, query.member);
  if (!own) return fail(SearchError{own.error().detail});
  for (const ports::Room& room : *own) scope.rooms.push_back(room.id);
  return scope;
}

bool has_all(const ports::Message& message, const std::vector<ports::SearchTerm>& terms) {
  const auto document = document_of(message);
  return document && std::ranges::all_of(terms, [&](const ports::SearchTerm& term) {
           return ports::has_term(*document, term);
         });
}

}  // namespace

Result<FoundPage, SearchError> MemberSearch::find(const MemberQuery& query) {
  auto scope = scope_of(parts_.rooms, query);
  if (!scope) return fail(std::move(scope.error()));
  Rights rights(parts_.rooms, query);
  ports::SearchQuery asked{
      .terms = query.terms, .scope = std::move(*scope), .before = query.before, .limit = 0};
  FoundPage page;
  for (std::uint32_t looked = 0; looked < kLooked; looked += asked.limit) {
    // One more than wanted tells whether there are more.
    asked.limit = std::min(query.limit + 1, kLooked - looked);
    const auto ids = parts_.index.find(asked);
    if (!ids) return fail(ids.error());
    if (const auto good = look(query, *ids, rights, page); !good) return fail(good.error());
    if (page.more || ids->size() < asked.limit) return page;
    page.before = asked.before = ids->back();
  }
  page.more = true;
  return page;
}

/// Adds those of the messages that are to be seen; `more` is set when the page is full and another one is left.
Result<void, SearchError> MemberSearch::look(const MemberQuery& query, const std::vector<MessageId>& ids,
                                             Rights& rights, FoundPage& page) {
  const auto messages = parts_.log.find(ids);
  if (!messages) return fail(SearchError{messages.error().detail});
  for (std::size_t i = 0; i < ids.size() && !page.more; ++i) {
    const ports::MessagePtr& message = (*messages)[i];
    if (!message || !has_all(*message, query.terms)) {
      correct(ids[i], message);
      continue;
    }
    const auto seen = rights.sees(*message);
    if (!seen) return fail(SearchError{"the directory does not answer"});
    if (!*seen) continue;
    if (page.messages.size() == query.limit) {
      page.more = true;
      page.before = page.messages.back().message->id;
    } else {
      page.messages.push_back({message, snippet_of(searchable_text(*message), query.terms)});
    }
  }
  return {};
}

/// The message is gone, or is not what was indexed. When this fails the next search pays for it.
void MemberSearch::correct(MessageId id, const ports::MessagePtr& message) {
  const auto document = message ? document_of(*message) : std::nullopt;
  static_cast<void>(document ? parts_.index.put(*document) : parts_.index.remove({id}));
}

}  // namespace plaza::search
