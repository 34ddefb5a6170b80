#include "sql/soci_announcements.h"

#include "sql/soci_directory.h"

namespace plaza::sql {

using ports::Announcement;
using ports::AnnouncementState;
using ports::AnnouncementTarget;
using ports::DirectoryCode;
using ports::DirectoryResult;

namespace {

std::uint64_t u64(long long value) { return static_cast<std::uint64_t>(value); }
int number_of(AnnouncementState state) { return static_cast<int>(state); }

/// `sql` selects the columns of an announcement in the order of the row.
template <class... In>
std::vector<Announcement> read_announcements(Connection& db, const char* sql, const In&... in) {
  std::vector<Announcement> found;
  for (const auto& [id, app, target, zone, room, name, kind, body, created_ms, not_before_ms, until_ms, by,
                    state, number] :
       db.rows<long long, long long, long long, long long, long long, std::string, long long, std::string,
               long long, long long, long long, std::string, long long, long long>(sql, in...)) {
    found.push_back({.id = AnnouncementId{u64(id)},
                     .app = AppId{u64(app)},
                     .target = static_cast<AnnouncementTarget>(target),
                     .zone = ZoneId{u64(zone)},
                     .room = RoomId{u64(room)},
                     .members = nullptr,
                     .name = name,
                     .kind = static_cast<ports::MessageKind>(kind),
                     .body = body,
                     .created_ms = created_ms,
                     .not_before_ms = not_before_ms,
                     .until_ms = until_ms,
                     .by = by,
                     .state = static_cast<AnnouncementState>(state),
                     .number = u64(number)});
  }
  return found;
}

#define PLAZA_COLUMNS                                                                           \
  "SELECT id, app, target, zone, room, name, kind, body, created_ms, not_before_ms, until_ms, " \
  "made_by, state, number FROM announcement "
constexpr const char* kDue = PLAZA_COLUMNS
    "WHERE state = 0 AND not_before_ms <= :now ORDER BY not_before_ms, id LIMIT :limit";
constexpr const char* kCurrent = PLAZA_COLUMNS "WHERE state = 1 AND until_ms > :now ORDER BY number";
constexpr const char* kOne = PLAZA_COLUMNS "WHERE id = :id AND app = :app";
constexpr const char* kPage = PLAZA_COLUMNS "WHERE app = :app AND id > :after ORDER BY id LIMIT :limit";
#undef PLAZA_COLUMNS

bool has_members(const Announcement& a) {
  return a.target == AnnouncementTarget::members || a.target == AnnouncementTarget::room;
}

void read_members(Connection& db, Announcement& of) {
  auto members = std::make_shared<std::vector<MemberId>>();
  for (const auto& [member] : db.rows<long long>(
           "SELECT member FROM announcement_member WHERE announcement = :id ORDER BY member", of.id.value)) {
    members->push_back(MemberId{u64(member)});
  }
  of.members = std::move(members);
}

void write_members(Connection& db, AnnouncementId of, const std::vector<MemberId>& members) {
  for (const MemberId member : members) {
    db.run("INSERT INTO announcement_member (announcement, member) VALUES (:id, :member)", of.value,
           member.value);
  }
}

void end(Connection& db, AnnouncementId id, AnnouncementState state) {
  db.run("UPDATE announcement SET state = :state WHERE id = :id", number_of(state), id.value);
  db.run("DELETE FROM announcement_member WHERE announcement = :id", id.value);
}

}  // namespace

DirectoryResult<void> SociAnnouncements::check_target(Connection& db, const Announcement& wanted) const {
  if (db.rows<long long>("SELECT id FROM app WHERE id = :app", wanted.app.value).empty())
    return not_found("app");
  if (wanted.target == AnnouncementTarget::app) return {};
  if (db.rows<long long>("SELECT id FROM zone WHERE id = :zone AND app = :app", wanted.zone.value,
                         wanted.app.value)
          .empty()) {
    return not_found("zone");
  }
  if (wanted.target == AnnouncementTarget::room &&
      db.rows<long long>("SELECT id FROM room WHERE id = :room AND zone = :zone AND dissolved = 0",
                         wanted.room.value, wanted.zone.value)
          .empty()) {
    return not_found("room");
  }
  if (wanted.target != AnnouncementTarget::members) return {};
  if (!wanted.members || wanted.members->empty()) return not_found("member");
  if (wanted.members->size() > limits_.members_max) return at_limit("members_max", limits_.members_max);
  for (const MemberId member : *wanted.members) {
    if (!member_exists(db, wanted.zone, member))
      return refuse(DirectoryCode::not_found, "member " + std::to_string(member.value));
  }
  return {};
}

DirectoryResult<Announcement> SociAnnouncements::add(const Announcement& wanted) {
  return database_.write([&](Connection& db) -> DirectoryResult<Announcement> {
    if (const auto good = check_target(db, wanted); !good) return fail(good.error());
    if (db.value<long long>("SELECT COUNT(*) FROM announcement WHERE app = :app AND state IN (0, 1)",
                            wanted.app.value) >= limits_.open_per_app_max) {
      return at_limit("open_per_app_max", limits_.open_per_app_max);
    }
    Announcement made = wanted;
    made.id = AnnouncementId{next_id(db, region_, "announcement")};
    made.state = AnnouncementState::scheduled;
    made.number = 0;
    if (made.target != AnnouncementTarget::members) made.members = nullptr;
    db.run(
        "INSERT INTO announcement (id, app, target, zone, room, name, kind, body, created_ms, not_before_ms, "
        "until_ms, made_by, state, number) VALUES (:id, :app, :t, :z, :r, :n, :k, :b, :c, :nb, :u, :by, 0, "
        "0)",
        made.id.value, made.app.value, static_cast<int>(made.target), made.zone.value, made.room.value,
        made.name, static_cast<int>(made.kind), made.body, made.created_ms, made.not_before_ms, made.until_ms,
        made.by);
    if (made.members) write_members(db, made.id, *made.members);
    return made;
  });
}

bool SociAnnouncements::publish(Connection& db, Announcement& due) const {
  if (due.target == AnnouncementTarget::room) {
    std::vector<MemberId> members;
    for (const auto& [member] :
         db.rows<long long>("SELECT m.member FROM room_member m JOIN room r ON r.id = m.room"
                            " WHERE r.id = :room AND r.zone = :zone AND r.dissolved = 0 ORDER BY m.member",
                            due.room.value, due.zone.value)) {
      members.push_back(MemberId{u64(member)});
    }
    if (members.empty()) return false;
    write_members(db, due.id, members);
  }
  due.number = next_id(db, region_, "announcement_nr");
  due.state = AnnouncementState::current;
  db.run("UPDATE announcement SET state = 1, number = :number WHERE id = :id", due.number, due.id.value);
  if (has_members(due)) read_members(db, due);
  return true;
}

DirectoryResult<std::vector<Announcement>> SociAnnouncements::publish_due(std::int64_t now_ms,
                                                                          std::uint32_t limit) {
  return database_.write([&](Connection& db) -> DirectoryResult<std::vector<Announcement>> {
    std::vector<Announcement> published;
    for (Announcement& due : read_announcements(db, kDue, now_ms, limit)) {
      if (due.until_ms > now_ms && publish(db, due)) {
        published.push_back(std::move(due));
      } else {
        end(db, due.id, AnnouncementState::over);
      }
    }
    return published;
  });
}

DirectoryResult<std::optional<std::int64_t>> SociAnnouncements::next_due() {
  return database_.read([&](Connection& db) -> DirectoryResult<std::optional<std::int64_t>> {
    const auto first = db.rows<long long>(
        "SELECT not_before_ms FROM announcement WHERE state = 0 ORDER BY not_before_ms LIMIT 1");
    if (first.empty()) return std::nullopt;
    return std::get<0>(first.front());
  });
}

DirectoryResult<std::vector<Announcement>> SociAnnouncements::current(std::int64_t now_ms) {
  return database_.read_together([&](Connection& db) -> DirectoryResult<std::vector<Announcement>> {
    auto found = read_announcements(db, kCurrent, now_ms);
    for (Announcement& announcement : found) {
      if (has_members(announcement)) read_members(db, announcement);
    }
    return found;
  });
}

DirectoryResult<std::uint32_t> SociAnnouncements::end_due(std::int64_t now_ms, std::uint32_t limit) {
  return database_.write([&](Connection& db) -> DirectoryResult<std::uint32_t> {
    const auto due = db.rows<long long>(
        "SELECT id FROM announcement WHERE state IN (0, 1) AND until_ms <= :now ORDER BY until_ms LIMIT "
        ":limit",
        now_ms, limit);
    for (const auto& [id] : due) end(db, AnnouncementId{u64(id)}, AnnouncementState::over);
    return static_cast<std::uint32_t>(due.size());
  });
}

DirectoryResult<Announcement> SociAnnouncements::withdraw(AppId app, AnnouncementId id) {
  return database_.write([&](Connection& db) -> DirectoryResult<Announcement> {
    auto found = read_announcements(db, kOne, id.value, app.value);
    if (found.empty()) return not_found("announcement");
    Announcement& announcement = found.front();
    if (announcement.state == AnnouncementState::over || announcement.state == AnnouncementState::withdrawn)
      return refuse(DirectoryCode::conflict, "over already");
    end(db, id, AnnouncementState::withdrawn);
    announcement.state = AnnouncementState::withdrawn;
    return std::move(announcement);
  });
}

DirectoryResult<std::vector<Announcement>> SociAnnouncements::list(AppId app, AnnouncementId after,
                                                                   std::uint32_t limit) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<Announcement>> {
    return read_announcements(db, kPage, app.value, after.value, limit);
  });
}

DirectoryResult<std::uint32_t> SociAnnouncements::forget(std::int64_t ended_before_ms, std::uint32_t limit) {
  return database_.write([&](Connection& db) -> DirectoryResult<std::uint32_t> {
    const auto old = db.rows<long long>(
        "SELECT id FROM announcement WHERE state IN (2, 3) AND until_ms < :before ORDER BY until_ms LIMIT "
        ":limit",
        ended_before_ms, limit);
    for (const auto& [id] : old) db.run("DELETE FROM announcement WHERE id = :id", id);
    return static_cast<std::uint32_t>(old.size());
  });
}

}  // namespace plaza::sql
