#include "bench/progress.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cstdio>

namespace plaza::bench {

namespace {
constexpr std::int64_t kSecond = 1'000'000'000;
}

Progress::Progress() : terminal_(::isatty(2) == 1) {}

void Progress::step(const std::string& text) {
  done();
  fmt::print(stderr, "{}\n", text);
  next_ = 0;
}

void Progress::tick(std::int64_t now_ns, const std::string& text) {
  const bool first = next_ == 0;
  next_ = now_ns + (terminal_ ? kSecond : 5 * kSecond);
  if (first) return;  // nothing to tell at the very beginning
  fmt::print(stderr, "{}  {}{}", terminal_ ? "\r\x1b[K" : "", text, terminal_ ? "" : "\n");
  std::fflush(stderr);
  line_open_ = terminal_;
}

void Progress::done() {
  if (line_open_) fmt::print(stderr, "\n");
  line_open_ = false;
}

}  // namespace plaza::bench
