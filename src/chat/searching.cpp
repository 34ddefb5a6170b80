#include "chat/searching.h"

#include <algorithm>
#include <utility>

#include "search/text_words.h"

namespace plaza::chat {

using protocol::Errno;

namespace {

protocol::SearchResult result_of(const search::FoundMessage& found, MemberId reader) {
  const ports::Message& message = *found.message;
  protocol::SearchResult result{.mid = message.id,
                                .friendid = {},
                                .groupid = {},
                                .cseq = message.conversation_seq,
                                .id = message.sender,
                                .name = message.sender_name,
                                .time_ms = message.time_ms,
                                .snippet = found.snippet};
  switch (message.conversation.kind()) {
    case ports::StreamKind::room: result.groupid = RoomId{message.conversation.first()}; break;
    case ports::StreamKind::pair: result.friendid = message.conversation.peer_of(reader); break;
    default: result.friendid = MemberId{0}; break;
  }
  return result;
}

// Of one result as it is written, when every character of it has to be escaped.
std::size_t bytes_of(const protocol::SearchResult& result) {
  return 160 + 6 * (result.name.size() + result.snippet.size());
}

/// One result at least.
protocol::SearchAck ack_of(const search::FoundPage& page, MemberId reader, std::size_t bytes_max) {
  protocol::SearchAck ack{.results = {}, .more = page.more, .before = page.before.value};
  std::size_t bytes = 0;
  for (const search::FoundMessage& found : page.messages) {
    protocol::SearchResult result = result_of(found, reader);
    bytes += bytes_of(result);
    if (bytes > bytes_max && !ack.results.empty()) {
      ack.more = true;
      ack.before = ack.results.back().mid.value;
      break;
    }
    ack.results.push_back(std::move(result));
  }
  return ack;
}

Refusal bad_query(Errno error, std::string allowed) {
  return {.error = error, .field = "query", .allowed = std::move(allowed)};
}

}  // namespace

Verdict Searching::search(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Search>(request);
  const Asked asked = Asked::from(request);
  if (state_.node.search == nullptr) {
    return refuse(session, asked, {.error = Errno::not_permitted, .message = "this server does not search"});
  }
  search::MemberQuery query{.zone = session.zone,
                            .member = session.member->who.id,
                            .terms = search::terms_of(wanted.query),
                            .only = {},
                            .before = MessageId{wanted.before},
                            .limit = wanted.limit};
  if (query.terms.empty()) return refuse(session, asked, bad_query(Errno::bad_request, "a word"));
  if (query.terms.size() > kTermsMax)
    return refuse(session, asked, bad_query(Errno::too_large, "16 different words"));
  if (wanted.of.friendid || wanted.of.groupid) {
    const Reading::Target of = reading_.target(session, asked, wanted.of);
    if (!of.stream) return of.verdict;
    query.only = of.stream;
  }
  if (!within_rate(session, asked)) return Verdict::done;
  return start(session, asked, std::move(query));
}

bool Searching::within_rate(Session& session, const Asked& asked) {
  std::int64_t wait_ms = 0;
  if (session.member->rates.searches.take(state_.limits.member_searches, state_.node.executor.now_ms(),
                                          wait_ms)) {
    return true;
  }
  refuse(session, asked,
         {.error = Errno::rate_limited,
          .message = "too many searches, wait a little",
          .retry_after_ms = static_cast<std::uint64_t>(wait_ms)});
  return false;
}

Verdict Searching::start(Session& session, const Asked& asked, search::MemberQuery query) {
  search::MemberSearch& members = *state_.node.search;
  auto turn = members.enter();
  if (!turn) return refuse(session, asked, busy());
  const bool started = state_.await(
      session,
      [&members, query = std::move(query), turn = std::move(*turn)]() mutable {
        // It is over before the answer is on its way, so that whoever has it can search again.
        const search::MemberSearch::Turn held = std::move(turn);
        return members.find(query);
      },
      [this, asked](Session& s, const Result<search::FoundPage, ports::SearchError>& page) {
        if (!page) return refuse(s, asked, storage_unavailable());
        answer(s, asked.rid, ack_of(*page, s.member->who.id, state_.limits.page_bytes_max));
        return Verdict::done;
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

}  // namespace plaza::chat
