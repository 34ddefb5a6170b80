#pragma once
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "moderation/result.h"
#include "ports/announcements.h"

namespace plaza::moderation {

/// What an announcement may be; each is a setting.
struct AnnouncementBounds {
  std::size_t body_bytes_max = 4096;
  std::int64_t keep_ms_max = 90LL * 24 * 3600 * 1000;  ///< from when it becomes current until its end
};

/// Whether it may be made now: a name, a body of its kind within the bound, an end in the future and behind its beginning.
[[nodiscard]] Outcome<void> check_announcement(const ports::Announcement& wanted,
                                               const AnnouncementBounds& bounds, std::int64_t now_ms);

/// Whether it is for this member.
[[nodiscard]] bool is_for(const ports::Announcement& announcement, MemberId member, const ports::Zone& zone);

/// The server's device under which this member gets the announcement of this number: a send of its own for each showing, so
/// that the store itself refuses to do it twice. At most 25 bytes.
[[nodiscard]] std::string showing_device(std::uint64_t number, MemberId member);
/// The number in such a name; 0 for any other.
[[nodiscard]] std::uint64_t number_of_showing(std::string_view device);

using SharedAnnouncement = std::shared_ptr<const ports::Announcement>;

/// The announcements that are current, as a shard knows them.
///
/// Thread  One shard's. The announcements are shared by all of them.
/// Limit   What the store allows to be open (announcement.app_open_max, for each app).
class AnnouncementBoard {
 public:
  /// Adds those that are not there yet.
  void add(const std::vector<SharedAnnouncement>& announcements);
  void remove(AnnouncementId id);
  /// Removes those whose end has come.
  void end_due(std::int64_t now_ms);
  /// The first that is for the member with a number larger than `after`; null when there is none.
  [[nodiscard]] SharedAnnouncement next_for(MemberId member, const ports::Zone& zone, std::uint64_t after,
                                            std::int64_t now_ms) const;
  [[nodiscard]] bool empty() const { return current_.empty(); }
  [[nodiscard]] std::size_t size() const { return current_.size(); }

 private:
  std::vector<SharedAnnouncement> current_;  ///< by number
};

}  // namespace plaza::moderation
