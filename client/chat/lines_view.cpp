#include "client/chat/lines_view.h"

#include <algorithm>

#include "base/ids.h"
#include "client/chat/group_change_text.h"
#include "client/chat/message_change_text.h"
#include "client/chat/text.h"

namespace plaza::client::chat {
namespace {

constexpr int kTimeCells = 5;
constexpr int kNameCells = 10;
constexpr int kTickCells = 3;
constexpr int kQuoteCells = 24;

// "14:05       ann │ text" on a wide window, "14:05 ann: text" on a narrow one.
struct Frame {
  Row first, following;
  int text_width;
};

std::wstring right_aligned(std::wstring_view text, int width) {
  std::wstring out = fit(text, width);
  out.insert(0, static_cast<std::size_t>(std::max(0, width - cell_width(out))), L' ');
  return out;
}

Frame frame_of(std::int64_t time_ms, std::wstring_view name, Style style, int width) {
  const std::wstring time = to_wide(clock_text(time_ms));
  Frame frame;
  if (width >= 60) {
    frame.first = {
        {time + L" ", Style::dim}, {right_aligned(name, kNameCells), style}, {L" \u2502 ", Style::dim}};
    frame.following = {{std::wstring(kTimeCells + 1 + kNameCells, L' '), Style::dim},
                       {L" \u2502 ", Style::dim}};
  } else {
    frame.first = {{time + L" ", Style::dim}, {fit(name, std::min(kNameCells, width / 3)) + L" ", style}};
    frame.following = {{std::wstring(kTimeCells + 1, L' '), Style::dim}};
  }
  frame.text_width = width - std::max(row_width(frame.first), row_width(frame.following)) - kTickCells;
  return frame;
}

void add_rows(std::vector<Row>& rows, const Frame& frame, std::vector<std::wstring> parts, Style style) {
  bool first = true;
  for (std::wstring& part : parts) {
    Row row = first ? frame.first : frame.following;
    row.push_back({std::move(part), style});
    rows.push_back(std::move(row));
    first = false;
  }
}

std::wstring said(const Message& message) {
  if (message.kind == BodyKind::change) return printable_line(message_change_text(message));
  if (message.recalled) return L"(taken back)";
  switch (message.kind) {
    case BodyKind::text: return printable(message.body);
    case BodyKind::image: return L"[image] " + printable_line(message.body);
    case BodyKind::file: return L"[file] " + printable_line(message.body);
    case BodyKind::custom: return L"[data] " + printable_line(message.body);
    case BodyKind::event: return printable_line(group_change_text(message.body));
    case BodyKind::change: break;
  }
  return {};
}

std::wstring name_text(const Model& model, const Message& message) {
  return printable_line(message.sender_name.empty() ? model.name_of(message.sender) : message.sender_name);
}

/// Who said what is answered, and how that began, where it is among the lines that are loaded.
std::wstring quote_of(const Model& model, const Talk& talk, const Message& answer) {
  if (answer.reply_to == 0) return {};
  const auto there = std::ranges::find_if(talk.lines, [&](const Line& line) {
    return line.kind == Line::Kind::message && line.message.cseq == answer.reply_to;
  });
  if (there == talk.lines.end()) return L"(to an earlier message) ";
  std::wstring begin = said(there->message);
  std::ranges::replace(begin, L'\n', L' ');
  return L"(to " + fit(name_text(model, there->message), kNameCells) + L": " + fit(begin, kQuoteCells) +
         L") ";
}

std::wstring body_text(const Model& model, const Talk& talk, const Message& message) {
  return quote_of(model, talk, message) + said(message) +
         (message.edits > 0 && !message.recalled ? L" (edited)" : L"");
}

void add_tick(Row& row, Delivery delivery) {
  switch (delivery) {
    case Delivery::none: break;
    case Delivery::sending: row.push_back({L" \u2026", Style::dim}); break;
    case Delivery::stored: row.push_back({L" \u2713", Style::dim}); break;
    case Delivery::delivered: row.push_back({L" \u2713\u2713", Style::dim}); break;
    case Delivery::read: row.push_back({L" \u2713\u2713", Style::read_tick}); break;
    case Delivery::refused: row.push_back({L" \u2717", Style::warning}); break;
  }
}

Row rule(const std::wstring& text, int width, Style style) {
  const std::wstring label = L"\u2500\u2500 " + fit(text, width - 8) + L" ";
  std::wstring line = label;
  line.append(static_cast<std::size_t>(std::max(0, width - cell_width(label))), L'\u2500');
  return {{std::move(line), style}};
}

bool begins_news(const Talk& talk, std::size_t index, std::optional<std::uint64_t> divider) {
  const auto is_news = [&](const Line& line) {
    return line.kind == Line::Kind::message && !line.message.mine && line.message.cseq > *divider;
  };
  if (!divider || !is_news(talk.lines[index])) return false;
  for (std::size_t i = index; i-- > 0;) {
    if (talk.lines[i].kind == Line::Kind::message && talk.lines[i].message.cseq != 0)
      return talk.lines[i].message.cseq <= *divider;
  }
  return true;
}

}  // namespace

int row_width(const Row& row) {
  int width = 0;
  for (const Span& span : row) width += cell_width(span.text);
  return width;
}

Style name_style(std::uint64_t member) {
  return static_cast<Style>(static_cast<unsigned>(Style::name_0) +
                            static_cast<unsigned>(mix64(member) % kNameStyles));
}

std::vector<Row> rows_of(const Model& model, const Talk& talk, std::size_t index,
                         const ViewOptions& options) {
  const Line& line = talk.lines[index];
  const int width = std::max(view_width_min, options.width);
  std::vector<Row> rows;
  const std::string day = day_text(line.time_ms);
  const bool new_day = index == 0 ? static_cast<bool>(talk.key)
                                  : day != day_text(talk.lines[index - 1].time_ms);
  if (new_day) rows.push_back(rule(to_wide(day), width, Style::dim));
  if (begins_news(talk, index, options.divider)) rows.push_back(rule(L"new", width, Style::divider));
  if (line.kind != Line::Kind::message) {
    const bool warning = line.kind == Line::Kind::warning;
    const Style style = warning ? Style::warning : Style::normal;
    const Frame frame = frame_of(line.time_ms, warning ? L"!" : L"--", warning ? Style::warning : Style::dim,
                                 width);
    add_rows(rows, frame, wrap_table(printable(line.text), std::max(2, frame.text_width + kTickCells)),
             style);
    return rows;
  }
  const bool mine = line.message.mine;
  const Frame frame = frame_of(line.time_ms, name_text(model, line.message),
                               mine ? Style::own : name_style(line.message.sender), width);
  const Delivery delivery = model.delivery(talk, line);
  const int text_width = std::max(2, frame.text_width);
  add_rows(rows, frame, wrap(body_text(model, talk, line.message), text_width),
           delivery == Delivery::sending ? Style::dim : Style::normal);
  add_tick(rows.back(), delivery);
  if (delivery == Delivery::refused) {
    for (std::wstring& part : wrap(L"not sent: " + printable(line.refused), text_width)) {
      Row row = frame.following;
      row.push_back({std::move(part), Style::warning});
      rows.push_back(std::move(row));
    }
  }
  return rows;
}

VisibleRows visible_rows(const Model& model, const Talk& talk, const ViewOptions& options, std::size_t skip,
                         std::size_t height) {
  std::vector<Row> upward;  // bottom one first
  std::size_t index = talk.lines.size();
  while (index > 0 && upward.size() < skip + height) {
    std::vector<Row> rows = rows_of(model, talk, --index, options);
    std::move(rows.rbegin(), rows.rend(), std::back_inserter(upward));
  }
  VisibleRows visible;
  visible.reached_top = index == 0 && upward.size() <= skip + height;
  const std::size_t from = std::min(skip, upward.size() > height ? upward.size() - height : 0);
  const std::size_t to = std::min(from + height, upward.size());
  for (std::size_t i = to; i-- > from;) visible.rows.push_back(std::move(upward[i]));
  return visible;
}

}  // namespace plaza::client::chat
