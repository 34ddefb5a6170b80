#include "client/chat/script.h"

#include <poll.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <cstdlib>

#include "client/chat/text.h"

namespace plaza::client::chat {
namespace {

constexpr std::size_t kPrintedMax = 100'000;
constexpr std::int64_t kWaitDefaultMs = 10'000;
constexpr std::int64_t kEndMs = 10'000;
constexpr std::int64_t kLoginMs = 20'000;
constexpr std::int64_t kLineMs = 60'000;  ///< longer than a restart of the server takes

}  // namespace

bool contains_pattern(std::string_view line, std::string_view pattern) {
  std::size_t at = 0;
  while (!pattern.empty()) {
    const std::size_t star = std::min(pattern.find('*'), pattern.size());
    const std::size_t found = line.find(pattern.substr(0, star), at);
    if (found == std::string_view::npos) return false;
    at = found + star;
    pattern.remove_prefix(std::min(star + 1, pattern.size()));
  }
  return true;
}

Script::Script(ChatOptions options, int input_fd, int output_fd)
    : input_fd_(input_fd),
      output_fd_(output_fd),
      session_(std::move(options.client), std::move(options.account), *this, queue_) {}
Script::~Script() { session_.stop(); }

std::int64_t Script::now_ms() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
             std::chrono::steady_clock::now().time_since_epoch())
      .count();
}

int Script::run() {
  deadline_ms_ = now_ms() + kLoginMs;
  session_.start([this](bool ok) {
    busy_ = false;
    if (!ok) exit_code_ = 1;
  });
  while (!exit_code_) {
    const bool read_more = !busy_ && !input_ended_ && input_.find('\n') == std::string::npos;
    pollfd fds[2] = {{queue_.fd(), POLLIN, 0}, {read_more ? input_fd_ : -1, POLLIN, 0}};
    const bool timed = busy_ || ending_;
    const std::int64_t left = timed ? std::max<std::int64_t>(0, deadline_ms_ - now_ms()) : -1;
    const bool work = !busy_ && !read_more;
    poll(fds, 2, work && !ending_ ? 0 : static_cast<int>(left));
    if ((fds[0].revents & POLLIN) != 0) queue_.run();
    if ((fds[1].revents & (POLLIN | POLLHUP)) != 0) read_input();
    if (!waiting_for_.empty() && !exit_code_) {
      if (try_wait()) continue;
      if (now_ms() >= deadline_ms_) {
        print(Record("timeout").add("pattern", waiting_for_).text());
        exit_code_ = 1;
      }
      continue;
    }
    if (busy_ && !exit_code_ && now_ms() >= deadline_ms_) {
      const std::string why = session_.state_why().empty() ? "the server does not answer"
                                                           : session_.state_why();
      print(Record("error").add("errno", std::uint64_t{0}).add("text", "given up: " + why).text());
      exit_code_ = 1;
    }
    if (!busy_ && !exit_code_) next_line();
  }
  session_.stop();
  return *exit_code_;
}

void Script::read_input() {
  char bytes[4096];
  const ssize_t got = read(input_fd_, bytes, sizeof bytes);
  if (got > 0) {
    input_.append(bytes, static_cast<std::size_t>(got));
  } else {
    input_ended_ = true;
    if (!input_.empty() && input_.back() != '\n') input_ += '\n';
  }
}

void Script::next_line() {
  const std::size_t end = input_.find('\n');
  if (end == std::string::npos) {
    if (input_ended_) end_when_sent();
    return;
  }
  std::string line = input_.substr(0, end);
  input_.erase(0, end + 1);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty() || line.starts_with("# ") || line == "#") return;
  carry_out(line);
}

void Script::carry_out(const std::string& line) {
  const bool must_fail = line.starts_with('!');
  const std::string what = must_fail ? line.substr(1) : line;
  auto parsed = parse_line(what);
  if (!parsed) {
    print(Record("error").add("errno", std::uint64_t{0}).add("text", parsed.error()).text());
    return line_done(false, what, must_fail);
  }
  if (parsed->command == Command::wait) return begin_wait(parsed->words[0], parsed->words);
  if (parsed->command == Command::expect) return expect(parsed->words[0]);
  command_from_ = printed_before_ + printed_.size();
  busy_ = true;
  deadline_ms_ = now_ms() + kLineMs;
  session_.run(*parsed, [this, what, must_fail](bool ok) {
    busy_ = false;
    line_done(ok, what, must_fail);
  });
}

