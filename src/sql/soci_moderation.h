#pragma once
#include "ports/moderation.h"
#include "sql/database.h"

namespace plaza::sql {

/// ports::Moderation in the directory's database. One file per kind of thing: soci_sanctions.cpp, soci_reports.cpp,
/// soci_words.cpp.
///
/// Owner    SociDirectory, whose connections it uses.
class SociModeration final : public ports::Moderation {
 public:
  SociModeration(Database& database, const ports::ModerationLimits& limits, std::uint8_t region)
      : limits_(limits), region_(region), database_(database) {}

  ports::DirectoryResult<void> put_sanction(const ports::Sanction& sanction) override;
  ports::DirectoryResult<bool> lift_sanction(ZoneId zone, MemberId member, ports::SanctionKind kind,
                                             std::int64_t now_ms) override;
  ports::DirectoryResult<std::vector<ports::Sanction>> sanctions_of(ZoneId zone, MemberId member,
                                                                    std::int64_t now_ms) override;
  ports::DirectoryResult<std::vector<ports::Sanction>> sanctions(ZoneId zone, ports::SanctionKey after,
                                                                 std::int64_t now_ms,
                                                                 std::uint32_t limit) override;
  ports::DirectoryResult<std::uint32_t> expire_sanctions(std::int64_t now_ms, std::uint32_t limit) override;

  ports::DirectoryResult<ports::ReportMade> put_report(const ports::Report& report) override;
  ports::DirectoryResult<std::vector<ports::Report>> reports(ZoneId zone,
                                                             std::optional<ports::ReportState> state,
                                                             ReportId after, std::uint32_t limit) override;
  ports::DirectoryResult<ports::Report> report(ZoneId zone, ReportId id) override;
  ports::DirectoryResult<ports::Report> close_report(ZoneId zone, ReportId id, const std::string& by,
                                                     const std::string& resolution,
                                                     std::int64_t now_ms) override;

  ports::DirectoryResult<ports::WordRule> put_word(ZoneId zone, const ports::WordRule& rule) override;
  ports::DirectoryResult<void> remove_word(ZoneId zone, WordRuleId id) override;
  ports::DirectoryResult<std::vector<ports::WordRule>> words(ZoneId zone) override;
  ports::DirectoryResult<std::vector<ZoneId>> zones_with_words() override;

 private:
  // Constant after construction.
  const ports::ModerationLimits limits_;
  const std::uint8_t region_;
  // Any thread.
  Database& database_;
};

}  // namespace plaza::sql
