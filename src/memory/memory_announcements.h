#pragma once
#include <map>
#include <mutex>

#include "memory/memory_directory.h"
#include "ports/announcements.h"

namespace plaza::memory {

/// The twin of ports::Announcements in plain maps. It forgets everything when it goes.
///
/// Thread   Any thread; one lock around every method.
/// Limit    AnnouncementLimits, as the SQL one. Apps, zones, rooms and members are those of the directory it is given, which
///          outlives it.
class MemoryAnnouncements final : public ports::Announcements {
 public:
  explicit MemoryAnnouncements(MemoryDirectory& directory, ports::AnnouncementLimits limits = {},
                               std::uint8_t region = 0)
      : limits_(limits), region_(region), directory_(directory) {}

  /// A fault: while true every method gives `unavailable` and changes nothing.
  void set_unavailable(bool unavailable);

  ports::DirectoryResult<ports::Announcement> add(const ports::Announcement& wanted) override;
  ports::DirectoryResult<std::vector<ports::Announcement>> publish_due(std::int64_t now_ms,
                                                                       std::uint32_t limit) override;
  ports::DirectoryResult<std::optional<std::int64_t>> next_due() override;
  ports::DirectoryResult<std::vector<ports::Announcement>> current(std::int64_t now_ms) override;
  ports::DirectoryResult<std::uint32_t> end_due(std::int64_t now_ms, std::uint32_t limit) override;
  ports::DirectoryResult<ports::Announcement> withdraw(AppId app, AnnouncementId id) override;
  ports::DirectoryResult<std::vector<ports::Announcement>> list(AppId app, AnnouncementId after,
                                                                std::uint32_t limit) override;
  ports::DirectoryResult<std::uint32_t> forget(std::int64_t ended_before_ms, std::uint32_t limit) override;

 private:
  /// Locks, and runs `work` unless it is switched off.
  template <class Work>
  auto guarded(Work work) -> decltype(work());
  ports::DirectoryResult<void> check_target(const ports::Announcement& wanted);
  bool publish_locked(ports::Announcement& due);

  // Constant after construction.
  const ports::AnnouncementLimits limits_;
  const std::uint8_t region_;
  MemoryDirectory& directory_;
  // Guarded by mutex_.
  std::mutex mutex_;
  bool unavailable_ = false;
  std::uint64_t last_ = 0, last_number_ = 0;
  std::map<AnnouncementId, ports::Announcement> announcements_;
};

}  // namespace plaza::memory
