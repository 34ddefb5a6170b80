#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plaza::backend {

/// Where an export goes on. It goes through the members of an account by id, and of each through its lists, its inbox, and its large
/// rooms by id; a page is one step, so that it costs the same wherever it is.
struct ExportCursor {
  enum class Part : std::uint8_t { lists = 0, inbox = 1, room = 2 };

  std::uint64_t member = 0;  ///< this one, or the first behind it
  Part part = Part::lists;
  std::uint64_t room = 0;   ///< of Part::room: this one, or the first behind it
  std::uint64_t after = 0;  ///< position in the stream

  bool operator==(const ExportCursor&) const = default;
};

/// "17.1.0.500"; only this can read it.
std::string to_text(const ExportCursor& cursor);
std::optional<ExportCursor> export_cursor_of(std::string_view text);

}  // namespace plaza::backend
