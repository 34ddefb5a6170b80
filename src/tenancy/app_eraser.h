#pragma once
#include <functional>
#include <string>

#include "ports/erasures.h"
#include "ports/message_log.h"
#include "ports/search.h"
#include "ports/stream_eraser.h"

namespace plaza::tenancy {

/// Removes the apps and zones that are being deleted, with everything in them, a bounded piece at a time.
///
///   next zone -> (50 rooms, channels or members: streams and messages -> words -> their rows)* -> files -> stray messages
///             -> the rest of the zone and its row          an app without zones -> its rows
///
/// What only a row names goes before the row, so whoever dies anywhere finds the same piece again. Stray messages are those of rooms and
/// channels that were removed before, and whatever was on its way when the zone was closed: the whole log is read for them once.
///
/// Thread   step() on one that may block, one at a time.
/// Owner    app/. What it is given outlives it.
/// Limit    kAtOnce, kRows, kMessages, and a piece of the store's for each step.
class AppEraser {
 public:
  static constexpr std::uint32_t kAtOnce = 50;
  static constexpr std::uint32_t kRows = 1'000;
  static constexpr std::uint32_t kMessages = 500;

  enum class Step : std::uint8_t {
    more,    ///< there is more to do
    idle,    ///< nothing is being deleted
    failed,  ///< see failure(); try again later
  };
  /// True: there is more, call it again. The error is for the log.
  using Piece = Result<bool, std::string>;
  struct Parts {
    ports::Erasures& erasures;
    ports::StreamEraser& streams;
    ports::MessageLog& log;
    /// Words of these conversations; messages that are gone must not come into the index afterwards.
    std::function<Piece(const ports::SearchScope&)> forget_words;
    std::function<Piece(ZoneId)> clear_files;
    std::function<void(const ports::Doomed&)> gone;
  };
  explicit AppEraser(Parts parts) : parts_(std::move(parts)) {}

  [[nodiscard]] Step step();
  [[nodiscard]] const std::string& failure() const { return failure_; }

 private:
  Step failed(std::string why);
  Step zone_step(const ports::Doomed& what);
  Step erase_piece(ZoneId zone, const ports::ZonePiece& piece);
  /// One piece of the store's, then, when it has no more of these, their words.
  Step erase_streams(const ports::Erasure& what);
  Step find_strays(ZoneId zone);
  Step drop_rest(const ports::Doomed& what);

  const Parts parts_;
  // The step's thread.
  std::string failure_;
  ZoneId searched_;  ///< for stray messages, up to `searched_upto_`
  MessageId searched_upto_;
  bool searched_all_ = false;
};

}  // namespace plaza::tenancy
