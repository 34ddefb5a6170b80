#pragma once
#include <cstdint>
#include <optional>
#include <string>

#include "base/ids.h"
#include "ports/directory.h"

namespace plaza::ports {

/// A call that may be repeated: who asked what, under which key.
struct RepeatableCall {
  AppId app;
  std::string key;           ///< 1..64 bytes, chosen by the caller
  std::string operation;     ///< its stable name
  std::string request_hash;  ///< of everything that was asked
  std::string run;           ///< which run of the program asks: a claim of an earlier one was cut short
};

/// What is known of an earlier call with the same key.
struct EarlierCall {
  enum class State : std::uint8_t {
    running,  ///< by this run of the program, not finished yet
    done,     ///< `answer` is what it was answered
    other,    ///< the key was used for another operation or request
  };
  State state = State::running;
  std::string answer;
};

/// Remembers calls by (app, key), so that one that is repeated is answered as the first time instead of done twice.
///
/// Contract  claim() gives nothing when the caller shall do it: because the key is new, or because the claim is one of an earlier
///           run that never finished it (the program died meanwhile). Of two that claim at once one does it. finish() keeps the
///           answer; release() forgets the claim, when nothing was changed. Both do nothing for a claim that is not there.
/// Thread    Blocks. Any thread but a shard's; thread-safe.
class Idempotency {
 public:
  virtual ~Idempotency() = default;
  virtual DirectoryResult<std::optional<EarlierCall>> claim(const RepeatableCall& call,
                                                            std::int64_t now_ms) = 0;
  virtual DirectoryResult<void> finish(AppId app, const std::string& key, const std::string& answer) = 0;
  virtual DirectoryResult<void> release(AppId app, const std::string& key) = 0;
  /// Forgets those claimed before `before_ms`, at most `limit`; gives how many.
  virtual DirectoryResult<std::uint32_t> forget_old(std::int64_t before_ms, std::uint32_t limit) = 0;
};

}  // namespace plaza::ports
