#pragma once
#include <cstdint>

namespace plaza::streams {

/// What stands at a place of a member's inbox.
struct InboxSend {
  std::uint64_t
      send_id = 0;  ///< of the device that is asked about; 0: somebody else's message, or another device's
  std::uint64_t message_id = 0;
  enum class Look : std::uint8_t { seen, gone, failed } look = Look::seen;  ///< failed: the storage
};

enum class Searched : std::uint8_t {
  found,
  absent,
  gave_up,  ///< it would take too many looks, or an entry on the way is gone
  failed,   ///< the storage did not answer: nothing is known, another try may tell
};
struct SearchResult {
  Searched outcome = Searched::absent;
  std::uint64_t message_id = 0;
};

/// Finds the message of an old send_id among the entries low..high of the sender's inbox. A device's send_ids
/// grow with seq, so after a short way back from the newest entry (retries are mostly recent) it halves what
/// is left; each probe walks down to the device's next own message. `at` gives the InboxSend of a seq; at
/// most `looks_max` are asked for.
///
/// Why bounded: it runs on the writer, and whoever sends old send_ids on purpose must not hold up everybody.
template <class At>
SearchResult find_send(std::uint64_t low, std::uint64_t high, std::uint64_t send_id, std::uint32_t looks_max,
                       At at) {
  constexpr std::uint32_t kLooksBack = 128;
  std::uint32_t looks = 0;
  while (low <= high) {
    std::uint64_t seq = looks < kLooksBack ? high : low + (high - low) / 2;
    const std::uint64_t probed = seq;
    InboxSend own;
    for (; seq >= low; --seq) {
      if (looks++ == looks_max) return {.outcome = Searched::gave_up};
      own = at(seq);
      if (own.look == InboxSend::Look::failed) return {.outcome = Searched::failed};
      if (own.look == InboxSend::Look::gone) return {.outcome = Searched::gave_up};
      if (own.send_id != 0) break;
    }
    if (seq < low) {  // nothing of this device in low..probed
      low = probed + 1;
    } else if (own.send_id == send_id) {
      return {.outcome = Searched::found, .message_id = own.message_id};
    } else if (own.send_id > send_id) {
      high = seq - 1;
    } else {
      low = probed + 1;
    }
  }
  return {};
}

}  // namespace plaza::streams
