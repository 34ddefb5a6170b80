#include "words/compiler.h"

#include <optional>

#include "words/pattern_words.h"
#include "words/plain_words.h"

namespace plaza::words {

using ports::WordHit;
using ports::WordMatch;
using ports::WordRule;

namespace {

class BothKinds final : public ports::WordFilter {
 public:
  BothKinds(const std::vector<PlainWords::Word>& words, std::unique_ptr<const PatternWords> patterns)
      : patterns_(std::move(patterns)) {
    if (!words.empty()) words_.emplace(words);
  }
  void find(std::string_view text, std::vector<WordHit>& hits) const override {
    if (words_) words_->find(FoldedText(text), hits);
    if (patterns_) patterns_->find(text, hits);
  }

 private:
  std::optional<PlainWords> words_;
  std::unique_ptr<const PatternWords> patterns_;
};

}  // namespace

Result<ports::SharedWordFilter, std::string> Compiler::compile(const std::vector<WordRule>& rules) const {
  std::vector<PlainWords::Word> words;
  std::vector<PatternWords::Pattern> patterns;
  for (const WordRule& rule : rules) {
    if (rule.match == WordMatch::pattern) {
      patterns.push_back({.text = rule.text, .action = rule.action});
      continue;
    }
    std::string folded(FoldedText(rule.text).bytes());
    if (folded.empty()) return fail(std::string("nothing of it is left to look for"));
    words.push_back(
        {.folded = std::move(folded), .whole = rule.match == WordMatch::whole_word, .action = rule.action});
  }
  if (words.empty() && patterns.empty()) return ports::SharedWordFilter();
  std::unique_ptr<const PatternWords> compiled;
  if (!patterns.empty()) {
    auto made = PatternWords::compile(patterns);
    if (!made) return fail(std::move(made.error()));
    compiled = std::move(*made);
  }
  return std::make_shared<const BothKinds>(words, std::move(compiled));
}

}  // namespace plaza::words
