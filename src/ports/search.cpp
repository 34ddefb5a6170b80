#include "ports/search.h"

#include <string_view>

namespace plaza::ports {
namespace {

/// Whether `words`, with one space between two, has `wanted` from the beginning of a word on, up to the end of one if it `ends` there.
bool has_words(std::string_view words, std::string_view wanted, bool ends) {
  for (std::size_t at = words.find(wanted); at != std::string_view::npos; at = words.find(wanted, at + 1)) {
    const std::size_t end = at + wanted.size();
    const bool begins = at == 0 || words[at - 1] == ' ';
    if (begins && (!ends || end == words.size() || words[end] == ' ')) return true;
  }
  return false;
}

}  // namespace

bool has_term(const SearchDocument& document, const SearchTerm& term) {
  switch (term.kind) {
    case SearchTerm::Kind::word:
    case SearchTerm::Kind::run: return has_words(document.words, term.text, true);
    case SearchTerm::Kind::beginning: return has_words(document.words, term.text, false);
    case SearchTerm::Kind::character: return has_words(document.characters, term.text, true);
  }
  return false;
}

}  // namespace plaza::ports
