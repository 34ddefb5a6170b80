#include "client/chat/line_editor.h"

#include "client/chat/text.h"

namespace plaza::client::chat {

std::size_t LineEditor::before(std::size_t at) const {
  while (at > 0 && cell_width(text_[--at]) == 0 && text_[at] != L'\n') {}
  return at;
}
std::size_t LineEditor::behind(std::size_t at) const {
  if (at < text_.size()) ++at;
  while (at < text_.size() && cell_width(text_[at]) == 0 && text_[at] != L'\n') ++at;
  return at;
}

void LineEditor::insert(std::wstring_view text) {
  text = text.substr(0, text_max - std::min(text_max, text_.size()));
  text_.insert(cursor_, text);
  cursor_ += text.size();
}

void LineEditor::left() { cursor_ = before(cursor_); }
void LineEditor::right() { cursor_ = behind(cursor_); }
void LineEditor::word_left() {
  while (cursor_ > 0 && text_[cursor_ - 1] == L' ') --cursor_;
  while (cursor_ > 0 && text_[cursor_ - 1] != L' ') --cursor_;
}
void LineEditor::word_right() {
  while (cursor_ < text_.size() && text_[cursor_] == L' ') ++cursor_;
  while (cursor_ < text_.size() && text_[cursor_] != L' ') ++cursor_;
}

void LineEditor::erase(std::size_t from, std::size_t to) {
  text_.erase(from, to - from);
  cursor_ = from;
}
void LineEditor::erase_left() { erase(before(cursor_), cursor_); }
void LineEditor::erase_right() { erase(cursor_, behind(cursor_)); }
void LineEditor::kill_word_left() {
  const std::size_t end = cursor_;
  word_left();
  killed_ = text_.substr(cursor_, end - cursor_);
  erase(cursor_, end);
}
void LineEditor::kill_to_end() {
  killed_ = text_.substr(cursor_);
  erase(cursor_, text_.size());
}
void LineEditor::kill_to_start() {
  killed_ = text_.substr(0, cursor_);
  erase(0, cursor_);
}

void LineEditor::older() {
  if (browsing_ == history_.size()) return;
  if (browsing_ == 0) draft_ = text_;
  set(history_[history_.size() - ++browsing_]);
}
void LineEditor::newer() {
  if (browsing_ == 0) return;
  --browsing_;
  set(browsing_ == 0 ? draft_ : history_[history_.size() - browsing_]);
}

void LineEditor::clear() { set({}); }
void LineEditor::set(std::wstring_view text) {
  text_ = text.substr(0, text_max);
  cursor_ = text_.size();
}

std::wstring LineEditor::take(bool secret) {
  std::wstring line = text_;
  if (secret) {
    text_.assign(text_.size(), L'\0');  // not left in memory longer than needed
    killed_.clear();
  } else if (!line.empty() && (history_.empty() || history_.back() != line)) {
    history_.push_back(line);
    if (history_.size() > history_max) history_.erase(history_.begin());
  }
  clear();
  draft_.clear();
  browsing_ = 0;
  return line;
}

}  // namespace plaza::client::chat
