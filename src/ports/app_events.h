#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "ports/directory.h"

namespace plaza::ports {

/// What an app's servers can be told of. Stored as numbers: append only.
enum class AppEventKind : std::uint8_t {
  gap = 0,             ///< events are missing here; the body says which and why
  member_online = 1,   ///< best effort
  member_offline = 2,  ///< best effort
  room_message = 3,    ///< in a room that the app watches
  room_change = 4,     ///< of a room that the app watches
  report = 5,          ///< a member, or the word filter, has reported a message
};
/// Their stable names, in the order of the enum.
inline constexpr std::array<std::string_view, 6> kAppEventNames{
    "gap", "member.online", "member.offline", "room.message", "room.changed", "report.made"};

/// A set of kinds. `gap` is always wanted.
struct AppEventKinds {
  std::uint32_t bits = 0;

  void add(AppEventKind kind) { bits |= bit(kind); }
  [[nodiscard]] bool has(AppEventKind kind) const {
    return kind == AppEventKind::gap ? bits != 0 : (bits & bit(kind)) != 0;
  }
  bool operator==(const AppEventKinds&) const = default;

 private:
  static std::uint32_t bit(AppEventKind kind) { return std::uint32_t{1} << static_cast<unsigned>(kind); }
};

/// Something that happened, for the servers of one app.
struct AppEvent {
  std::uint64_t seq = 0;  ///< 1, 2, 3... in the app; given by the log
  std::int64_t time_ms = 0;
  AppEventKind kind = AppEventKind::gap;
  std::string zone;  ///< its name as it was then; empty: the whole app
  std::string body;  ///< a JSON object

  bool operator==(const AppEvent&) const = default;
};

/// Where events of an app are read from, and how far they are in its log: a watched room's stream, or (room 0) a zone's reports.
struct EventSource {
  AppId app;
  ZoneId zone;
  RoomId room;
  std::uint32_t epoch = 0;     ///< of the room's stream; 0: not read yet
  std::uint64_t position = 0;  ///< cseq in the room, or id of the report

  bool operator==(const EventSource&) const = default;
};

/// Events that go into the log together, with how far their source has been read then.
struct EventBatch {
  AppId app;
  std::vector<AppEvent> events;
  std::optional<EventSource> from, to;  ///< both or none; the same source before and after
};

/// What an app's log is.
struct EventLogState {
  AppId app;
  AppEventKinds kinds;        ///< that the app wants
  std::uint64_t head = 0;     ///< seq of the newest event
  std::uint64_t trimmed = 0;  ///< events with seq <= trimmed are gone

  bool operator==(const EventLogState&) const = default;
};

struct EventPage {
  EventLogState state;
  std::vector<AppEvent> events;  ///< gapless; behind state.trimmed when that is past what was asked for
};

/// The events of each app, numbered, and from where they are read.
///
/// Contract  Each method is one transaction. append() takes each batch as a whole: it gives the events the next numbers of their app
///           and sets the source to `to`, but only when the source is stored and is at `from`; otherwise the batch is left out. So
///           who does not know whether a batch was stored appends it again, and one that is read from an older position is
///           not stored twice. Kinds that the app does not want are left out, and the source moves all the same.
///           Lists are ascending. Numbers are never given twice, whatever is trimmed.
/// Thread    Blocks. Any thread but a shard's; thread-safe.
class AppEvents {
 public:
  virtual ~AppEvents() = default;

  /// All zero for an app that has never asked for events.
  virtual DirectoryResult<EventLogState> log(AppId app) = 0;
  virtual DirectoryResult<EventLogState> subscribe(AppId app, AppEventKinds kinds) = 0;
  /// Of all apps that have one.
  virtual DirectoryResult<std::vector<EventLogState>> logs() = 0;

  /// Stores the source unless it is there; gives it as it is stored. limit when the app has rooms_max rooms and this is one more.
  virtual DirectoryResult<EventSource> watch(const EventSource& wanted, std::uint32_t rooms_max) = 0;
  /// Whether it was there.
  virtual DirectoryResult<bool> unwatch(AppId app, ZoneId zone, RoomId room) = 0;
  /// Of every app, by (app, zone, room), behind `after`.
  virtual DirectoryResult<std::vector<EventSource>> sources(const EventSource& after,
                                                            std::uint32_t limit) = 0;
  /// The rooms of one zone that are watched, with room > after.
  virtual DirectoryResult<std::vector<EventSource>> watched(AppId app, ZoneId zone, RoomId after,
                                                            std::uint32_t limit) = 0;

  virtual DirectoryResult<void> append(const std::vector<EventBatch>& batches) = 0;
  /// Those with seq > after, at most `limit` and about bytes_max of bodies; one is always given.
  virtual DirectoryResult<EventPage> read(AppId app, std::uint64_t after, std::uint32_t limit,
                                          std::size_t bytes_max) = 0;
  /// Removes the oldest that happened before before_ms or are more than kept_max; at most `limit`. Gives how many.
  virtual DirectoryResult<std::uint32_t> trim(AppId app, std::int64_t before_ms, std::uint64_t kept_max,
                                              std::uint32_t limit) = 0;
};

/// What the domain tells of while it happens. Each is a hint: what can be read again is read again.
///
/// Thread    Any, shards and the store's included: nothing here blocks but for a short lock.
class AppEventHints {
 public:
  virtual ~AppEventHints() = default;
  virtual void presence(const Zone& zone, MemberId member, const std::string& nickname, bool online) = 0;
  [[nodiscard]] virtual bool watches_rooms() const = 0;
  /// Its stream has a further message. Only while watches_rooms().
  virtual void room_grew(RoomId room) = 0;
  virtual void reported(ZoneId zone) = 0;
};

}  // namespace plaza::ports
