// What looking at a message costs: a chat line and the longest body, without rules, with 5,000 words, with 100 patterns.
#include <benchmark/benchmark.h>

#include <random>
#include <string>

#include "words/compiler.h"

namespace {

using plaza::ports::WordHit;
using plaza::ports::WordMatch;
using plaza::ports::WordRule;

std::string some_text(std::size_t bytes, unsigned seed) {
  std::mt19937 random(seed);
  std::string text;
  while (text.size() < bytes) {
    for (std::size_t i = 3 + random() % 6; i > 0; --i) text += static_cast<char>('a' + random() % 26);
    text += ' ';
  }
  text.resize(bytes);
  return text;
}

std::vector<WordRule> words(int count) {
  std::mt19937 random(3);
  std::vector<WordRule> rules;
  for (int i = 0; i < count; ++i) {
    std::string word;
    for (std::size_t k = 6 + random() % 6; k > 0; --k) word += static_cast<char>('a' + random() % 26);
    rules.push_back({.id = {}, .text = std::move(word)});
  }
  return rules;
}
std::vector<WordRule> patterns(int count) {
  std::vector<WordRule> rules;
  for (WordRule& rule : words(count)) {
    rule.match = WordMatch::pattern;
    rule.text = "\\b" + rule.text.substr(0, 3) + "+[0-9]*" + rule.text.substr(3) + "\\b";
    rules.push_back(std::move(rule));
  }
  return rules;
}

void look(benchmark::State& state, const std::vector<WordRule>& rules) {
  const auto filter = plaza::words::Compiler().compile(rules).value();
  const std::string text = some_text(static_cast<std::size_t>(state.range(0)), 5);
  std::vector<WordHit> hits;
  for (auto _ : state) {
    hits.clear();
    filter->find(text, hits);
    benchmark::DoNotOptimize(hits.data());
  }
  state.SetBytesProcessed(static_cast<std::int64_t>(state.iterations()) * state.range(0));
}

void Words5000(benchmark::State& state) { look(state, words(5000)); }
void Patterns100(benchmark::State& state) { look(state, patterns(100)); }
BENCHMARK(Words5000)->Arg(60)->Arg(32 * 1024);
BENCHMARK(Patterns100)->Arg(60)->Arg(32 * 1024);

}  // namespace
