#include "client/chat/screen.h"

#include <poll.h>
#include <pthread.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdio>
#include <cstring>

#include "client/chat/curses.h"
#include "client/chat/lines_view.h"
#include "client/chat/text.h"

namespace plaza::client::chat {
namespace {

std::atomic<int> g_wake_fd{-1};
std::atomic<bool> g_asked_to_end{false};

// Only async-signal-safe calls: the loop does the rest.
void on_end_signal(int) {
  g_asked_to_end.store(true);
  const std::uint64_t one = 1;
  [[maybe_unused]] const auto written = write(g_wake_fd.load(), &one, sizeof one);
}

void write_terminal(const char* sequence) {
  [[maybe_unused]] const auto written = write(STDOUT_FILENO, sequence, std::strlen(sequence));
}

/// Signals go to the terminal's thread: with a window-size signal on another one poll() would not notice.
class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_BLOCK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_{};
};

}  // namespace

Screen::Screen(ChatOptions options)
    : session_(std::move(options.client), std::move(options.account), *this, queue_) {}
Screen::~Screen() {
  session_.stop();
  end_terminal();
}

void Screen::begin_terminal() {
  initscr();
  raw();
  noecho();
  nonl();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  set_escdelay(25);
  if (has_colors()) {
    start_color();
    use_default_colors();
    init_pair(kPairOwn, COLOR_GREEN, -1);
    init_pair(kPairWarning, COLOR_RED, -1);
    init_pair(kPairAccent, COLOR_CYAN, -1);
    init_pair(kPairHeader, COLOR_WHITE, COLOR_BLUE);
    constexpr short kNameColours[kNameStyles] = {COLOR_CYAN, COLOR_MAGENTA, COLOR_YELLOW,
                                                 COLOR_BLUE, COLOR_RED,     COLOR_CYAN};
    for (short i = 0; i < static_cast<short>(kNameStyles); ++i) {
      init_pair(static_cast<short>(kPairName0 + i), kNameColours[i], -1);
    }
  }
  define_key("\033[200~", kKeyPasteBegin);
  define_key("\033[201~", kKeyPasteEnd);
  for (const char* sequence : {"\033[1;3B", "\033\033[B", "\033[1;5B"}) define_key(sequence, kKeyNext);
  for (const char* sequence : {"\033[1;3A", "\033\033[A", "\033[1;5A"}) define_key(sequence, kKeyPrevious);
  for (const char* sequence : {"\033[1;5D", "\033[1;3D"}) define_key(sequence, kKeyWordLeft);
  for (const char* sequence : {"\033[1;5C", "\033[1;3C"}) define_key(sequence, kKeyWordRight);
  wrefresh(stdscr);
  write_terminal("\033[?2004h");  // bracketed paste
  on_terminal_ = true;
}

void Screen::end_terminal() {
  if (!on_terminal_) return;
  on_terminal_ = false;
  write_terminal("\033[?2004l");
  endwin();
}

void Screen::suspend() {
  write_terminal("\033[?2004l");
  endwin();
  raise(SIGSTOP);
  wrefresh(stdscr);
  write_terminal("\033[?2004h");
  dirty_ = true;
}

void Screen::start_session() {
  const SignalsBlocked blocked;
  const std::string server = session_.options().endpoint.text();
  session_.model().notice({}, "Welcome to Plaza. The server is " + server + ".", Line::Kind::notice,
                          ChatSession::wall_ms());
  session_.start([](bool) {});
}

int Screen::run() {
  g_wake_fd = queue_.fd();
  begin_terminal();
  struct sigaction end{};
  end.sa_handler = on_end_signal;
  for (const int signal : {SIGTERM, SIGHUP, SIGINT}) sigaction(signal, &end, nullptr);
  start_session();
  while (!exit_code_) {
    look_at_open();
    if (dirty_) draw();
    pollfd fds[2] = {{STDIN_FILENO, POLLIN, 0}, {queue_.fd(), POLLIN, 0}};
    const int ready = poll(fds, 2, -1);
    if (ready < 0 && errno != EINTR) break;
    if (g_asked_to_end.load()) exit_code_ = 0;
    if (ready > 0 && (fds[0].revents & (POLLHUP | POLLERR | POLLNVAL)) != 0) break;  // the terminal is gone
    queue_.run();
    read_keys();
    if (!exit_code_ && leaving_.due(session_.sends_open())) exit_code_ = 0;
  }
  session_.stop();
  end_terminal();
  return exit_code_.value_or(1);
}

// The conversation may have been changed by a key, a command or an answer of the server. What stands at the bottom of the
// open one counts as read.
void Screen::look_at_open() {
  const Conversation open = session_.model().open();
  const Talk& talk = session_.model().talk(open);
  if (open != shown_) {
    if (questions_.empty()) {
      drafts_[shown_] = editor_.text();
      editor_.set(drafts_[open]);
    }
    divider_.erase(shown_);
    if (talk.unread() > 0) divider_[open] = talk.read;
    shown_ = open;
    scroll_ = 0;
    dirty_ = true;
  }
  if (scroll_ == 0) session_.seen(open);
}

void Screen::event(const Record& /*record*/, const std::string& human, Line::Kind kind, Conversation where) {
  if (human.empty()) return;
  session_.model().notice(where ? where : session_.model().open(), human, kind, ChatSession::wall_ms());
  dirty_ = true;
  const Conversation open = session_.model().open();
  if (!on_terminal_ || (where && where != open)) return;
  // A long answer is shown from its beginning.
  const Talk& talk = session_.model().talk(open);
  const Layout place = layout();
  const std::size_t rows = rows_of(session_.model(), talk, talk.lines.size() - 1, {.width = place.width - 1})
                               .size();
  const auto room = static_cast<std::size_t>(std::max(1, place.body_rows()));
  scroll_ = rows > room ? rows - room : 0;
  appended_seen_ = talk.appended;
}

void Screen::ask(const std::string& label, Secret secret, Answer answer) {
  questions_.push_back({label, secret, std::move(answer)});
  if (questions_.size() == 1) {
    drafts_[session_.model().open()] = editor_.text();
    editor_.clear();
  }
  dirty_ = true;
}

// What the screen shows as waiting is not thrown away by one word.
void Screen::quit(int code) {
  const std::size_t unsent = session_.sends_open();
  if (leaving_.asked(unsent)) {
    exit_code_ = code;
    return;
  }
  event(Record("note"),
        std::to_string(unsent) + (unsent == 1 ? " message is" : " messages are") +
            " not sent; again to leave anyway",
        Line::Kind::warning, {});
}

}  // namespace plaza::client::chat
