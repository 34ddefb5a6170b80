#pragma once
#include <cstdint>
#include <deque>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "client/chat/chat_options.h"
#include "client/chat/frontend.h"
#include "client/chat/ui_queue.h"

namespace plaza::client::chat {

/// True when `line` contains the pattern; '*' in it stands for anything.
[[nodiscard]] bool contains_pattern(std::string_view line, std::string_view pattern);

/// `plaza chat --script`: lines in, one line per event out.
///
/// Thread   The one that calls run().
/// Order    A line begins when the one before is done; events come between.
/// Wait     /wait looks at what was printed behind the line it matched last, so that one event answers one /wait.
class Script final : private Frontend {
 public:
  Script(ChatOptions options, int input_fd, int output_fd);
  ~Script();

  /// Until the input ends, /quit, or a line that failed. The exit code.
  int run();

 private:
  // Frontend.
  void event(const Record& record, const std::string& human, Line::Kind kind, Conversation where) override;
  void ask(const std::string& label, Secret secret, Answer answer) override;
  void changed() override {}
  [[nodiscard]] bool is_script() const override { return true; }
  void quit(int code) override;

  void next_line();
  void carry_out(const std::string& line);
  void begin_wait(const std::string& pattern, const std::vector<std::string>& words);
  [[nodiscard]] bool try_wait();
  void expect(const std::string& pattern);
  void line_done(bool ok, const std::string& line, bool must_fail);
  void print(const std::string& line);
  void read_input();
  void end_when_sent();
  [[nodiscard]] static std::int64_t now_ms();

  const int input_fd_, output_fd_;
  UiQueue queue_;
  std::string input_;
  bool input_ended_ = false;
  std::optional<int> exit_code_;
  bool busy_ = true;  ///< a line (or the login) is being carried out
  std::deque<std::string> printed_;
  std::uint64_t printed_before_ = 0;  ///< lines that are no longer in printed_
  std::uint64_t matched_to_ = 0;      ///< lines before this one were looked at by /wait
  std::uint64_t command_from_ = 0;    ///< first line of the last command
  std::string waiting_for_;
  std::int64_t deadline_ms_ = 0;  ///< of /wait, and of the end
  bool ending_ = false;
  ChatSession session_;
};

}  // namespace plaza::client::chat
