#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <optional>
#include <string>

#include "client/chat/chat_options.h"
#include "client/chat/frontend.h"
#include "client/chat/leaving.h"
#include "client/chat/line_editor.h"
#include "client/chat/ui_queue.h"

namespace plaza::client::chat {

/// `plaza chat` on a terminal: conversations on the left, messages, and a line to type on.
///
/// Thread   The one that calls run(); it alone uses ncurses.
/// Flow     poll(keyboard, UiQueue) -> keys -> LineEditor -> ChatSession -> Model -> draw.
/// Stop     The terminal is as it was before when run() returns, also after SIGTERM or SIGHUP.
class Screen final : private Frontend {
 public:
  explicit Screen(ChatOptions options);
  ~Screen();

  /// Until the person leaves. The exit code.
  int run();

 private:
  struct Question {
    std::string label;
    Secret secret;
    Answer answer;
  };
  struct Layout {
    int rows = 0, columns = 0;
    int list_width = 0;       ///< 0: no list
    int left = 0, width = 0;  ///< of the conversation
    int input_rows = 1;
    [[nodiscard]] int body_top() const { return 2; }
    [[nodiscard]] int body_rows() const { return rows - 3 - input_rows; }
  };

  // Frontend.
  void event(const Record& record, const std::string& human, Line::Kind kind, Conversation where) override;
  void ask(const std::string& label, Secret secret, Answer answer) override;
  void changed() override { dirty_ = true; }
  [[nodiscard]] bool is_script() const override { return false; }
  void quit(int code) override;

  // screen.cpp
  void begin_terminal();
  void end_terminal();
  void suspend();
  void start_session();
  void look_at_open();

  // screen_keys.cpp
  void read_keys();
  void on_character(wchar_t c);
  void on_key(int key);
  void on_alt(wchar_t c);
  void on_control(wchar_t c);
  void enter();
  void answer_question(std::optional<std::string> answer);
  void interrupt();
  void complete_word();
  void scroll(int rows);
  void go(Conversation key);
  void go_by(int steps);

  // screen_draw.cpp
  void draw();
  void draw_header(const Layout& layout);
  void draw_list(const Layout& layout);
  void draw_talk(const Layout& layout);
  void draw_input(const Layout& layout);
  [[nodiscard]] Layout layout() const;
  [[nodiscard]] std::wstring prompt() const;
  [[nodiscard]] std::wstring shown_input(std::size_t* cursor) const;

  UiQueue queue_;
  LineEditor editor_;
  std::deque<Question> questions_;  ///< the first one is being asked
  std::optional<int> exit_code_;
  bool on_terminal_ = false;
  Leaving leaving_;
  bool dirty_ = true;
  bool pasting_ = false;
  std::wstring hint_;                ///< until the next key: what Tab could complete to
  std::size_t scroll_ = 0;           ///< rows below the window
  std::uint64_t appended_seen_ = 0;  ///< lines of the open talk that scroll_ accounts for
  bool at_top_ = false;
  Conversation shown_;  ///< whose draft is in the editor
  std::map<Conversation, std::uint64_t> divider_;
  std::map<Conversation, std::wstring> drafts_;
  ChatSession session_;
};

}  // namespace plaza::client::chat
