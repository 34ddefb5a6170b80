#pragma once
#include <cstdint>

namespace plaza::streams {

/// What a send_id means, given the last one that was accepted from this device (0 = none).
enum class SendRule : std::uint8_t {
  next,   ///< accept it
  old,    ///< accepted before: answer with the original
  ahead,  ///< refuse it: last + 1 is expected
};

/// Promise 2 in one line each. `wanted` 0 asks for the next one.
constexpr SendRule send_rule(std::uint64_t last_accepted, std::uint64_t wanted) {
  if (wanted == 0 || wanted == last_accepted + 1) return SendRule::next;
  return wanted <= last_accepted ? SendRule::old : SendRule::ahead;
}

}  // namespace plaza::streams
