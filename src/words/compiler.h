#pragma once
#include "ports/word_filter.h"

namespace plaza::words {

/// Rules into one filter: words into PlainWords, expressions into PatternWords.
class Compiler final : public ports::WordCompiler {
 public:
  [[nodiscard]] Result<ports::SharedWordFilter, std::string> compile(
      const std::vector<ports::WordRule>& rules) const override;
};

}  // namespace plaza::words
