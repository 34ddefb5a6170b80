#include "memory/memory_moderation.h"

#include <algorithm>

namespace plaza::memory {

using ports::DirectoryCode;
using ports::DirectoryError;
using ports::DirectoryResult;
using ports::Report;
using ports::ReportState;
using ports::Sanction;
using ports::SanctionKind;
using ports::WordRule;

namespace {
std::unexpected<DirectoryError> refuse(DirectoryCode code, std::string detail) {
  return fail(DirectoryError{code, std::move(detail)});
}
std::unexpected<DirectoryError> at_limit(const char* name, std::uint32_t limit) {
  return refuse(DirectoryCode::limit, std::string(name) + ' ' + std::to_string(limit));
}
}  // namespace

template <class Work>
auto MemoryModeration::guarded(Work work) -> decltype(work()) {
  const std::lock_guard lock(mutex_);
  if (unavailable_) return refuse(DirectoryCode::unavailable, "switched off");
  return work();
}

DirectoryResult<void> MemoryModeration::check_member(ZoneId zone, MemberId member) {
  const auto found = directory_.member(zone, member);
  if (!found) return fail(found.error());
  return {};
}

void MemoryModeration::set_unavailable(bool unavailable) {
  const std::lock_guard lock(mutex_);
  unavailable_ = unavailable;
}

// Sanctions ----------------------------------------------------------------------------------------------------------

DirectoryResult<void> MemoryModeration::put_sanction(const Sanction& s) {
  return guarded([&]() -> DirectoryResult<void> {
    if (const auto there = check_member(s.zone, s.member); !there) return there;
    const auto at = sanctions_.find({s.member, s.kind});
    const auto of_zone = std::count_if(sanctions_.begin(), sanctions_.end(),
                                       [&](const auto& entry) { return entry.second.zone == s.zone; });
    if (at == sanctions_.end() && of_zone >= static_cast<std::int64_t>(limits_.sanctions_per_zone_max))
      return at_limit("sanctions_per_zone_max", limits_.sanctions_per_zone_max);
    sanctions_[{s.member, s.kind}] = s;
    return {};
  });
}

DirectoryResult<bool> MemoryModeration::lift_sanction(ZoneId zone, MemberId member, SanctionKind kind,
                                                      std::int64_t now_ms) {
  return guarded([&]() -> DirectoryResult<bool> {
    if (const auto there = check_member(zone, member); !there) return fail(there.error());
    const auto node = sanctions_.extract({member, kind});
    return !node.empty() && node.mapped().in_force(now_ms);
  });
}

DirectoryResult<std::vector<Sanction>> MemoryModeration::sanctions_of(ZoneId zone, MemberId member,
                                                                      std::int64_t now_ms) {
  return guarded([&]() -> DirectoryResult<std::vector<Sanction>> {
    if (const auto there = check_member(zone, member); !there) return fail(there.error());
    std::vector<Sanction> found;
    for (const SanctionKind kind : {SanctionKind::mute, SanctionKind::ban}) {
      const auto at = sanctions_.find({member, kind});
      if (at != sanctions_.end() && at->second.in_force(now_ms)) found.push_back(at->second);
    }
    return found;
  });
}

DirectoryResult<std::vector<Sanction>> MemoryModeration::sanctions(ZoneId zone, ports::SanctionKey after,
                                                                   std::int64_t now_ms, std::uint32_t limit) {
  return guarded([&]() -> DirectoryResult<std::vector<Sanction>> {
    std::vector<Sanction> page;
    for (auto at = sanctions_.upper_bound({after.member, after.kind});
         at != sanctions_.end() && page.size() < limit; ++at) {
      if (at->second.in_force(now_ms) && (!zone || at->second.zone == zone)) page.push_back(at->second);
    }
    return page;
  });
}

DirectoryResult<std::uint32_t> MemoryModeration::expire_sanctions(std::int64_t now_ms, std::uint32_t limit) {
  return guarded([&]() -> DirectoryResult<std::uint32_t> {
    std::uint32_t removed = 0;
    for (auto at = sanctions_.begin(); at != sanctions_.end() && removed < limit;) {
      const bool over = !at->second.in_force(now_ms);
      at = over ? sanctions_.erase(at) : std::next(at);
      removed += over ? 1 : 0;
    }
    return removed;
  });
}

// Reports ------------------------------------------------------------------------------------------------------------

DirectoryResult<ports::ReportMade> MemoryModeration::put_report(const Report& wanted) {
  return guarded([&]() -> DirectoryResult<ports::ReportMade> {
    if (wanted.reporter) {
      if (const auto there = check_member(wanted.zone, wanted.reporter); !there) return fail(there.error());
    }
    const auto before = report_of_.find({wanted.message, wanted.reporter});
    if (before != report_of_.end()) return ports::ReportMade{.id = before->second, .stored = false};
    const auto open = std::count_if(reports_.begin(), reports_.end(), [&](const auto& entry) {
      return entry.second.zone == wanted.zone && entry.second.state == ReportState::open;
    });
    if (open >= static_cast<std::int64_t>(limits_.reports_open_per_zone_max))
      return at_limit("reports_open_per_zone_max", limits_.reports_open_per_zone_max);
    Report report = wanted;
    report.id = ReportId{make_id(region_, ++last_report_)};
    report.state = ReportState::open;
    report.closed_by = report.resolution = {};
    report.closed_ms = 0;
    report_of_[{report.message, report.reporter}] = report.id;
    reports_[report.id] = report;
    return ports::ReportMade{.id = report.id, .stored = true};
  });
}

DirectoryResult<std::vector<Report>> MemoryModeration::reports(ZoneId zone, std::optional<ReportState> state,
                                                               ReportId after, std::uint32_t limit) {
  return guarded([&]() -> DirectoryResult<std::vector<Report>> {
    std::vector<Report> page;
    for (auto at = reports_.upper_bound(after); at != reports_.end() && page.size() < limit; ++at) {
      if (at->second.zone == zone && (!state || at->second.state == *state)) page.push_back(at->second);
    }
    return page;
  });
}

DirectoryResult<Report> MemoryModeration::report(ZoneId zone, ReportId id) {
  return guarded([&]() -> DirectoryResult<Report> {
    const auto at = reports_.find(id);
    if (at == reports_.end() || at->second.zone != zone) return refuse(DirectoryCode::not_found, "report");
    return at->second;
  });
}

DirectoryResult<Report> MemoryModeration::close_report(ZoneId zone, ReportId id, const std::string& by,
                                                       const std::string& resolution, std::int64_t now_ms) {
  return guarded([&]() -> DirectoryResult<Report> {
    const auto at = reports_.find(id);
    if (at == reports_.end() || at->second.zone != zone) return refuse(DirectoryCode::not_found, "report");
    Report& report = at->second;
    if (report.state == ReportState::closed) return refuse(DirectoryCode::conflict, "closed already");
    report.state = ReportState::closed;
    report.closed_by = by;
    report.resolution = resolution;
    report.closed_ms = now_ms;
    return report;
  });
}

// Words --------------------------------------------------------------------------------------------------------------

DirectoryResult<WordRule> MemoryModeration::put_word(ZoneId zone, const WordRule& rule) {
  return guarded([&]() -> DirectoryResult<WordRule> {
    if (const auto there = directory_.zone(zone); !there) return fail(there.error());
    std::uint32_t of_zone = 0;
    for (auto& [key, known] : words_) {
      if (key.first != zone) continue;
      ++of_zone;
      if (known.text != rule.text || known.match != rule.match) continue;
      known.action = rule.action;
      return known;
    }
    if (of_zone >= limits_.word_rules_per_zone_max)
      return at_limit("word_rules_per_zone_max", limits_.word_rules_per_zone_max);
    WordRule stored = rule;
    stored.id = WordRuleId{make_id(region_, ++last_word_)};
    words_[{zone, stored.id}] = stored;
    return stored;
  });
}

DirectoryResult<void> MemoryModeration::remove_word(ZoneId zone, WordRuleId id) {
  return guarded([&]() -> DirectoryResult<void> {
    if (words_.erase({zone, id}) == 0) return refuse(DirectoryCode::not_found, "word");
    return {};
  });
}

DirectoryResult<std::vector<WordRule>> MemoryModeration::words(ZoneId zone) {
  return guarded([&]() -> DirectoryResult<std::vector<WordRule>> {
    std::vector<WordRule> found;
    for (auto at = words_.lower_bound({zone, {}}); at != words_.end() && at->first.first == zone; ++at)
      found.push_back(at->second);
    return found;
  });
}

DirectoryResult<std::vector<ZoneId>> MemoryModeration::zones_with_words() {
  return guarded([&]() -> DirectoryResult<std::vector<ZoneId>> {
    std::vector<ZoneId> zones;
    for (const auto& [key, rule] : words_) {
      if (zones.empty() || zones.back() != key.first) zones.push_back(key.first);
    }
    return zones;
  });
}

}  // namespace plaza::memory