void Script::line_done(bool ok, const std::string& line, bool must_fail) {
  if (ok != must_fail) return;
  if (must_fail)
    print(Record("error").add("errno", std::uint64_t{0}).add("text", "was not refused: " + line).text());
  if (!exit_code_) exit_code_ = 1;
}

void Script::begin_wait(const std::string& pattern, const std::vector<std::string>& words) {
  std::int64_t seconds = kWaitDefaultMs / 1000;
  if (words.size() > 1) {
    const auto [end, error] = std::from_chars(words[1].data(), words[1].data() + words[1].size(), seconds);
    if (error != std::errc{} || end != words[1].data() + words[1].size() || seconds < 0 || seconds > 3600) {
      print(Record("error")
                .add("errno", std::uint64_t{0})
                .add("text", "/wait PATTERN [SECONDS]: quote a pattern with blanks")
                .text());
      exit_code_ = 1;
      return;
    }
  }
  waiting_for_ = pattern;
  deadline_ms_ = now_ms() + seconds * 1000;
  busy_ = true;
  (void)try_wait();
}

bool Script::try_wait() {
  matched_to_ = std::max(matched_to_, printed_before_);
  for (; matched_to_ < printed_before_ + printed_.size(); ++matched_to_) {
    if (!contains_pattern(printed_[matched_to_ - printed_before_], waiting_for_)) continue;
    ++matched_to_;
    waiting_for_.clear();
    busy_ = false;
    return true;
  }
  return false;
}

void Script::expect(const std::string& pattern) {
  for (std::uint64_t i = std::max(command_from_, printed_before_); i < printed_before_ + printed_.size();
       ++i) {
    if (contains_pattern(printed_[i - printed_before_], pattern)) return;
  }
  print(Record("unexpected").add("pattern", pattern).text());
  exit_code_ = 1;
}

// The end of the input is no reason to lose what was typed before it.
void Script::end_when_sent() {
  if (!ending_) {
    ending_ = true;
    deadline_ms_ = now_ms() + kEndMs;
  }
  if (session_.sends_open() == 0) exit_code_ = 0;
  if (!exit_code_ && now_ms() >= deadline_ms_) exit_code_ = 1;
}

void Script::print(const std::string& line) {
  printed_.push_back(line);
  if (printed_.size() > kPrintedMax) {
    printed_.pop_front();
    ++printed_before_;
  }
  const std::string bytes = line + "\n";
  for (std::size_t at = 0; at < bytes.size();) {
    const ssize_t wrote = write(output_fd_, bytes.data() + at, bytes.size() - at);
    if (wrote <= 0) {
      exit_code_ = 1;  // nobody reads us any more
      return;
    }
    at += static_cast<std::size_t>(wrote);
  }
}

void Script::event(const Record& record, const std::string& /*human*/, Line::Kind /*kind*/,
                   Conversation /*where*/) {
  print(record.text());
}

// A script has nobody to ask. The one thing it can answer is a new password.
void Script::ask(const std::string& label, Secret secret, Answer answer) {
  const char* present = std::getenv("PLAZA_PASSWORD");
  const char* fresh = std::getenv("PLAZA_NEW_PASSWORD");
  if (secret == Secret::yes && label.starts_with("Your present") && present != nullptr)
    return answer(present);
  if (secret == Secret::yes && fresh != nullptr) return answer(fresh);
  print(Record("error")
            .add("errno", std::uint64_t{0})
            .add("text", secret == Secret::yes ? "a password is needed: PLAZA_PASSWORD, or --password-file"
                                               : "a name is needed")
            .text());
  answer(std::nullopt);
}

void Script::quit(int code) {
  if (!exit_code_) exit_code_ = code;
}

}  // namespace plaza::client::chat
