#pragma once
#include <cstdint>
#include <string>

namespace plaza::bench {

/// Lines about what is going on, on stderr: one that is overwritten each second on a terminal, else one every five seconds.
/// Thread   One.
class Progress {
 public:
  Progress();

  /// Says that a step begins; always shown.
  void step(const std::string& text);
  /// True when tick() would show something now, so that the text is made only then.
  [[nodiscard]] bool due(std::int64_t now_ns) const { return now_ns >= next_; }
  void tick(std::int64_t now_ns, const std::string& text);
  /// Ends the line that is being overwritten.
  void done();

 private:
  const bool terminal_;
  bool line_open_ = false;
  std::int64_t next_ = 0;
};

}  // namespace plaza::bench
