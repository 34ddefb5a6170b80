#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ports/search.h"

namespace plaza::search {

/// Of the rules below: an index that was made by others is made again.
inline constexpr std::uint32_t kWordsVersion = 1;
/// So many bytes of a word are compared.
inline constexpr std::size_t kWordBytesMax = 64;
/// From so many characters on a word of a query also finds words that begin with it.
inline constexpr std::size_t kBeginningCharacters = 3;
inline constexpr std::size_t kSnippetBytesMax = 240;

/// The words of a text, as they are looked for: letters, digits and marks, folded (words/folded_text.h). Scripts that are written
/// without spaces (Chinese, Japanese, Thai...) and Korean have no words to find, so there every two neighbours are one: "abc" has
/// ab and bc. A query of three such characters is those two words in a row, and one of a single character has a list of its own.
/// Everything else separates.
///
/// Why not SQLite's trigram tokenizer: it finds nothing shorter than three characters, and most Chinese words have two.
struct TextWords {
  std::string words;       ///< one space between two
  std::string characters;  ///< of such scripts, each once
};
[[nodiscard]] TextWords words_of(std::string_view text);

/// What a query asks for; each once. None: it has no letter and no digit.
[[nodiscard]] std::vector<ports::SearchTerm> terms_of(std::string_view query);

/// The text around the first thing that was looked for (its beginning when there is none), at most kSnippetBytesMax bytes, "…" where
/// it is cut.
[[nodiscard]] std::string snippet_of(std::string_view text, const std::vector<ports::SearchTerm>& terms);

}  // namespace plaza::search
