// What is on the screen. Everything is drawn anew each time; ncurses sends the terminal the difference.
#include <algorithm>

#include "client/chat/curses.h"
#include "client/chat/lines_view.h"
#include "client/chat/screen.h"
#include "client/chat/text.h"

namespace plaza::client::chat {
namespace {

constexpr int kListWidth = 22;
constexpr int kListFromColumns = 64;
constexpr int kInputRowsMax = 6;
constexpr int kColumnsMin = 24;
constexpr int kRowsMin = 6;

attr_t attributes_of(Style style) {
  switch (style) {
    case Style::normal: return A_NORMAL;
    case Style::dim: return A_DIM;
    case Style::bold: return A_BOLD;
    case Style::own: return A_BOLD | static_cast<attr_t>(COLOR_PAIR(kPairOwn));
    case Style::warning: return static_cast<attr_t>(COLOR_PAIR(kPairWarning));
    case Style::read_tick: return A_BOLD | static_cast<attr_t>(COLOR_PAIR(kPairAccent));
    case Style::divider: return A_BOLD | static_cast<attr_t>(COLOR_PAIR(kPairWarning));
    default: {
      const auto name = static_cast<unsigned>(style) - static_cast<unsigned>(Style::name_0);
      return static_cast<attr_t>(COLOR_PAIR(static_cast<int>(kPairName0 + name)));
    }
  }
}

void put(int row, int column, const std::wstring& text, attr_t attributes = A_NORMAL) {
  wattrset(stdscr, static_cast<int>(attributes));
  mvwaddnwstr(stdscr, row, column, text.c_str(), static_cast<int>(text.size()));
  wattrset(stdscr, A_NORMAL);
}

std::wstring state_text(ClientState state, const std::string& why) {
  switch (state) {
    case ClientState::online: return L"\u25CF online";
    case ClientState::connected: return L"\u25CB not logged in";
    case ClientState::choosing: return L"\u25CB choose a member: /nick";
    case ClientState::waiting:
      return L"\u25CB reconnecting" + (why.empty() ? L"" : L": " + printable_line(why));
    case ClientState::ended: return L"\u25CB session ended: /login";
    case ClientState::offline: return L"\u25CB offline";
    default: return L"\u25CB connecting";
  }
}

std::string count_text(std::uint64_t count) { return count > 999 ? "999+" : std::to_string(count); }

}  // namespace

std::wstring Screen::prompt() const {
  if (!questions_.empty()) return printable_line(questions_.front().label);
  auto& model = const_cast<ChatSession&>(session_).model();
  return (model.open() ? fit(printable_line(model.title(model.open())), 20) : std::wstring(L"plaza")) + L"> ";
}

// Secrets are not shown, not even their length.
std::wstring Screen::shown_input(std::size_t* cursor) const {
  *cursor = 0;
  if (!questions_.empty() && questions_.front().secret == Secret::yes) return {};
  std::wstring shown;
  for (std::size_t i = 0; i < editor_.text().size(); ++i) {
    if (i == editor_.cursor()) *cursor = shown.size();
    const wchar_t c = editor_.text()[i];
    shown += c == L'\n' ? L'\u23CE' : c == L'\t' ? L' ' : (c < 32 || c == 127) ? L'\uFFFD' : c;
  }
  if (editor_.cursor() == editor_.text().size()) *cursor = shown.size();
  return shown;
}

namespace {

/// The input broken into rows by cells alone, and where the cursor is.
struct InputRows {
  std::vector<std::wstring> rows{std::wstring{}};
  int cursor_row = 0, cursor_column = 0;
};
InputRows break_input(const std::wstring& prompt, const std::wstring& text, std::size_t cursor, int width) {
  InputRows out;
  int used = 0;
  const auto add = [&](wchar_t c) {
    const int cells = cell_width(c);
    if (used + cells > width) {
      out.rows.emplace_back();
      used = 0;
    }
    out.rows.back() += c;
    used += cells;
  };
  for (const wchar_t c : prompt) add(c);
  for (std::size_t i = 0; i <= text.size(); ++i) {
    if (i == cursor) {
      const int next = i < text.size() ? std::max(1, cell_width(text[i])) : 1;
      if (used + next > width) {
        out.rows.emplace_back();
        used = 0;
      }
      out.cursor_row = static_cast<int>(out.rows.size()) - 1;
      out.cursor_column = used;
    }
    if (i < text.size()) add(text[i]);
  }
  return out;
}

}  // namespace

Screen::Layout Screen::layout() const {
  Layout layout;
  layout.rows = getmaxy(stdscr);
  layout.columns = getmaxx(stdscr);
  layout.list_width = layout.columns >= kListFromColumns ? kListWidth : 0;
  layout.left = layout.list_width == 0 ? 0 : layout.list_width + 1;
  layout.width = layout.columns - layout.left;
  std::size_t cursor = 0;
  const std::wstring input = shown_input(&cursor);
  const auto rows = static_cast<int>(
      break_input(prompt(), input, cursor, std::max(2, layout.columns)).rows.size());
  layout.input_rows = std::clamp(rows, 1, std::max(1, std::min(kInputRowsMax, layout.rows - 5)));
  return layout;
}

void Screen::draw() {
  dirty_ = false;
  werase(stdscr);
  const Layout where = layout();
  if (where.columns < kColumnsMin || where.rows < kRowsMin) {
    put(0, 0, fit(L"window too small", where.columns));
  } else {
    draw_header(where);
    draw_talk(where);
    if (where.list_width > 0) draw_list(where);
    draw_input(where);
  }
  wrefresh(stdscr);
}

void Screen::draw_header(const Layout& where) {
  Model& model = session_.model();
  const std::uint64_t unread = model.unread_total();
  const std::wstring right = unread == 0 ? L"" : to_wide(count_text(unread) + " unread ");
  std::wstring left = L" Plaza  ";
  if (model.self() != 0) left += printable_line(model.self_name()) + L"  ";
  left += state_text(session_.state(), session_.state_why());
  if (session_.state() != ClientState::waiting) left += L"  " + to_wide(session_.options().endpoint.text());
  const int room = where.columns - cell_width(right);
  put(0, 0, pad(left, room) + right, A_BOLD | static_cast<attr_t>(COLOR_PAIR(kPairHeader)));
}

void Screen::draw_list(const Layout& where) {
  Model& model = session_.model();
  const auto listed = model.listed();
  const int rows = where.rows - 1 - 1 - where.input_rows;
  // The open one stays in sight.
  const auto open_at = std::find(listed.begin(), listed.end(), model.open()) - listed.begin();
  const int first = std::max(0, static_cast<int>(open_at) - rows + 1);
  for (int i = 0; i < rows; ++i) {
    put(1 + i, where.list_width, L"\u2502", A_DIM);
    if (static_cast<std::size_t>(first + i) >= listed.size()) continue;
    const Conversation key = listed[static_cast<std::size_t>(first + i)];
    const Talk* talk = model.find_talk(key);
    const std::uint64_t unread = talk == nullptr ? 0 : talk->unread();
    const std::wstring count = unread == 0 ? L"" : L" " + to_wide(count_text(unread));
    const auto person = key.is_group() || !key ? model.people().end() : model.people().find(key.id);
    // Only friends tell each other whether they are online.
    const bool is_friend = person != model.people().end() &&
                           person->second.friendship == protocol::Friendship::friends;
    const bool online = is_friend && person->second.online;
    const std::wstring dot = online ? L"\u25CF " : is_friend ? L"\u25CB " : L"  ";
    const int room = where.list_width - cell_width(dot) - cell_width(count) - 1;
    attr_t look = unread > 0 ? A_BOLD : A_NORMAL;
    if (key == model.open()) look |= A_REVERSE;
    put(1 + i, 0, dot + pad(printable_line(model.title(key)), room) + count + L" ", look);
    if (online && key != model.open()) put(1 + i, 0, dot, attributes_of(Style::own));
  }
}

void Screen::draw_talk(const Layout& where) {
  Model& model = session_.model();
  const Conversation key = model.open();
  const Talk& talk = model.talk(key);
  std::wstring title = key ? printable_line(model.title(key)) : L"notices of the program";
  if (key.is_group()) {
    const Group& group = model.group(key.id);
    title += L"  " + std::to_wstring(group.members) + (group.members == 1 ? L" member" : L" members");
    if (!group.description.empty()) title += L"  " + printable_line(group.description);
  } else if (key) {
    const Person& person = model.person(key.id);
    switch (person.friendship) {
      case protocol::Friendship::friends: title += person.online ? L"  online" : L"  offline"; break;
      case protocol::Friendship::requested: title += L"  asked to be friends"; break;
      case protocol::Friendship::asked: title += L"  wants to be your friend: /accept or /refuse"; break;
      case protocol::Friendship::none:
        title += L"  not a friend yet: /add " + printable_line(person.name);
        break;
    }
    if (!person.remark.empty()) title += L"  (" + printable_line(person.remark) + L")";
    if (person.blocked) title += L"  blocked";
  }
  put(1, where.left, pad(L" " + title, where.width), A_UNDERLINE | A_BOLD);

  const auto divider = divider_.find(key);
  ViewOptions options{.width = where.width - 1};
  if (divider != divider_.end()) options.divider = divider->second;
  const auto height = static_cast<std::size_t>(std::max(1, where.body_rows()));
  // What came while the person reads further up must not move what they read.
  if (scroll_ > 0) {
    for (std::uint64_t i = appended_seen_; i < talk.appended && talk.appended - i <= talk.lines.size(); ++i) {
      scroll_ += rows_of(model, talk, talk.lines.size() - static_cast<std::size_t>(talk.appended - i),
                         options)
                     .size();
    }
  }
  appended_seen_ = talk.appended;
  const VisibleRows visible = visible_rows(model, talk, options, scroll_, height);
  at_top_ = visible.reached_top;
  const int top = where.body_top() + static_cast<int>(height - visible.rows.size());
  for (std::size_t i = 0; i < visible.rows.size(); ++i) {
    int column = where.left + 1;
    for (const Span& span : visible.rows[i]) {
      put(top + static_cast<int>(i), column, span.text, attributes_of(span.style));
      column += cell_width(span.text);
    }
  }
}

void Screen::draw_input(const Layout& where) {
  const int line = where.rows - where.input_rows - 1;
  std::wstring hint;
  if (scroll_ > 0) hint = L" \u2193 newer below: PgDn ";
  if (session_.sends_open() > 0 && session_.state() != ClientState::online) {
    hint = L" " + std::to_wstring(session_.sends_open()) + L" waiting to be sent ";
  }
  if (!hint_.empty()) hint = L" " + fit(hint_, where.columns - 6);
  std::wstring rule(static_cast<std::size_t>(where.columns), L'\u2500');
  put(line, 0, rule, A_DIM);
  if (!hint.empty()) put(line, std::max(0, where.columns - cell_width(hint) - 2), hint, A_BOLD);

  std::size_t cursor = 0;
  const std::wstring text = shown_input(&cursor);
  const std::wstring start = prompt();
  const InputRows input = break_input(start, text, cursor, where.columns);
  const int first = std::max(0, input.cursor_row - where.input_rows + 1);
  for (int i = 0; i < where.input_rows && static_cast<std::size_t>(first + i) < input.rows.size(); ++i) {
    put(line + 1 + i, 0, input.rows[static_cast<std::size_t>(first + i)]);
  }
  if (first == 0) put(line + 1, 0, fit(start, where.columns), A_BOLD);
  wmove(stdscr, line + 1 + input.cursor_row - first, std::min(input.cursor_column, where.columns - 1));
}

}  // namespace plaza::client::chat
