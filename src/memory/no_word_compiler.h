#pragma once
#include "ports/word_filter.h"

namespace plaza::memory {

/// Finds nothing: for tests in which no zone has a word list.
class NoWordCompiler final : public ports::WordCompiler {
 public:
  [[nodiscard]] Result<ports::SharedWordFilter, std::string> compile(
      const std::vector<ports::WordRule>&) const override {
    return ports::SharedWordFilter();
  }
};

}  // namespace plaza::memory
