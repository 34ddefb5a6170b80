#pragma once
#include <atomic>
#include <condition_variable>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <thread>
#include <unordered_map>
#include <vector>

#include "ports/app_events.h"
#include "ports/apps.h"
#include "ports/clock.h"
#include "ports/moderation.h"
#include "ports/stream_store.h"

namespace plaza::events {

struct FeedOptions {
  std::uint32_t rooms_per_app_max = 1000;
  std::uint32_t presence_waiting_max = 10'000;  ///< events of one app
  std::int64_t kept_ms = 7LL * 24 * 3600 * 1000;
  std::uint64_t kept_max = 100'000;      ///< events of one app
  std::uint32_t rooms_per_round = 64;    ///< so many are read before the others' turn
  std::uint32_t page_entries_max = 200;  ///< of one room in one round
};

struct FeedParts {
  ports::AppEvents& events;
  ports::Apps& apps;
  ports::Moderation& moderation;
  ports::StreamStore& store;
  const ports::Clock& clock;
};

/// Writes what happens into the logs of the apps that want to know.
///
///   watched room: store says "it grew" -> the room is marked -> (the feed's thread) read the stream behind the stored position ->
///                 append the events and the new position in one transaction
///   report:       the same, with the zone's reports instead of a stream
///   presence:     shard -> queue -> append
///
/// Durable  Messages and changes of watched rooms, and reports, are read from where they are stored, behind a position that moves in
///          the transaction which stores the events: each is in the log exactly once, whatever dies when, and a full queue cannot
///          lose any, since there is none. What retention has removed from a
///          stream before it was read is a `gap` event; so is that an older copy of the streams was put back.
/// Lossy    Presence is told as it happens. A start, and what is more than presence_waiting_max, is a `gap` event: ask who is online.
/// Thread   One of its own for the work; hints come from any thread and take a short lock; the rest blocks.
/// Order    Of one room as in the room; of one member's comings and goings as they were; of one zone's reports by id.
class EventFeed final : public ports::AppEventHints {
 public:
  using Appended = std::function<void(AppId)>;

  /// `appended` is called on the feed's thread.
  EventFeed(FeedParts parts, FeedOptions options, Appended appended);
  ~EventFeed() override;

  /// Reads what apps want, before the first client. Then start().
  [[nodiscard]] ports::DirectoryResult<void> load();
  void start();
  void stop();
  /// All that is waiting, a bounded piece; false: it could not be done now. For start()'s thread, and for tests in its place.
  bool round();
  [[nodiscard]] bool has_work();
  /// Removes what is too old or too much.
  void trim();

  void presence(const ports::Zone& zone, MemberId member, const std::string& nickname, bool online) override;
  [[nodiscard]] bool watches_rooms() const override { return watched_.load(std::memory_order_relaxed) != 0; }
  void room_grew(RoomId room) override;
  void reported(ZoneId zone) override;

  // For the apps' servers. In force when they return.
  [[nodiscard]] ports::DirectoryResult<ports::EventLogState> subscribe(AppId app, ports::AppEventKinds kinds);
  /// From now on, or from behind the position `since` of the room.
  [[nodiscard]] ports::DirectoryResult<ports::EventSource> watch(const ports::Zone& zone, RoomId room,
                                                                 std::optional<std::uint64_t> since);
  [[nodiscard]] ports::DirectoryResult<bool> unwatch(const ports::Zone& zone, RoomId room);
  /// A zone has another name, or is new.
  void zones_changed();

 private:
  struct Known {
    AppId app;
    std::string name;
  };
  struct Queue {
    std::vector<ports::AppEvent> events;
    std::uint64_t lost = 0;
  };

  ports::DirectoryResult<void> load_zones();
  ports::DirectoryResult<void> load_zones_of(AppId app, bool reports);
  ports::DirectoryResult<void> compare_with_store(const std::vector<ports::EventSource>& sources);
  void put_source(const ports::EventSource& source);
  bool wants(AppId app, ports::AppEventKind kind) const;
  std::string zone_name(ZoneId zone);

  bool collect();
  bool know_zones();
  std::vector<ports::EventSource> take_grown();
  ports::EventSource* find_source(const ports::EventSource& like);
  bool collect_rooms();
  void add_page(const ports::EventSource& from, ports::Page page);
  bool collect_reports();
  bool collect_reports_of(ZoneId zone);
  void collect_presence();
  void appended();
  void work();

  // Constant after construction.
  const FeedParts parts_;
  const FeedOptions options_;
  const Appended appended_;
  // Any thread (atomic).
  std::atomic<std::uint32_t> watched_{0};
  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable wake_;
  std::unordered_map<AppId, ports::AppEventKinds> kinds_;
  std::unordered_map<ZoneId, Known> zones_;  ///< of apps that want anything
  std::set<ZoneId> foreign_;                 ///< looked for in vain since zones_ was read
  std::unordered_map<RoomId, ports::EventSource> rooms_;
  std::unordered_map<ZoneId, ports::EventSource> reports_;
  std::set<RoomId> grown_;
  std::set<ZoneId> reported_;
  std::map<AppId, Queue> presence_;
  RoomId last_read_;  ///< of the rooms that grew
  bool zones_changed_ = false;
  bool stopping_ = false;
  // The feed's thread only.
  std::vector<ports::EventBatch> batches_;  ///< to be appended, until that is done
  std::thread thread_;
};

}  // namespace plaza::events
