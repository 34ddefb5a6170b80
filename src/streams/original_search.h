#pragma once
#include <cstdint>

#include "ports/message.h"
#include "streams/states.h"

namespace plaza::streams {

/// What stands at a place of a stream.
struct StreamSend {
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

/// Finds the message of an old send_id among the entries low..high of a stream. A device's send_ids grow with seq
/// in every stream, so after a short way back from the newest entry (retries are mostly recent) it halves what
/// is left; each probe walks down to the device's next own message. `at` gives the StreamSend of a seq; at
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
    StreamSend own;
    for (; seq >= low; --seq) {
      if (looks++ == looks_max) return {.outcome = Searched::gave_up};
      own = at(seq);
      if (own.look == StreamSend::Look::failed) return {.outcome = Searched::failed};
      if (own.look == StreamSend::Look::gone) return {.outcome = Searched::gave_up};
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

/// What became of a send_id that was accepted before.
struct Original {
  enum class Kind : std::uint8_t {
    message,  ///< message_id has it, unless retention removed it; whether it is the same send is for the caller to see
    another,  ///< not to be found, and certainly another message than the one sent now
    unknown,  ///< trimmed, or too far back
    failed,   ///< the storage did not answer
  } kind = Kind::unknown;
  std::uint64_t message_id = 0;
};

/// Where the original of an old send is: in the newest ones of its device, else, if it is the message sent now, in that
/// one's conversation. When all of that is there and the send is not, the original was another message. When not all of it
/// can be looked at, the sender's inbox may still have the original: everything is there but what reached only its
/// conversation.
/// `search` gives the SearchResult of a stream; `whole` whether nothing of a stream is trimmed.
template <class Search, class Whole>
Original find_original(const SenderState& sender, const ports::Message& sent, Search search, Whole whole) {
  using Kind = Original::Kind;
  if (const std::uint64_t id = sender.recent.find(sent.send_id, sender.last_send_id); id != 0)
    return {.kind = Kind::message, .message_id = id};
  if (sent.send_id == sender.last_send_id && sender.last_message != 0)
    return {.kind = Kind::message, .message_id = sender.last_message};

  SearchResult result = search(sent.conversation);
  if (result.outcome == Searched::absent && whole(sent.conversation)) return {.kind = Kind::another};
  const bool in_inbox = result.outcome == Searched::absent || result.outcome == Searched::gave_up;
  if (in_inbox && !sent.from_server()) result = search(ports::StreamId::inbox(sender.member));
  switch (result.outcome) {
    case Searched::found: return {.kind = Kind::message, .message_id = result.message_id};
    case Searched::failed: return {.kind = Kind::failed};
    case Searched::absent:
    case Searched::gave_up: break;
  }
  return {};
}

}  // namespace plaza::streams
