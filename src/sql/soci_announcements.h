#pragma once
#include "ports/announcements.h"
#include "sql/database.h"

namespace plaza::sql {

/// ports::Announcements in the directory's database.
///
/// Owner    SociDirectory, whose connections it uses.
class SociAnnouncements final : public ports::Announcements {
 public:
  SociAnnouncements(Database& database, const ports::AnnouncementLimits& limits, std::uint8_t region)
      : limits_(limits), region_(region), database_(database) {}

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
  ports::DirectoryResult<void> check_target(Connection& db, const ports::Announcement& wanted) const;
  /// Gives it its number and, for a room, its members; false when the room is gone.
  bool publish(Connection& db, ports::Announcement& due) const;

  // Constant after construction.
  const ports::AnnouncementLimits limits_;
  const std::uint8_t region_;
  // Any thread.
  Database& database_;
};

}  // namespace plaza::sql
