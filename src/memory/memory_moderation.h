#pragma once
#include <map>
#include <mutex>
#include <tuple>
#include <utility>

#include "ports/moderation.h"

namespace plaza::memory {

/// The twin of ports::Moderation in plain maps. It forgets everything when it goes.
///
/// Thread   Any thread; one lock around every method.
/// Limit    ModerationLimits, as the SQL one. Members and zones are those of the directory it is given, which outlives it.
class MemoryModeration final : public ports::Moderation {
 public:
  explicit MemoryModeration(ports::Directory& directory, ports::ModerationLimits limits = {},
                            std::uint8_t region = 0)
      : limits_(limits), region_(region), directory_(directory) {}

  /// A fault: while true every method gives `unavailable` and changes nothing.
  void set_unavailable(bool unavailable);

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
  /// Locks, and runs `work` unless it is switched off.
  template <class Work>
  auto guarded(Work work) -> decltype(work());
  ports::DirectoryResult<void> check_member(ZoneId zone, MemberId member);

  // Constant after construction.
  const ports::ModerationLimits limits_;
  const std::uint8_t region_;
  ports::Directory& directory_;
  // Guarded by mutex_.
  std::mutex mutex_;
  bool unavailable_ = false;
  std::uint64_t last_report_ = 0, last_word_ = 0;
  std::map<std::pair<MemberId, ports::SanctionKind>, ports::Sanction> sanctions_;
  std::map<ReportId, ports::Report> reports_;
  std::map<std::pair<MessageId, MemberId>, ReportId> report_of_;  ///< by message and reporter
  std::map<std::pair<ZoneId, WordRuleId>, ports::WordRule> words_;
};

}  // namespace plaza::memory
