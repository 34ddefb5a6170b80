#pragma once
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plaza::words {

/// A text as names are compared: compatibility forms, case and characters that are not seen do not count. And for each byte of it,
/// from where in the original it comes.
///
/// Decomposed (NFKD with case folding, https://www.unicode.org/reports/tr15/) character by character, so that each place of the
/// result belongs to one character of the original; not composed again, since rule and text are treated alike.
class FoldedText {
 public:
  /// `original` is UTF-8 and outlives this.
  explicit FoldedText(std::string_view original);

  [[nodiscard]] std::string_view bytes() const { return folded_; }
  [[nodiscard]] std::string_view original() const { return original_; }
  /// The bytes of the original's character that gave the folded byte `at`.
  [[nodiscard]] std::size_t begin_of(std::size_t at) const { return origin_.empty() ? at : origin_[at]; }
  [[nodiscard]] std::size_t end_of(std::size_t at) const;

 private:
  void fold_from(std::size_t at);

  std::string_view original_;
  std::string folded_;
  std::vector<std::uint32_t> origin_;  ///< empty: every byte is its own (ASCII)
};

/// The length in bytes of the character that begins at `at` of a UTF-8 text.
[[nodiscard]] std::size_t character_bytes(std::string_view text, std::size_t at);
/// Whether neither the character before `begin` nor the one at `end` is a letter, a digit or a mark.
[[nodiscard]] bool stands_alone(std::string_view text, std::size_t begin, std::size_t end);

}  // namespace plaza::words
