#include "backend/account_export.h"

#include <array>
#include <charconv>

namespace plaza::backend {

std::string to_text(const ExportCursor& cursor) {
  return std::to_string(cursor.member) + '.' + std::to_string(static_cast<unsigned>(cursor.part)) + '.' +
         std::to_string(cursor.room) + '.' + std::to_string(cursor.after);
}

std::optional<ExportCursor> export_cursor_of(std::string_view text) {
  std::array<std::uint64_t, 4> numbers{};
  for (std::size_t i = 0; i < numbers.size(); ++i) {
    const auto read = std::from_chars(text.data(), text.data() + text.size(), numbers.at(i));
    if (read.ec != std::errc()) return std::nullopt;
    text.remove_prefix(static_cast<std::size_t>(read.ptr - text.data()));
    const bool last = i + 1 == numbers.size();
    if (last != text.empty() || (!last && text.front() != '.')) return std::nullopt;
    if (!last) text.remove_prefix(1);
  }
  if (numbers[1] > static_cast<std::uint64_t>(ExportCursor::Part::room)) return std::nullopt;
  return ExportCursor{.member = numbers[0],
                      .part = static_cast<ExportCursor::Part>(numbers[1]),
                      .room = numbers[2],
                      .after = numbers[3]};
}

}  // namespace plaza::backend
