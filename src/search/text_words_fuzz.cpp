// What a text's words are must be found in it, and a snippet of it must be bounded, whatever the bytes are. The first line is the
// query, the rest the text.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "search/text_words.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view input(reinterpret_cast<const char*>(data), size);
  const std::size_t line = input.find('\n');
  const std::string_view query = input.substr(0, line);
  const std::string_view text = line == std::string_view::npos ? query : input.substr(line + 1);
  const auto terms = plaza::search::terms_of(query);
  for (const auto& term : terms) {
    if (term.text.empty() || term.text.find('"') != std::string::npos) std::abort();
  }
  // A text has its own words.
  const auto words = plaza::search::words_of(query);
  const plaza::ports::SearchDocument own{
      .id = {}, .conversation = {}, .words = words.words, .characters = words.characters};
  for (const auto& term : terms) {
    if (!plaza::ports::has_term(own, term)) std::abort();
  }
  static_cast<void>(plaza::search::words_of(text));
  const auto snippet = plaza::search::snippet_of(text, terms);
  if (snippet.size() > plaza::search::kSnippetBytesMax) std::abort();
  return 0;
}
