#pragma once
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <thread>

#include "ports/message_log.h"
#include "tenancy/app_eraser.h"

namespace plaza::app {

/// Deletes apps and zones on this node: the thread of the AppEraser, with its own look at the stored messages.
///
/// Thread   One of its own, of low priority, asleep while nothing is being deleted; wake() on any.
/// Owner    The node. What it is given outlives it.
/// Failure  A step that fails is tried again every second. What a crash has left undone is gone on with at the start.
/// Stop     Before the files and the search, and the store: then it has let go of the store's database.
class NodeErasing {
 public:
  struct Parts {
    ports::Erasures& erasures;
    ports::StreamEraser& streams;
    std::function<tenancy::AppEraser::Piece(const ports::SearchScope&)> forget_words;
    std::function<tenancy::AppEraser::Piece(ZoneId)> clear_files;
    std::function<void(const ports::Doomed&)> gone;
  };
  /// The error is for an operator.
  static Result<std::unique_ptr<NodeErasing>, std::string> start(const std::string& streams_path,
                                                                 std::uint32_t busy_timeout_ms, Parts parts);
  ~NodeErasing();
  NodeErasing(const NodeErasing&) = delete;
  NodeErasing& operator=(const NodeErasing&) = delete;

  /// There is something to delete.
  void wake();

 private:
  NodeErasing(std::unique_ptr<ports::MessageLog> log, Parts parts);
  void work();
  bool sleep(std::int64_t ms);
  bool wait_for_work();

  const std::unique_ptr<ports::MessageLog> log_;
  tenancy::AppEraser eraser_;
  std::mutex mutex_;
  std::condition_variable wake_;
  // Guarded by mutex_.
  bool stopping_ = false;
  bool news_ = false;
  // The owner's thread.
  std::thread thread_;
};

}  // namespace plaza::app
