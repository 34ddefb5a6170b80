#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/result.h"
#include "ports/message.h"

namespace plaza::ports {

/// What of a message can be found. The texts are folded already: words of lower-case letters and digits, and bytes >= 0x80, with
/// one space between them (search/text_words.h makes them).
struct SearchDocument {
  MessageId id;
  StreamId conversation;   ///< a pair, a room, or a member's notices
  std::string words;       ///< in the order of the text
  std::string characters;  ///< each as a word; what is looked for when a single one is asked
};

/// What is looked for in a document.
struct SearchTerm {
  enum class Kind : std::uint8_t {
    word,       ///< `text` is one of the words
    beginning,  ///< one of the words begins with `text`
    run,        ///< the words of `text` stand one after the other
    character,  ///< `text` is one of the characters
  };
  Kind kind = Kind::word;
  std::string text;

  bool operator==(const SearchTerm&) const = default;
};

/// Whether the document has it. What find() of every index goes by.
[[nodiscard]] bool has_term(const SearchDocument& document, const SearchTerm& term);

/// Where it may be found: in the conversations of pairs that the member is one of, in its notices, and in these rooms; or in the one
/// conversation alone.
struct SearchScope {
  MemberId member;
  std::vector<RoomId> rooms;
  std::optional<StreamId> only;
};

struct SearchQuery {
  std::vector<SearchTerm> terms;  ///< all of them must be there
  SearchScope scope;
  MessageId before;  ///< smaller ids only; none: from the newest
  std::uint32_t limit = 1;
};

/// Up to where the messages of a log are in the index.
struct SearchPosition {
  std::uint64_t log = 0;  ///< which log: MessageLogPage::log; 0: none yet
  MessageId upto;
  std::uint64_t mark = 0;  ///< of the message `upto`, to know it again; < 2^53

  bool operator==(const SearchPosition&) const = default;
};

struct SearchError {
  std::string detail;  ///< for the log, never for a client
};

/// Which messages have which words. It follows the message log and can be made again from it at any time, so nothing is lost with it.
///
/// Contract  add() is one transaction with the position: after a crash either both are there or neither. A document whose id is
///           there already replaces it, so that adding again does no harm. find() sees what was added before it was called, and only
///           what is in the scope; newest (largest id) first.
/// Thread    Blocks. Any thread but a shard's may call.
class SearchIndex {
 public:
  template <class T>
  using Answer = Result<T, SearchError>;

  virtual ~SearchIndex() = default;

  virtual Answer<SearchPosition> position() = 0;
  virtual Answer<void> add(const std::vector<SearchDocument>& documents, const SearchPosition& position) = 0;
  /// One that was changed, or belongs to no log: as add(), without a position.
  virtual Answer<void> put(const SearchDocument& document) = 0;
  /// Unknown ids are fine.
  virtual Answer<void> remove(const std::vector<MessageId>& ids) = 0;
  /// Removes documents with smaller ids, at most `limit`; gives how many.
  virtual Answer<std::uint32_t> drop_below(MessageId id, std::uint32_t limit) = 0;
  /// Removes what is in the scope, at most `limit` documents; gives how many.
  virtual Answer<std::uint32_t> drop_in(const SearchScope& scope, std::uint32_t limit) = 0;
  /// Empty, at the beginning of this log.
  virtual Answer<void> clear(std::uint64_t log) = 0;
  virtual Answer<std::vector<MessageId>> find(const SearchQuery& query) = 0;
};

}  // namespace plaza::ports
