#pragma once
// Text of other people on a terminal: safe to show, and measured in cells.
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace plaza::client::chat {

/// Makes wcwidth() and the wide functions speak UTF-8 also where no locale is set ("C.UTF-8" is on every Debian).
/// Before anything else of this file; false when the system has no UTF-8 locale at all.
bool use_utf8_locale();

[[nodiscard]] std::wstring to_wide(std::string_view utf8);  ///< what is no UTF-8 becomes U+FFFD
[[nodiscard]] std::string to_utf8(std::wstring_view wide);

/// What may be sent to a terminal: no control or escape characters, nothing invisible or direction-changing, at most four
/// combining marks on a character, nothing whose width terminals disagree about. Line feeds stay; a tab is four spaces.
[[nodiscard]] std::wstring printable(std::string_view utf8);
/// The same on one line: line feeds become "⏎".
[[nodiscard]] std::wstring printable_line(std::string_view utf8);

[[nodiscard]] int cell_width(wchar_t c);  ///< 0, 1 or 2
[[nodiscard]] int cell_width(std::wstring_view text);

/// Lines of at most `width` cells (>= 2): broken at line feeds, at spaces, between wide characters, and within a word
/// that is longer than a line. At least one line.
[[nodiscard]] std::vector<std::wstring> wrap(std::wstring_view text, int width);
/// The same for tables: a line with a gap of two blanks and more goes on below what stands behind the gap.
[[nodiscard]] std::vector<std::wstring> wrap_table(std::wstring_view text, int width);
/// At most `width` cells; what is cut is marked by "…".
[[nodiscard]] std::wstring fit(std::wstring_view text, int width);
/// Exactly `width` cells.
[[nodiscard]] std::wstring pad(std::wstring_view text, int width);

/// Case-insensitive in ASCII.
[[nodiscard]] bool starts_with_ignoring_case(std::string_view text, std::string_view prefix);
[[nodiscard]] bool equal_ignoring_case(std::string_view a, std::string_view b);

/// "14:05" and "Tue 2 Jun 2026", local time.
[[nodiscard]] std::string clock_text(std::int64_t unix_ms);
[[nodiscard]] std::string day_text(std::int64_t unix_ms);

}  // namespace plaza::client::chat
