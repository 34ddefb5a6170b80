#include "sql/soci_directory.h"
#include "sql/soci_moderation.h"

namespace plaza::sql {

using ports::DirectoryCode;
using ports::DirectoryResult;
using ports::Report;
using ports::ReportState;

namespace {

std::uint64_t u64(long long value) { return static_cast<std::uint64_t>(value); }

/// `sql` selects the columns of a report in the order of the row.
template <class... In>
std::vector<Report> read_reports(Connection& db, const char* sql, const In&... in) {
  std::vector<Report> found;
  for (const auto& [id, zone, reporter, time_ms, reason, stream_a, stream_b, seq, message, sender, name,
                    sent_ms, kind, body, state, closed_by, resolution, closed_ms] :
       db.rows<long long, long long, long long, long long, std::string, long long, long long, long long,
               long long, long long, std::string, long long, long long, std::string, long long, std::string,
               std::string, long long>(sql, in...)) {
    found.push_back({.id = ReportId{u64(id)},
                     .zone = ZoneId{u64(zone)},
                     .reporter = MemberId{u64(reporter)},
                     .time_ms = time_ms,
                     .reason = reason,
                     .conversation = {.a = u64(stream_a), .b = u64(stream_b)},
                     .conversation_seq = u64(seq),
                     .message = MessageId{u64(message)},
                     .sender = MemberId{u64(sender)},
                     .sender_name = name,
                     .sent_ms = sent_ms,
                     .kind = static_cast<ports::MessageKind>(kind),
                     .body = body,
                     .state = static_cast<ReportState>(state),
                     .closed_by = closed_by,
                     .resolution = resolution,
                     .closed_ms = closed_ms});
  }
  return found;
}

#define PLAZA_REPORT_COLUMNS                                                                      \
  "SELECT id, zone, reporter, time_ms, reason, stream_a, stream_b, stream_seq, message, sender, " \
  "sender_name, sent_ms, kind, body, state, closed_by, resolution, closed_ms FROM report "
constexpr const char* kPage = PLAZA_REPORT_COLUMNS
    "WHERE zone = :zone AND id > :after ORDER BY id LIMIT :limit";
constexpr const char* kPageInState = PLAZA_REPORT_COLUMNS
    "WHERE zone = :zone AND state = :state AND id > :after ORDER BY id LIMIT :limit";
constexpr const char* kOne = PLAZA_REPORT_COLUMNS "WHERE id = :id AND zone = :zone";
#undef PLAZA_REPORT_COLUMNS

}  // namespace

DirectoryResult<ports::ReportMade> SociModeration::put_report(const Report& r) {
  return database_.write([&](Connection& db) -> DirectoryResult<ports::ReportMade> {
    if (r.reporter && !member_exists(db, r.zone, r.reporter)) return not_found("member");
    const auto before = db.rows<long long>(
        "SELECT id FROM report WHERE message = :message AND reporter = :reporter", r.message.value,
        r.reporter.value);
    if (!before.empty())
      return ports::ReportMade{.id = ReportId{u64(std::get<0>(before.front()))}, .stored = false};
    if (db.value<long long>("SELECT COUNT(*) FROM report WHERE zone = :zone AND state = 0", r.zone.value) >=
        limits_.reports_open_per_zone_max) {
      return at_limit("reports_open_per_zone_max", limits_.reports_open_per_zone_max);
    }
    const ReportId id{next_id(db, region_, "report")};
    const std::string none;
    db.run(
        "INSERT INTO report (id, zone, reporter, time_ms, reason, stream_a, stream_b, stream_seq, message, "
        "sender, sender_name, sent_ms, kind, body, state, closed_by, resolution, closed_ms) VALUES (:id, :z, "
        ":r, :t, :why, :a, :b, :seq, :m, :s, :sn, :sent, :k, :body, 0, :cb, :res, 0)",
        id.value, r.zone.value, r.reporter.value, r.time_ms, r.reason, r.conversation.a, r.conversation.b,
        r.conversation_seq, r.message.value, r.sender.value, r.sender_name, r.sent_ms,
        static_cast<int>(r.kind), r.body, none, none);
    return ports::ReportMade{.id = id, .stored = true};
  });
}

DirectoryResult<std::vector<Report>> SociModeration::reports(ZoneId zone, std::optional<ReportState> state,
                                                             ReportId after, std::uint32_t limit) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<Report>> {
    if (!state) return read_reports(db, kPage, zone.value, after.value, limit);
    return read_reports(db, kPageInState, zone.value, static_cast<int>(*state), after.value, limit);
  });
}

DirectoryResult<Report> SociModeration::report(ZoneId zone, ReportId id) {
  return database_.read([&](Connection& db) -> DirectoryResult<Report> {
    auto found = read_reports(db, kOne, id.value, zone.value);
    if (found.empty()) return not_found("report");
    return std::move(found.front());
  });
}

DirectoryResult<Report> SociModeration::close_report(ZoneId zone, ReportId id, const std::string& by,
                                                     const std::string& resolution, std::int64_t now_ms) {
  return database_.write([&](Connection& db) -> DirectoryResult<Report> {
    auto found = read_reports(db, kOne, id.value, zone.value);
    if (found.empty()) return not_found("report");
    Report& report = found.front();
    if (report.state == ReportState::closed) return refuse(DirectoryCode::conflict, "closed already");
    db.run("UPDATE report SET state = 1, closed_by = :by, resolution = :res, closed_ms = :now WHERE id = :id",
           by, resolution, now_ms, id.value);
    report.state = ReportState::closed;
    report.closed_by = by;
    report.resolution = resolution;
    report.closed_ms = now_ms;
    return std::move(report);
  });
}

}  // namespace plaza::sql
