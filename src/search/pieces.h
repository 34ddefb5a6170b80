#pragma once
// A folded text in pieces. Private to this folder.
#include <cstdint>
#include <string_view>
#include <vector>

#include "words/folded_text.h"

namespace plaza::search {

/// Letters, digits and marks without anything between them.
struct Piece {
  enum class Kind : std::uint8_t {
    word,  ///< of a script that has spaces
    run,   ///< of one that has none
  };
  Kind kind = Kind::word;
  std::string_view text;            ///< in the folded text
  std::size_t at = 0;               ///< where in the folded text it begins
  std::vector<std::size_t> starts;  ///< of its characters, in `text`

  [[nodiscard]] std::string_view characters(std::size_t first, std::size_t count) const {
    const std::size_t begin = starts[first];
    const std::size_t end = first + count < starts.size() ? starts[first + count] : text.size();
    return text.substr(begin, end - begin);
  }
};

/// The pieces of `folded`, in their order. They refer to it.
[[nodiscard]] std::vector<Piece> pieces_of(const words::FoldedText& folded);

}  // namespace plaza::search
