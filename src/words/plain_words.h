#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "ports/word_filter.h"
#include "words/folded_text.h"

namespace plaza::words {

/// Finds any of many words in one pass over a text, however many there are.
///
/// Aho and Corasick, "Efficient string matching: an aid to bibliographic search" (1975), over the bytes of folded texts. A byte costs
/// one step and, over all, one step back. The edges of a node are sorted; the root, where most steps are, has a table.
///
/// Thread  Any; immutable after construction. Memory: about 40 bytes for each byte of the words.
class PlainWords {
 public:
  struct Word {
    std::string folded;  ///< not empty
    bool whole = false;  ///< only where it stands alone
    ports::WordAction action{};
  };
  explicit PlainWords(const std::vector<Word>& words);

  void find(const FoldedText& text, std::vector<ports::WordHit>& hits) const;

 private:
  struct Edge {
    unsigned char byte;
    std::uint32_t to;
  };
  struct End {
    std::uint32_t bytes;
    bool whole;
    ports::WordAction action;
  };
  struct Node {
    std::vector<Edge> edges;  ///< by byte
    std::vector<End> ends;    ///< words that end here
    std::uint32_t back = 0;   ///< the longest proper suffix that is a node
    std::uint32_t also = 0;   ///< the longest proper suffix at which a word ends; 0: none
  };

  void add(const Word& word);
  void link();
  [[nodiscard]] std::uint32_t child(std::uint32_t node, unsigned char byte) const;
  [[nodiscard]] std::uint32_t step(std::uint32_t node, unsigned char byte) const;
  /// False: the hardest action was hit, no need to go on.
  bool report(const FoldedText& text, std::size_t last, std::uint32_t node,
              std::vector<ports::WordHit>& hits) const;

  std::vector<Node> nodes_;
  std::vector<std::uint32_t> first_;  ///< the root's child for each byte, 0 where there is none
};

}  // namespace plaza::words
