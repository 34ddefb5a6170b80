#pragma once
#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "ports/message_log.h"
#include "ports/rooms.h"
#include "ports/search.h"
#include "ports/stream_store.h"
#include "search/indexer.h"
#include "search/member_search.h"

namespace plaza::app {

struct NodeSearchOptions {
  std::string streams_path, index_path;
  std::uint32_t searches_at_once_max = 2;
  std::int64_t index_interval_ms = 100;
  std::uint32_t busy_timeout_ms = 2'000;
};

/// Searching on this node: the index in its file, the thread that keeps it up to date, and the members' searches. It stands between
/// the store and whoever hears of its outcomes only to know that there is something new.
///
/// Thread   One of its own, of low priority, asleep while nothing is stored. appended() on the store's; the rest on the owner's.
/// Owner    The node. Made before the store is started, start() after.
/// Failure  A step that fails is tried again every second; messages have nothing to do with it.
/// Stop     After the workers that search, and before the store: then it has let go of the store's database.
class NodeSearch final : public ports::AppendSink {
 public:
  explicit NodeSearch(ports::AppendSink& next) : next_(next) {}
  ~NodeSearch() override { stop(); }
  NodeSearch(const NodeSearch&) = delete;
  NodeSearch& operator=(const NodeSearch&) = delete;

  /// The error is for an operator; then there is no search.
  Result<void, std::string> start(const NodeSearchOptions& options, ports::Rooms& rooms);
  void stop();
  /// Null before start().
  [[nodiscard]] search::MemberSearch* members() { return members_.get(); }
  /// Messages that are not in the index yet.
  [[nodiscard]] std::uint64_t behind() const { return indexer_ ? indexer_->behind() : 0; }

  /// Removes words of these conversations, a bounded piece: true when there may be more. What the store does not have any more when this
  /// is called does not come into the index afterwards.
  Result<bool, std::string> forget(const ports::SearchScope& scope);

  void stored(const std::vector<ports::ZoneBytes>& zones) override { next_.stored(zones); }
  void appended(std::vector<ports::Appended> outcomes) override;

 private:
  void work();
  search::Indexer::Step step();
  /// False when it is time to end.
  bool sleep(std::int64_t ms);
  bool wait_for_news();

  // Constant after construction, and after start().
  ports::AppendSink& next_;
  std::int64_t index_interval_ms_ = 0;
  std::unique_ptr<ports::SearchIndex> index_;
  std::unique_ptr<ports::MessageLog> followed_, looked_up_;
  std::unique_ptr<search::Indexer> indexer_;
  std::unique_ptr<search::MemberSearch> members_;
  // Any thread (atomic).
  std::atomic<bool> news_{false};
  /// A step of the indexer, or a removal: what it has read is in the index before something is removed.
  std::mutex step_mutex_;
  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable wake_;
  bool stopping_ = false;
  // The owner's thread.
  std::thread thread_;
};

}  // namespace plaza::app
