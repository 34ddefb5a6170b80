#pragma once
#include <string>
#include <string_view>
#include <vector>

namespace plaza::client::chat {

/// One line being typed: a cursor, a kill buffer and the lines typed before. Knows nothing of keys or screens.
///
/// Thread   One. Owner: the screen.
/// Limit    text_max characters; more is not taken. history_max lines.
/// Cursor   Stands between characters with their combining marks, never inside.
class LineEditor {
 public:
  static constexpr std::size_t text_max = 16'000;
  static constexpr std::size_t history_max = 200;

  void insert(std::wstring_view text);
  void left();
  void right();
  void word_left();
  void word_right();
  void home() { cursor_ = 0; }
  void end() { cursor_ = text_.size(); }
  void erase_left();
  void erase_right();
  void kill_word_left();
  void kill_to_end();
  void kill_to_start();
  void yank() { insert(killed_); }
  void older();
  void newer();
  void clear();
  /// Everything; the cursor goes to the end.
  void set(std::wstring_view text);
  /// The line, which is then empty; it goes into the history unless it is secret or empty.
  [[nodiscard]] std::wstring take(bool secret);

  [[nodiscard]] const std::wstring& text() const { return text_; }
  [[nodiscard]] std::size_t cursor() const { return cursor_; }

 private:
  void erase(std::size_t from, std::size_t to);
  [[nodiscard]] std::size_t before(std::size_t at) const;
  [[nodiscard]] std::size_t behind(std::size_t at) const;

  std::wstring text_, killed_, draft_;
  std::size_t cursor_ = 0;
  std::vector<std::wstring> history_;
  std::size_t browsing_ = 0;  ///< how many lines back; 0: not in the history
};

}  // namespace plaza::client::chat
