#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "ports/directory.h"
#include "ports/message.h"

namespace plaza::ports {

/// Whom an announcement is for. Stored as numbers: append only.
enum class AnnouncementTarget : std::uint8_t {
  app = 0,      ///< every member of every zone of the app
  zone = 1,     ///< every member of the zone
  room = 2,     ///< those who are in the room when it becomes current
  members = 3,  ///< those who are named
};

/// Stored as numbers: append only.
enum class AnnouncementState : std::uint8_t {
  scheduled = 0,  ///< its time has not come
  current = 1,    ///< members get it, or will when they enter
  over = 2,       ///< its end has come
  withdrawn = 3,  ///< somebody took it back; who has got it keeps it
};

inline constexpr std::size_t kAnnouncementNameBytesMax = 128;

/// One word from the server to many members.
struct Announcement {
  AnnouncementId id;
  AppId app;
  AnnouncementTarget target = AnnouncementTarget::zone;
  ZoneId zone;  ///< not with target app
  RoomId room;  ///< target room
  /// Those it is for, ascending: with target members, and with target room from when it is current on. Else null.
  std::shared_ptr<const std::vector<MemberId>> members;
  std::string name;  ///< whom it is shown as coming from
  MessageKind kind = MessageKind::text;
  std::string body;
  std::int64_t created_ms = 0;
  std::int64_t not_before_ms = 0;  ///< it becomes current at this time; 0: at once
  std::int64_t until_ms = 0;       ///< who has not got it by then does not get it any more
  std::string by;                  ///< who made it: an operator or a server of the app
  AnnouncementState state = AnnouncementState::scheduled;
  /// Its place in the order in which announcements become current: 1, 2, 3..., never used twice; 0 while it is scheduled.
  /// Fixed before anybody gets it, so that (number, member) names one showing for ever.
  std::uint64_t number = 0;
};

struct AnnouncementLimits {
  std::uint32_t open_per_app_max = 64;  ///< scheduled and current ones
  std::uint32_t members_max = 10'000;   ///< named by one announcement
};

/// The announcements of all apps, from when they are made until they are forgotten.
///
/// Contract  Every method is one transaction. An announcement does not change from when it is added, except for its state,
///           its number and, when it is for a room, its members. What belongs to another app is not_found.
/// Thread    Blocks. Any thread but a shard's; implementations are thread-safe.
class Announcements {
 public:
  virtual ~Announcements() = default;

  /// Stores it as scheduled; id, state and number are set here. not_found names what is not there: the app, the zone, the
  /// room or a member of it. limit: open_per_app_max, members_max.
  virtual DirectoryResult<Announcement> add(const Announcement& wanted) = 0;
  /// Makes those current whose time has come, at most `limit`, by (not_before_ms, id), each with the next number, and gives
  /// them with their members. What has ended before it began is over at once and not among them; so is one for a room that
  /// does not exist any more.
  virtual DirectoryResult<std::vector<Announcement>> publish_due(std::int64_t now_ms,
                                                                 std::uint32_t limit) = 0;
  /// When the first of those that are scheduled becomes current; nothing when there is none.
  virtual DirectoryResult<std::optional<std::int64_t>> next_due() = 0;
  /// All that are current and whose end has not come, by number, with their members.
  virtual DirectoryResult<std::vector<Announcement>> current(std::int64_t now_ms) = 0;
  /// Those whose end has come are over from now on, at most `limit`; gives how many. Whom they were for is forgotten.
  virtual DirectoryResult<std::uint32_t> end_due(std::int64_t now_ms, std::uint32_t limit) = 0;
  /// Takes back one that is scheduled or current; conflict otherwise. Gives it without its members.
  virtual DirectoryResult<Announcement> withdraw(AppId app, AnnouncementId id) = 0;
  /// Those of the app with id > after, by id, without their members.
  virtual DirectoryResult<std::vector<Announcement>> list(AppId app, AnnouncementId after,
                                                          std::uint32_t limit) = 0;
  /// Forgets those that are over or withdrawn and whose end was before this time, at most `limit`; gives how many.
  virtual DirectoryResult<std::uint32_t> forget(std::int64_t ended_before_ms, std::uint32_t limit) = 0;
};

}  // namespace plaza::ports
