#include "search/text_words.h"

#include <algorithm>
#include <set>

#include "search/pieces.h"

namespace plaza::search {

using ports::SearchTerm;

namespace {

/// Stands between two runs that have something else between them: their neighbours are no words. Folding leaves none of these.
constexpr std::string_view kGap = "\xc2\xa0";
constexpr std::size_t kBeforeBytes = 60;  // of a snippet, before what was found
constexpr std::string_view kCut = "\xe2\x80\xa6";

/// The word as it is compared: not cut inside of a character.
std::string_view compared(const Piece& piece) {
  if (piece.text.size() <= kWordBytesMax) return piece.text;
  const auto after = std::ranges::upper_bound(piece.starts, kWordBytesMax);
  return piece.text.substr(0, *std::prev(after));
}

void add(std::string& to, std::string_view word) {
  if (!to.empty()) to += ' ';
  to += word;
}

std::string pairs_of(const Piece& run) {
  std::string words;
  for (std::size_t i = 0; i + 1 < run.starts.size(); ++i) add(words, run.characters(i, 2));
  return words;
}

SearchTerm term_of(const Piece& piece) {
  using enum SearchTerm::Kind;
  if (piece.kind == Piece::Kind::run) {
    if (piece.starts.size() == 1) return {.kind = character, .text = std::string(piece.text)};
    return {.kind = run, .text = pairs_of(piece)};
  }
  const bool long_enough = piece.starts.size() >= kBeginningCharacters;
  return {.kind = long_enough ? beginning : word, .text = std::string(compared(piece))};
}

/// Where in the piece the term begins; npos: it is not there.
std::size_t find_in(const Piece& piece, const SearchTerm& term) {
  switch (term.kind) {
    case SearchTerm::Kind::word: return compared(piece) == term.text ? 0 : std::string_view::npos;
    case SearchTerm::Kind::beginning:
      return compared(piece).starts_with(term.text) ? 0 : std::string_view::npos;
    case SearchTerm::Kind::character: return piece.text.find(term.text);
    case SearchTerm::Kind::run:
      return piece.text.find(std::string_view(term.text).substr(0, term.text.find(' ')));
  }
  return std::string_view::npos;
}

/// Where the character begins that the byte belongs to.
std::size_t character_start(std::string_view text, std::size_t at) {
  while (at > 0 && at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) --at;
  return at;
}

}  // namespace

TextWords words_of(std::string_view text) {
  TextWords result;
  const words::FoldedText folded(text);
  std::set<std::string_view> seen;
  const Piece* before = nullptr;
  const std::vector<Piece> pieces = pieces_of(folded);
  for (const Piece& piece : pieces) {
    if (piece.kind == Piece::Kind::word) {
      add(result.words, compared(piece));
    } else {
      if (before != nullptr && before->kind == Piece::Kind::run) add(result.words, kGap);
      if (piece.starts.size() > 1) add(result.words, pairs_of(piece));
      for (std::size_t i = 0; i < piece.starts.size(); ++i) {
        if (seen.insert(piece.characters(i, 1)).second) add(result.characters, piece.characters(i, 1));
      }
    }
    before = &piece;
  }
  return result;
}

std::vector<SearchTerm> terms_of(std::string_view query) {
  std::vector<SearchTerm> terms;
  const words::FoldedText folded(query);
  for (const Piece& piece : pieces_of(folded)) {
    SearchTerm term = term_of(piece);
    if (std::ranges::find(terms, term) == terms.end()) terms.push_back(std::move(term));
  }
  return terms;
}

std::string snippet_of(std::string_view text, const std::vector<SearchTerm>& terms) {
  const words::FoldedText folded(text);
  std::size_t found = std::string_view::npos;
  for (const Piece& piece : pieces_of(folded)) {
    for (const SearchTerm& term : terms) {
      const std::size_t at = find_in(piece, term);
      if (at != std::string_view::npos) found = std::min(found, folded.begin_of(piece.at + at));
    }
    if (found != std::string_view::npos) break;
  }
  if (text.size() <= kSnippetBytesMax) return std::string(text);
  if (found == std::string_view::npos) found = 0;
  const std::size_t begin = found <= kBeforeBytes ? 0 : character_start(text, found - kBeforeBytes);
  std::size_t room = kSnippetBytesMax - (begin > 0 ? kCut.size() : 0);
  const bool cut = text.size() - begin > room;
  if (cut) room -= kCut.size();
  const std::size_t end = cut ? character_start(text, begin + room) : text.size();
  std::string snippet(begin > 0 ? kCut : "");
  snippet += text.substr(begin, end - begin);
  if (cut) snippet += kCut;
  return snippet;
}

}  // namespace plaza::search
