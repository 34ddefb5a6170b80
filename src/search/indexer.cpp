#include "search/indexer.h"

#include <vector>

#include "search/searchable.h"

namespace plaza::search {

using ports::MessageLogPage;

namespace {
/// What stays of a message, whatever becomes of its text.
std::uint64_t mark_of(const ports::Message& message) {
  return mix64(static_cast<std::uint64_t>(message.time_ms) ^
               mix64(message.sender.value ^ mix64(message.send_id))) &
         kIdMax;
}
}  // namespace

Indexer::Step Indexer::failed(std::string why) {
  failure_ = std::move(why);
  return Step::failed;
}

Indexer::Step Indexer::step() {
  const auto position = index_.position();
  if (!position) return failed(position.error().detail);
  const auto page = log_.after(position->upto, kMessages);
  if (!page) return failed(page.error().detail);
  const auto same = same_log(*position, *page);
  if (!same) return Step::failed;
  if (!*same) {
    if (const auto cleared = index_.clear(page->log); !cleared) return failed(cleared.error().detail);
    return Step::more;
  }
  return page->messages.empty() ? tidy(*page) : add(*page);
}

std::optional<bool> Indexer::same_log(const ports::SearchPosition& position, const MessageLogPage& page) {
  if (page.log != position.log || page.newest < position.upto) return false;
  if (checked_ || !position.upto) return true;
  const auto last = log_.find({position.upto});
  if (!last) {
    failure_ = last.error().detail;
    return std::nullopt;
  }
  checked_ = true;
  return !last->front() || mark_of(*last->front()) == position.mark;  // one that is gone proves nothing
}

/// Messages that were edited or recalled since they were passed: what they say now, or nothing. Before the position moves: when what
/// follows fails it is all done again.
bool Indexer::change(const MessageLogPage& page) {
  std::vector<MessageId> changed;
  for (const ports::MessagePtr& message : page.messages) {
    if (message->change() != nullptr) changed.push_back(message->change()->message);
  }
  if (changed.empty()) return true;
  const auto now = log_.find(changed);
  if (!now) return failed(now.error().detail) != Step::failed;
  std::vector<MessageId> without_words;
  for (std::size_t i = 0; i < changed.size(); ++i) {
    const auto document = (*now)[i] ? document_of(*(*now)[i]) : std::nullopt;
    if (!document) {
      without_words.push_back(changed[i]);
    } else if (const auto done = index_.put(*document); !done) {
      return failed(done.error().detail) != Step::failed;
    }
  }
  if (without_words.empty()) return true;
  const auto removed = index_.remove(without_words);
  return removed || failed(removed.error().detail) != Step::failed;
}

Indexer::Step Indexer::add(const MessageLogPage& page) {
  if (!change(page)) return Step::failed;
  std::vector<ports::SearchDocument> documents;
  documents.reserve(page.messages.size());
  for (const ports::MessagePtr& message : page.messages) {
    if (auto document = document_of(*message)) documents.push_back(std::move(*document));
  }
  const MessageId upto = page.messages.back()->id;
  if (const auto added = index_.add(documents,
                                    {.log = page.log, .upto = upto, .mark = mark_of(*page.messages.back())});
      !added)
    return failed(added.error().detail);
  behind_.store(page.newest.value - upto.value, std::memory_order_relaxed);
  return Step::more;
}

/// What retention has removed at the front needs no index. What it has taken out between goes when a search comes upon it.
Indexer::Step Indexer::tidy(const MessageLogPage& page) {
  behind_.store(0, std::memory_order_relaxed);
  const auto dropped = index_.drop_below(page.oldest, kMessages);
  if (!dropped) return failed(dropped.error().detail);
  return *dropped == kMessages ? Step::more : Step::idle;
}

}  // namespace plaza::search
