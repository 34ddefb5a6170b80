#pragma once
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "ports/word_filter.h"

namespace plaza::words {

/// Finds what regular expressions describe, by RE2, which takes time in proportion to the text whatever the expression is.
///
///   text -> all expressions at once: which of them match -> where, for those that mask
///
/// The expressions see the text as it is; case does not count.
///
/// Thread  Any; immutable. RE2 keeps a cache of its own, of at most kMemoryBytes for each expression and for all together.
class PatternWords {
 public:
  struct Pattern {
    std::string text;
    ports::WordAction action{};
  };
  /// Fails with what is wrong with the first pattern that cannot be used.
  static Result<std::unique_ptr<const PatternWords>, std::string> compile(
      const std::vector<Pattern>& patterns);
  ~PatternWords();

  void find(std::string_view text, std::vector<ports::WordHit>& hits) const;

 private:
  struct Compiled;
  explicit PatternWords(std::unique_ptr<Compiled> compiled);
  void mask(std::size_t pattern, std::string_view text, std::vector<ports::WordHit>& hits) const;

  const std::unique_ptr<const Compiled> compiled_;
};

}  // namespace plaza::words
