#pragma once
#include <condition_variable>
#include <cstdint>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "ports/search.h"

namespace plaza::sqlite {

struct FtsSearchIndexOptions {
  std::string path;           ///< the database file; its folder exists
  std::uint32_t readers = 2;  ///< searches that run at the same time; others wait
  std::uint32_t
      words_version = 1;  ///< of the rules that made the words: an index of other ones is made again
  std::uint32_t busy_timeout_ms = 2'000;
};

/// The search index in a SQLite file of its own, with FTS5.
///
///   document(place, words, characters)   one row per message, its id is the rowid
///
/// `place` has a word for the conversation and one for each member of a pair, so that whose conversations are searched is a part of
/// the full-text query, and FTS5 walks from the newest row backwards through what is in both lists.
///
/// Thread   As ports::SearchIndex. One connection writes, `readers` others read.
/// Owner    app/ owns one per data directory.
/// Durable  WAL, synchronous=NORMAL: a power cut may take the last transactions back, with their position, so they are made again.
/// Failure  Everything in the file can be made again from the messages: a file that is damaged, foreign or of another version is
///          removed when it is opened, with a line in the log.
///
/// Why a file of its own: the messages' writer commits with an fsync for all who wait; an index of words in that transaction would
/// cost each of them 20 us, and in the same file its writes would wait for the messages' and they for its.
class FtsSearchIndex final : public ports::SearchIndex {
 public:
  static Result<std::unique_ptr<FtsSearchIndex>, std::string> open(FtsSearchIndexOptions options);
  ~FtsSearchIndex() override;
  FtsSearchIndex(const FtsSearchIndex&) = delete;
  FtsSearchIndex& operator=(const FtsSearchIndex&) = delete;

  Answer<ports::SearchPosition> position() override;
  Answer<void> add(const std::vector<ports::SearchDocument>& documents,
                   const ports::SearchPosition& position) override;
  Answer<void> put(const ports::SearchDocument& document) override;
  Answer<void> remove(const std::vector<MessageId>& ids) override;
  Answer<std::uint32_t> drop_below(MessageId id, std::uint32_t limit) override;
  Answer<std::uint32_t> drop_in(const ports::SearchScope& scope, std::uint32_t limit) override;
  Answer<void> clear(std::uint64_t log) override;
  Answer<std::vector<MessageId>> find(const ports::SearchQuery& query) override;

 private:
  struct Writer;
  struct Reader;
  FtsSearchIndex();
  Reader* take_reader();
  void give_back(Reader* reader);

  // Guarded by write_mutex_.
  std::mutex write_mutex_;
  std::unique_ptr<Writer> writer_;
  // Guarded by read_mutex_.
  std::mutex read_mutex_;
  std::condition_variable reader_free_;
  std::vector<std::unique_ptr<Reader>> readers_;
  std::vector<Reader*> free_;
};

}  // namespace plaza::sqlite
