#pragma once
// A conversation as rows of styled text, without a terminal.
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "client/chat/model.h"

namespace plaza::client::chat {

enum class Style : std::uint8_t {
  normal,
  dim,
  bold,
  own,
  warning,
  read_tick,
  divider,
  name_0,
  name_1,
  name_2,
  name_3,
  name_4,
  name_5,  ///< colours of people
};
inline constexpr unsigned kNameStyles = 6;

struct Span {
  std::wstring text;
  Style style = Style::normal;
};
using Row = std::vector<Span>;

struct ViewOptions {
  int width = 80;  ///< cells; at least view_width_min
  std::optional<std::uint64_t> divider =
      {};  ///< messages beyond this position came while the talk was not seen
};
inline constexpr int view_width_min = 20;

/// The rows of one line of the talk, with the day or the divider in front of it where one begins. Every row fits the width.
[[nodiscard]] std::vector<Row> rows_of(const Model& model, const Talk& talk, std::size_t line,
                                       const ViewOptions& options);

/// The rows from `skip` rows above the end upward, at most `height`, top one first. `reached_top`: nothing is above them.
struct VisibleRows {
  std::vector<Row> rows;
  bool reached_top = false;
};
[[nodiscard]] VisibleRows visible_rows(const Model& model, const Talk& talk, const ViewOptions& options,
                                       std::size_t skip, std::size_t height);

[[nodiscard]] Style name_style(std::uint64_t member);
[[nodiscard]] int row_width(const Row& row);

}  // namespace plaza::client::chat
