#include "app/node/node_search.h"

#include <pthread.h>
#include <sys/resource.h>
#include <unistd.h>

#include <chrono>
#include <utility>

#include "base/log.h"
#include "search/text_words.h"
#include "sqlite/message_log.h"
#include "sqlite/search_index.h"

namespace plaza::app {
namespace {
constexpr std::int64_t kAgainMs = 1'000;
constexpr std::chrono::seconds kTidyEvery{60};  // what retention removes makes no news
constexpr int kNice = 10;
constexpr std::uint32_t kDroppedAtOnce = 500;
}  // namespace

Result<void, std::string> NodeSearch::start(const NodeSearchOptions& options, ports::Rooms& rooms) {
  auto index = sqlite::FtsSearchIndex::open({.path = options.index_path,
                                             .readers = options.searches_at_once_max,
                                             .words_version = search::kWordsVersion,
                                             .busy_timeout_ms = options.busy_timeout_ms});
  if (!index) return fail(std::move(index.error()));
  // Two connections: a search does not wait for a page of the indexer.
  auto followed = sqlite::StoredMessageLog::open(options.streams_path, options.busy_timeout_ms);
  if (!followed) return fail(std::move(followed.error()));
  auto looked_up = sqlite::StoredMessageLog::open(options.streams_path, options.busy_timeout_ms);
  if (!looked_up) return fail(std::move(looked_up.error()));
  index_interval_ms_ = options.index_interval_ms;
  index_ = std::move(*index);
  followed_ = std::move(*followed);
  looked_up_ = std::move(*looked_up);
  indexer_ = std::make_unique<search::Indexer>(*followed_, *index_);
  members_ = std::make_unique<search::MemberSearch>(
      search::MemberSearch::Parts{.rooms = rooms, .index = *index_, .log = *looked_up_},
      options.searches_at_once_max);
  thread_ = std::thread([this] { work(); });
  return {};
}

void NodeSearch::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
  // Before the store: who closes the database last, and can write, takes its log in.
  followed_.reset();
  looked_up_.reset();
}

void NodeSearch::appended(std::vector<ports::Appended> outcomes) {
  next_.appended(std::move(outcomes));
  if (news_.exchange(true)) return;
  // Between its look at `news_` and its sleep the thread holds the lock.
  { const std::lock_guard lock(mutex_); }
  wake_.notify_one();
}

bool NodeSearch::sleep(std::int64_t ms) {
  std::unique_lock lock(mutex_);
  return !wake_.wait_for(lock, std::chrono::milliseconds(ms), [this] { return stopping_; });
}

bool NodeSearch::wait_for_news() {
  {
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kTidyEvery, [this] { return stopping_ || news_; });
    if (stopping_) return false;
  }
  // What comes in this time shares one transaction.
  if (!sleep(index_interval_ms_)) return false;
  news_ = false;
  return true;
}

search::Indexer::Step NodeSearch::step() {
  const std::lock_guard lock(step_mutex_);
  return indexer_->step();
}

Result<bool, std::string> NodeSearch::forget(const ports::SearchScope& scope) {
  if (!index_) return false;
  const std::lock_guard lock(step_mutex_);
  const auto dropped = index_->drop_in(scope, kDroppedAtOnce);
  if (!dropped) return fail(dropped.error().detail);
  return *dropped == kDroppedAtOnce;
}

void NodeSearch::work() {
  pthread_setname_np(pthread_self(), "search-index");
  // On Linux a thread has a priority of its own.
  static_cast<void>(setpriority(PRIO_PROCESS, static_cast<id_t>(gettid()), kNice));
  bool told = false;
  for (;;) {
    switch (step()) {
      case search::Indexer::Step::more:
        told = false;
        if (!sleep(0)) return;
        break;
      case search::Indexer::Step::idle:
        told = false;
        if (!wait_for_news()) return;
        break;
      case search::Indexer::Step::failed:
        if (!std::exchange(told, true)) {
          PLAZA_LOG(warn, "search", "new messages cannot be indexed, to be tried again: {}",
                    indexer_->failure());
        }
        if (!sleep(kAgainMs)) return;
        break;
    }
  }
}

}  // namespace plaza::app
