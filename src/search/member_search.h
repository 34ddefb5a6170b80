#pragma once
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "ports/message_log.h"
#include "ports/rooms.h"
#include "ports/search.h"

namespace plaza::search {

struct MemberQuery {
  ZoneId zone;
  MemberId member;
  std::vector<ports::SearchTerm> terms;
  std::optional<ports::StreamId> only;  ///< one conversation; absent: all of the member's
  MessageId before;                     ///< none: from the newest
  std::uint32_t limit = 1;
};
struct FoundMessage {
  ports::MessagePtr message;
  std::string snippet;
};
struct FoundPage {
  std::vector<FoundMessage> messages;  ///< newest first; may be empty while there are more
  bool more = false;
  MessageId before;  ///< where the next page begins, when more
};

/// A member's search of its own conversations.
///
///   rooms of the member -> index -> the messages themselves -> may the member see them, do they still have the words -> page
///
/// The index only says where to look: what is shown is the message as it is stored now. So nothing is found that was removed or
/// changed since, and rights are asked at the moment of the search, as HISTORY asks them.
///
/// Thread   find() blocks; any thread but a shard's. enter() from any.
/// Owner    app/; what it is given outlives it.
/// Limit    searches_at_once_max run, also where more threads could. One find() looks at kLooked messages at most; then the page ends
///          with `more`.
class MemberSearch {
 public:
  static constexpr std::uint32_t kLooked = 500;
  struct Parts {
    ports::Rooms& rooms;
    ports::SearchIndex& index;
    ports::MessageLog& log;
  };
  MemberSearch(Parts parts, std::uint32_t searches_at_once_max)
      : parts_(parts), searches_at_once_max_(searches_at_once_max) {}

  /// The right to one search; it ends with this.
  class Turn {
   public:
    Turn(Turn&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Turn& operator=(Turn&&) = delete;
    ~Turn() {
      if (of_ != nullptr) --of_->running_;
    }

   private:
    friend class MemberSearch;
    explicit Turn(MemberSearch& of) : of_(&of) {}
    MemberSearch* of_;
  };
  /// Nothing: as many as allowed are running.
  [[nodiscard]] std::optional<Turn> enter();

  [[nodiscard]] Result<FoundPage, ports::SearchError> find(const MemberQuery& query);

 private:
  class Rights;
  Result<void, ports::SearchError> look(const MemberQuery& query, const std::vector<MessageId>& ids,
                                        Rights& rights, FoundPage& page);
  void correct(MessageId id, const ports::MessagePtr& message);

  // Constant after construction.
  const Parts parts_;
  const std::uint32_t searches_at_once_max_;
  // Any thread (atomic).
  std::atomic<std::uint32_t> running_{0};
};

}  // namespace plaza::search
