// The keyboard.
#include <algorithm>

#include "client/chat/curses.h"
#include "client/chat/lines_view.h"
#include "client/chat/screen.h"
#include "client/chat/text.h"

namespace plaza::client::chat {
namespace {

constexpr wchar_t ctrl(char letter) { return static_cast<wchar_t>(letter - 'A' + 1); }
constexpr wchar_t kEscape = 27;
constexpr wchar_t kDelete = 127;
constexpr std::uint32_t kHistoryPage = 100;

}  // namespace

void Screen::read_keys() {
  wint_t c = 0;
  for (int kind = wget_wch(stdscr, &c); kind != ERR && !exit_code_; kind = wget_wch(stdscr, &c)) {
    dirty_ = true;
    hint_.clear();
    if (kind == KEY_CODE_YES) {
      on_key(static_cast<int>(c));
    } else if (pasting_) {
      editor_.insert(c == '\r' ? L"\n" : std::wstring(1, static_cast<wchar_t>(c)));
    } else if (c == static_cast<wint_t>(kEscape)) {
      wint_t next = 0;
      const int next_kind = wget_wch(stdscr, &next);
      if (next_kind == OK) on_alt(static_cast<wchar_t>(next));
      if (next_kind == KEY_CODE_YES && next == KEY_UP) go_by(-1);
      if (next_kind == KEY_CODE_YES && next == KEY_DOWN) go_by(1);
    } else {
      on_character(static_cast<wchar_t>(c));
    }
  }
}

void Screen::on_character(wchar_t c) {
  if (c == L'\r' || c == L'\n') return enter();
  if (c == L'\t') return complete_word();
  if (c == kDelete || c == ctrl('H')) return editor_.erase_left();
  if (c < 32) return on_control(c);
  editor_.insert(std::wstring(1, c));
}

void Screen::on_control(wchar_t c) {
  switch (c) {
    case ctrl('A'): return editor_.home();
    case ctrl('B'): return editor_.left();
    case ctrl('C'): return interrupt();
    case ctrl('D'):
      if (editor_.text().empty() && questions_.empty()) return quit(0);
      if (editor_.text().empty()) return answer_question(std::nullopt);
      return editor_.erase_right();
    case ctrl('E'): return editor_.end();
    case ctrl('F'): return editor_.right();
    case ctrl('K'): return editor_.kill_to_end();
    case ctrl('L'): wclear(stdscr); return;
    case ctrl('N'): return go_by(1);
    case ctrl('P'): return go_by(-1);
    case ctrl('U'): return editor_.kill_to_start();
    case ctrl('W'): return editor_.kill_word_left();
    case ctrl('Y'): return editor_.yank();
    case ctrl('Z'): return suspend();
    default: return;
  }
}

void Screen::on_alt(wchar_t c) {
  if (c == L'b') return editor_.word_left();
  if (c == L'f') return editor_.word_right();
  if (c == L'\r') return editor_.insert(L"\n");
  if (c == kDelete) return editor_.kill_word_left();
  if (c >= L'0' && c <= L'9') {
    const auto listed = session_.model().listed();
    const auto index = static_cast<std::size_t>(c - L'0');
    if (index < listed.size()) go(listed[index]);
  }
}

void Screen::on_key(int key) {
  const int page = std::max(1, layout().body_rows() - 2);
  switch (key) {
    case kKeyPasteBegin: pasting_ = true; return;
    case kKeyPasteEnd: pasting_ = false; return;
    case kKeyNext: return go_by(1);
    case kKeyPrevious: return go_by(-1);
    case kKeyWordLeft: return editor_.word_left();
    case kKeyWordRight: return editor_.word_right();
    case KEY_LEFT: return editor_.left();
    case KEY_RIGHT: return editor_.right();
    case KEY_HOME: return editor_.home();
    case KEY_END: return editor_.end();
    case KEY_BACKSPACE: return editor_.erase_left();
    case KEY_DC: return editor_.erase_right();
    case KEY_UP:
      if (questions_.empty()) editor_.older();
      return;
    case KEY_DOWN:
      if (questions_.empty()) editor_.newer();
      return;
    case KEY_PPAGE: return scroll(page);
    case KEY_NPAGE: return scroll(-page);
    case KEY_ENTER: return enter();
    case KEY_RESIZE: wclear(stdscr); return;
    default: return;
  }
}

void Screen::enter() {
  if (!questions_.empty()) {
    return answer_question(to_utf8(editor_.take(questions_.front().secret == Secret::yes)));
  }
  const std::string line = to_utf8(editor_.take(false));
  if (line.empty()) return;
  scroll_ = 0;
  divider_.erase(session_.model().open());
  const auto parsed = parse_line(line);
  if (!parsed) {
    return event(Record("error"), parsed.error(), Line::Kind::warning, {});
  }
  if (parsed->command != Command::quit) leaving_.stays();
  session_.run(*parsed, [](bool) {});
}

void Screen::answer_question(std::optional<std::string> answer) {
  Question question = std::move(questions_.front());
  questions_.pop_front();
  editor_.clear();
  question.answer(std::move(answer));
  if (questions_.empty()) {
    const auto draft = drafts_.find(session_.model().open());
    if (draft != drafts_.end()) editor_.set(draft->second);
  }
}

void Screen::interrupt() {
  if (!questions_.empty()) return answer_question(std::nullopt);
  if (!editor_.text().empty()) return editor_.clear();
  event(Record("note"), "Ctrl-D or /quit ends the program.", Line::Kind::notice, {});
}

void Screen::complete_word() {
  if (!questions_.empty()) return;
  const std::wstring before = editor_.text().substr(0, editor_.cursor());
  const std::wstring behind = editor_.text().substr(editor_.cursor());
  const Completion completion = complete(to_utf8(before), session_.completion_names());
  const std::wstring replacement = to_wide(completion.replacement);
  editor_.set(replacement);
  editor_.insert(behind);
  for (std::size_t i = 0; i < behind.size(); ++i) editor_.left();
  if (completion.candidates.empty() || replacement != before) return;
  for (const std::string& candidate : completion.candidates) hint_ += printable_line(candidate) + L"  ";
}

void Screen::scroll(int rows) {
  if (rows < 0) {
    const auto down = static_cast<std::size_t>(-rows);
    scroll_ = scroll_ > down ? scroll_ - down : 0;
    return;
  }
  if (!at_top_) scroll_ += static_cast<std::size_t>(rows);
  const Conversation open = session_.model().open();
  const Talk& talk = session_.model().talk(open);
  // Read ahead of the person by a page.
  if (open && !talk.complete && talk.head > 0) {
    const Layout where = layout();
    const auto above = visible_rows(session_.model(), talk, {.width = where.width},
                                    scroll_ + static_cast<std::size_t>(rows),
                                    static_cast<std::size_t>(std::max(1, where.body_rows())));
    if (above.reached_top) session_.load_history(open, kHistoryPage, [](bool) {});
  }
}

void Screen::go(Conversation key) {
  if (key == session_.model().open()) return;
  session_.open(key);
}

void Screen::go_by(int steps) {
  const auto listed = session_.model().listed();
  const auto at = std::find(listed.begin(), listed.end(), session_.model().open());
  const auto count = static_cast<int>(listed.size());
  const int index = at == listed.end() ? 0 : static_cast<int>(at - listed.begin());
  go(listed[static_cast<std::size_t>((index + steps + count) % count)]);
}

}  // namespace plaza::client::chat
