#include "sqlite/reader_pool.h"

#include <utility>

namespace plaza::sqlite {

Result<void, std::string> Reader::open(const OpenOptions& options) {
  if (auto opened = open_for_reading(connection_, options); !opened) return opened;
  const std::pair<Statement*, const char*> all[] = {
      {&begin_, "BEGIN"},
      {&end_, "COMMIT"},
      {&stream, "SELECT head, trimmed, quiet FROM stream WHERE a = ?1 AND b = ?2"},
      {&quiet, "SELECT count(*) FROM (SELECT 1 FROM quiet WHERE a = ?1 AND b = ?2 AND seq > ?3 LIMIT ?4)"},
      {&versions,
       "SELECT number, time_ms, body FROM version WHERE message = ?1 AND number < ?2 ORDER BY number DESC"},
      {&mark, "SELECT delivered, read FROM mark WHERE member = ?1 AND a = ?2 AND b = ?3"},
  };
  for (const auto& [statement, sql] : all) {
    if (statement->prepare(connection_, sql) != SQLITE_OK) return fail(failure());
  }
  if (lookup_.prepare(connection_) != SQLITE_OK) return fail(failure());
  return {};
}

Result<void, std::string> ReaderPool::start(const OpenOptions& options, std::uint32_t threads,
                                            std::size_t waiting_max) {
  waiting_max_ = waiting_max;
  for (std::uint32_t i = 0; i < threads; ++i) {
    auto reader = std::make_unique<Reader>();
    if (auto opened = reader->open(options); !opened) return opened;
    readers_.push_back(std::move(reader));
  }
  for (auto& reader : readers_) threads_.emplace_back([this, &reader = *reader] { work(reader); });
  return {};
}

void ReaderPool::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
  }
  wake_.notify_all();
  for (std::thread& thread : threads_) thread.join();
  threads_.clear();
  readers_.clear();
}

bool ReaderPool::try_run(Task& task) {
  {
    const std::lock_guard lock(mutex_);
    if (tasks_.size() >= waiting_max_ || stopping_) return false;
    tasks_.push_back(std::move(task));
  }
  wake_.notify_one();
  return true;
}

void ReaderPool::work(Reader& reader) {
  for (;;) {
    Task task;
    {
      std::unique_lock lock(mutex_);
      wake_.wait(lock, [this] { return stopping_ || !tasks_.empty(); });
      if (tasks_.empty()) return;
      task = std::move(tasks_.front());
      tasks_.pop_front();
    }
    task(reader);
  }
}

}  // namespace plaza::sqlite
