#include "words/pattern_words.h"

#include <re2/re2.h>
#include <re2/set.h>

#include <numeric>

#include "words/folded_text.h"

namespace plaza::words {

using ports::WordAction;
using ports::WordHit;

namespace {
constexpr std::int64_t kMemoryBytes = 1 << 20;
constexpr std::int64_t kMemoryOfAllBytes = 16 << 20;

RE2::Options options(std::int64_t memory_bytes) {
  RE2::Options wanted;
  wanted.set_case_sensitive(false);
  wanted.set_log_errors(false);
  wanted.set_max_mem(memory_bytes);
  return wanted;
}
}  // namespace

struct PatternWords::Compiled {
  Compiled() : all(options(kMemoryOfAllBytes), RE2::UNANCHORED) {}
  RE2::Set all;
  std::vector<std::unique_ptr<RE2>> each;
  std::vector<WordAction> actions;
};

PatternWords::PatternWords(std::unique_ptr<Compiled> compiled) : compiled_(std::move(compiled)) {}
PatternWords::~PatternWords() = default;

Result<std::unique_ptr<const PatternWords>, std::string> PatternWords::compile(
    const std::vector<Pattern>& patterns) {
  auto compiled = std::make_unique<Compiled>();
  for (const Pattern& pattern : patterns) {
    auto one = std::make_unique<RE2>(pattern.text, options(kMemoryBytes));
    if (!one->ok()) return fail(one->error());
    if (RE2::PartialMatch("", *one)) return fail(std::string("it matches where there is nothing"));
    std::string error;
    if (compiled->all.Add(pattern.text, &error) < 0) return fail(std::move(error));
    compiled->each.push_back(std::move(one));
    compiled->actions.push_back(pattern.action);
  }
  if (!compiled->all.Compile()) return fail(std::string("all patterns together are too large"));
  return std::unique_ptr<const PatternWords>(new PatternWords(std::move(compiled)));
}

void PatternWords::find(std::string_view text, std::vector<WordHit>& hits) const {
  std::vector<int> matched;
  RE2::Set::ErrorInfo error{};
  const re2::StringPiece piece(text.data(), text.size());
  if (!compiled_->all.Match(piece, &matched, &error)) {
    if (error.kind == RE2::Set::kNoError) return;
    // Its cache was too small for this text: each on its own.
    matched.resize(compiled_->each.size());
    std::iota(matched.begin(), matched.end(), 0);
  }
  for (const int index : matched) {
    const auto pattern = static_cast<std::size_t>(index);
    if (compiled_->actions[pattern] == WordAction::mask) {
      mask(pattern, text, hits);
    } else if (error.kind == RE2::Set::kNoError || RE2::PartialMatch(piece, *compiled_->each[pattern])) {
      hits.push_back({.begin = 0, .end = text.size(), .action = compiled_->actions[pattern]});
    }
  }
}

void PatternWords::mask(std::size_t pattern, std::string_view text, std::vector<WordHit>& hits) const {
  const re2::StringPiece piece(text.data(), text.size());
  re2::StringPiece found;
  for (std::size_t from = 0; from < text.size();) {
    if (!compiled_->each[pattern]->Match(piece, from, text.size(), RE2::UNANCHORED, &found, 1)) return;
    const auto begin = static_cast<std::size_t>(found.data() - text.data());
    if (!found.empty())
      hits.push_back({.begin = begin, .end = begin + found.size(), .action = WordAction::mask});
    from = found.empty() ? begin + (begin < text.size() ? character_bytes(text, begin) : 1)
                         : begin + found.size();
  }
}

}  // namespace plaza::words
