#include "moderation/announcement_rules.h"

#include <algorithm>
#include <charconv>

#include "moderation/sanction_rules.h"

namespace plaza::moderation {

using ports::Announcement;
using ports::AnnouncementTarget;
using ports::MessageKind;

namespace {
constexpr std::string_view kPrefix = "@a";
constexpr int kBase = 36;
constexpr std::int64_t kTimeMax = static_cast<std::int64_t>(kIdMax);

Outcome<void> check_times(const Announcement& wanted, const AnnouncementBounds& bounds, std::int64_t now_ms) {
  if (wanted.not_before_ms < 0 || wanted.not_before_ms > kTimeMax)
    return invalid("not_before_ms", "0 or a Unix time in ms");
  const std::int64_t begins_ms = std::max(now_ms, wanted.not_before_ms);
  if (wanted.until_ms <= begins_ms) return invalid("until_ms", "a time to come, behind not_before_ms");
  if (wanted.until_ms - begins_ms > bounds.keep_ms_max) {
    return invalid("until_ms",
                   "at most " + std::to_string(bounds.keep_ms_max) + " ms from when it becomes current");
  }
  return {};
}
}  // namespace

Outcome<void> check_announcement(const Announcement& wanted, const AnnouncementBounds& bounds,
                                 std::int64_t now_ms) {
  if (const auto good = check_name("name", wanted.name, ports::kAnnouncementNameBytesMax); !good) return good;
  if (const auto good = check_name("by", wanted.by, 128); !good) return good;
  if (wanted.kind == MessageKind::event) return invalid("kind", "0 text, 1 image, 2 file, 3 custom");
  const char* const body = wanted.kind == MessageKind::text ? "msg" : "body";
  if (wanted.body.empty() || wanted.body.size() > bounds.body_bytes_max)
    return invalid(body, "1 to " + std::to_string(bounds.body_bytes_max) + " bytes");
  if (wanted.target != AnnouncementTarget::app && !wanted.zone) return invalid("zone", "a zone");
  if (wanted.target == AnnouncementTarget::room && !wanted.room) return invalid("groupid", "a group");
  const bool named = wanted.members && !wanted.members->empty();
  if (wanted.target == AnnouncementTarget::members && !named)
    return invalid("members", "at least one member");
  return check_times(wanted, bounds, now_ms);
}

bool is_for(const Announcement& announcement, MemberId member, const ports::Zone& zone) {
  if (announcement.app != zone.app) return false;
  if (announcement.target == AnnouncementTarget::app) return true;
  if (announcement.zone != zone.id) return false;
  if (announcement.target == AnnouncementTarget::zone) return true;
  const auto& members = announcement.members;
  return members && std::binary_search(members->begin(), members->end(), member);
}

std::string showing_device(std::uint64_t number, MemberId member) {
  char text[32];
  char* at = std::copy(kPrefix.begin(), kPrefix.end(), text);
  at = std::to_chars(at, text + sizeof text, number, kBase).ptr;
  *at++ = '.';
  at = std::to_chars(at, text + sizeof text, member.value, kBase).ptr;
  return {text, at};
}

std::uint64_t number_of_showing(std::string_view device) {
  if (!device.starts_with(kPrefix)) return 0;
  const char* const end = device.data() + device.size();
  std::uint64_t number = 0;
  const auto read = std::from_chars(device.data() + kPrefix.size(), end, number, kBase);
  return read.ec == std::errc{} && read.ptr != end && *read.ptr == '.' ? number : 0;
}

void AnnouncementBoard::add(const std::vector<SharedAnnouncement>& announcements) {
  const auto by_number = [](const SharedAnnouncement& x, const SharedAnnouncement& y) {
    return x->number < y->number;
  };
  for (const SharedAnnouncement& one : announcements) {
    const auto at = std::lower_bound(current_.begin(), current_.end(), one, by_number);
    if (at == current_.end() || (*at)->number != one->number) current_.insert(at, one);
  }
}

void AnnouncementBoard::remove(AnnouncementId id) {
  std::erase_if(current_, [id](const SharedAnnouncement& one) { return one->id == id; });
}

void AnnouncementBoard::end_due(std::int64_t now_ms) {
  std::erase_if(current_, [now_ms](const SharedAnnouncement& one) { return one->until_ms <= now_ms; });
}

SharedAnnouncement AnnouncementBoard::next_for(MemberId member, const ports::Zone& zone, std::uint64_t after,
                                               std::int64_t now_ms) const {
  for (const SharedAnnouncement& one : current_) {
    if (one->number > after && one->until_ms > now_ms && is_for(*one, member, zone)) return one;
  }
  return nullptr;
}

}  // namespace plaza::moderation
