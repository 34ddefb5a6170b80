#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"
#include "ports/directory_result.h"
#include "ports/message.h"

namespace plaza::ports {

/// What is being deleted: a zone, or (without one) an app that has no zones any more.
struct Doomed {
  AppId app;
  ZoneId zone;

  bool operator==(const Doomed&) const = default;
};

/// A part of what is in a zone.
struct ZonePiece {
  std::vector<RoomId> rooms;
  std::vector<ChannelId> channels;
  std::vector<MemberId> members;

  [[nodiscard]] bool empty() const { return rooms.empty() && channels.empty() && members.empty(); }
};

/// The rows of apps and zones that are being deleted (Apps::delete_app, delete_zone), for the job that removes them.
///
///   next() -> (piece() -> whatever else there is of these -> drop())* -> drop_rest()
///
/// Contract  As Directory: each method one transaction. Nothing is remembered but the rows themselves: a piece is given again until it
///           is dropped, so that the job can end anywhere and go on. What is not being deleted is not touched, whatever is asked.
/// Thread    Blocks. Any thread but a shard's; thread-safe.
class Erasures {
 public:
  virtual ~Erasures() = default;

  /// Zones first, by id. Nothing: there is nothing to do.
  virtual DirectoryResult<std::optional<Doomed>> next() = 0;
  /// Up to `limit` rooms; without rooms, channels; without these, members. Dissolved rooms as well. Empty: there are none.
  virtual DirectoryResult<ZonePiece> piece(ZoneId zone, std::uint32_t limit) = 0;
  /// Removes these with all that hangs on them, about rows_max rows: true when there is more, then it is called again. With its last
  /// member goes an account.
  virtual DirectoryResult<bool> drop(ZoneId zone, const ZonePiece& piece, std::uint32_t rows_max) = 0;
  /// What a zone without rooms, channels and members still has, or an app without zones, about rows_max rows; then the zone, or the app,
  /// itself, which makes its name free. True when there is more. Of the audit log nothing goes, and of an app's events those of a
  /// deleted zone become gaps, so that their numbers stay without holes.
  virtual DirectoryResult<bool> drop_rest(const Doomed& what, std::uint32_t rows_max) = 0;
};

}  // namespace plaza::ports
