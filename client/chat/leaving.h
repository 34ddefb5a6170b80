#pragma once
#include <cstddef>
#include <utility>

namespace plaza::client::chat {

/// When the wish to leave is carried out: at once when nothing is lost by it, otherwise when everything is out or when it is
/// said again.
///
/// Thread   One (the terminal's).
class Leaving {
 public:
  /// The person wants to leave. False: first they must hear that so many messages are not sent.
  [[nodiscard]] bool asked(std::size_t unsent) { return std::exchange(asked_, true) || unsent == 0; }
  /// They do something else instead.
  void stays() { asked_ = false; }
  /// They asked, and what they were told about is out.
  [[nodiscard]] bool due(std::size_t unsent) const { return asked_ && unsent == 0; }

 private:
  bool asked_ = false;
};

}  // namespace plaza::client::chat
