#pragma once
#include <cstddef>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/moderation.h"

namespace plaza::ports {

/// A place in a text that a rule does not want: the bytes begin..end, whole characters.
struct WordHit {
  std::size_t begin = 0, end = 0;
  WordAction action = WordAction::report;
};

/// The words that a zone does not want, made ready for looking.
///
/// Contract  find() adds the hits in `text`, which is UTF-8. It need not add every hit: of hits with one action it adds enough that
///           they cover what all of them cover, and after one with the hardest action, refuse, it may stop.
///           Takes time in proportion to the text, whatever the rules are.
/// Thread    Any, also several at once; immutable.
class WordFilter {
 public:
  virtual ~WordFilter() = default;
  virtual void find(std::string_view text, std::vector<WordHit>& hits) const = 0;
};
using SharedWordFilter = std::shared_ptr<const WordFilter>;

/// Makes filters of rules.
///
/// Thread  Any. Takes long: not on a shard.
class WordCompiler {
 public:
  virtual ~WordCompiler() = default;
  /// Null when there are no rules. Fails with what is wrong with the first rule that cannot be used.
  [[nodiscard]] virtual Result<SharedWordFilter, std::string> compile(
      const std::vector<WordRule>& rules) const = 0;
};

}  // namespace plaza::ports
