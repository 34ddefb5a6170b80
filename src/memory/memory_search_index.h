#pragma once
#include <map>
#include <mutex>
#include <vector>

#include "ports/search.h"

namespace plaza::memory {

/// The twin of the search index: all documents in a map, and every search looks at all of them.
///
/// Thread   Any.
class MemorySearchIndex final : public ports::SearchIndex {
 public:
  Answer<ports::SearchPosition> position() override;
  Answer<void> add(const std::vector<ports::SearchDocument>& documents,
                   const ports::SearchPosition& position) override;
  Answer<void> put(const ports::SearchDocument& document) override;
  Answer<void> remove(const std::vector<MessageId>& ids) override;
  Answer<std::uint32_t> drop_below(MessageId id, std::uint32_t limit) override;
  Answer<std::uint32_t> drop_in(const ports::SearchScope& scope, std::uint32_t limit) override;
  Answer<void> clear(std::uint64_t log) override;
  Answer<std::vector<MessageId>> find(const ports::SearchQuery& query) override;

  [[nodiscard]] std::size_t size() const;
  /// Every call fails from now on, until it is set to false.
  void set_unavailable(bool unavailable);

 private:
  [[nodiscard]] bool fails() const { return unavailable_; }

  mutable std::mutex mutex_;
  // Guarded by mutex_.
  std::map<MessageId, ports::SearchDocument> documents_;
  ports::SearchPosition position_;
  bool unavailable_ = false;
};

}  // namespace plaza::memory
