#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "ports/directory.h"
#include "ports/message.h"

namespace plaza::ports {

/// What a member may not do in its zone. Stored as numbers: append only.
enum class SanctionKind : std::uint8_t {
  mute = 1,  ///< may not send
  ban = 2,   ///< may not enter
};

inline constexpr std::size_t kReasonBytesMax = 256;
inline constexpr std::size_t kActorBytesMax = 128;

/// One member, muted in or banned from its zone. A member has at most one of each kind.
struct Sanction {
  ZoneId zone;
  MemberId member;
  SanctionKind kind = SanctionKind::mute;
  std::int64_t since_ms = 0;
  std::int64_t until_ms = 0;  ///< it ends at this time; 0: it does not end by itself
  std::string reason;         ///< shown to the member; may be empty
  std::string by;             ///< who decided: an operator or a server of the app

  [[nodiscard]] bool in_force(std::int64_t now_ms) const { return until_ms == 0 || now_ms < until_ms; }
  bool operator==(const Sanction&) const = default;
};

/// Where a page of sanctions goes on.
struct SanctionKey {
  MemberId member;
  SanctionKind kind{};
};

enum class ReportState : std::uint8_t { open = 0, closed = 1 };

/// A message that a member thinks somebody should look at.
struct Report {
  ReportId id;
  ZoneId zone;
  MemberId reporter;  ///< 0: the word filter
  std::int64_t time_ms = 0;
  std::string reason;
  // The message, as it was.
  StreamId conversation;
  std::uint64_t conversation_seq = 0;
  MessageId message;
  MemberId sender;
  std::string sender_name;
  std::int64_t sent_ms = 0;
  MessageKind kind = MessageKind::text;
  std::string body;
  // What became of it.
  ReportState state = ReportState::open;
  std::string closed_by, resolution;
  std::int64_t closed_ms = 0;

  bool operator==(const Report&) const = default;
};

struct ReportMade {
  ReportId id;
  bool stored = false;  ///< false: this reporter has reported this message before; `id` is that report
};

/// How an entry of a zone's word list is read. Stored as numbers: append only.
enum class WordMatch : std::uint8_t {
  anywhere = 0,    ///< the text contains it, whatever stands around it
  whole_word = 1,  ///< it stands there as a word of its own
  pattern = 2,     ///< a regular expression
};
/// What a hit does. Stored as numbers: append only. Of several hits the hardest decides: refuse, mask, report.
enum class WordAction : std::uint8_t { report = 0, mask = 1, refuse = 2 };

inline constexpr std::size_t kWordBytesMax = 256;

struct WordRule {
  WordRuleId id;
  WordMatch match = WordMatch::anywhere;
  WordAction action = WordAction::refuse;
  std::string text;

  bool operator==(const WordRule&) const = default;
};

struct ModerationLimits {
  std::uint32_t sanctions_per_zone_max = 100'000;
  std::uint32_t reports_open_per_zone_max = 100'000;
  std::uint32_t word_rules_per_zone_max = 5'000;
};

/// Who is muted and banned, what was reported, and which words a zone does not want.
///
/// Contract  Every method is one transaction. A member, room or zone that belongs to another zone is not_found. A sanction
///           whose time is over is as if it were not there, whether expire() has removed it or not, but it counts against the
///           limit until then.
/// Thread    Blocks. Any thread but a shard's; implementations are thread-safe.
class Moderation {
 public:
  virtual ~Moderation() = default;

  // Sanctions ----------------------------------------------------------------------------------------------------------
  /// Sets it, in place of one of the same kind. not_found: no such member in the zone.
  virtual DirectoryResult<void> put_sanction(const Sanction& sanction) = 0;
  /// Whether there was one. Not an error when there was none.
  virtual DirectoryResult<bool> lift_sanction(ZoneId zone, MemberId member, SanctionKind kind,
                                              std::int64_t now_ms) = 0;
  /// Those in force, by kind.
  virtual DirectoryResult<std::vector<Sanction>> sanctions_of(ZoneId zone, MemberId member,
                                                              std::int64_t now_ms) = 0;
  /// A page of those in force, by member and kind, behind `after`; of all zones when `zone` is 0.
  virtual DirectoryResult<std::vector<Sanction>> sanctions(ZoneId zone, SanctionKey after,
                                                           std::int64_t now_ms, std::uint32_t limit) = 0;
  /// Removes those that are over, at most `limit`; gives how many.
  virtual DirectoryResult<std::uint32_t> expire_sanctions(std::int64_t now_ms, std::uint32_t limit) = 0;

  // Reports ------------------------------------------------------------------------------------------------------------
  /// Stores it as open, unless the same reporter has reported the same message before. `id` and what became of it are not
  /// looked at.
  virtual DirectoryResult<ReportMade> put_report(const Report& report) = 0;
  /// Those with id > after, by id; of every state when `state` is absent.
  virtual DirectoryResult<std::vector<Report>> reports(ZoneId zone, std::optional<ReportState> state,
                                                       ReportId after, std::uint32_t limit) = 0;
  virtual DirectoryResult<Report> report(ZoneId zone, ReportId id) = 0;
  /// conflict when it is closed already.
  virtual DirectoryResult<Report> close_report(ZoneId zone, ReportId id, const std::string& by,
                                               const std::string& resolution, std::int64_t now_ms) = 0;

  // Words --------------------------------------------------------------------------------------------------------------
  /// Adds it; one with the same text and match gets the new action and keeps its id. The text is taken as it is: whoever
  /// calls has tried that it can be compiled.
  virtual DirectoryResult<WordRule> put_word(ZoneId zone, const WordRule& rule) = 0;
  virtual DirectoryResult<void> remove_word(ZoneId zone, WordRuleId id) = 0;
  /// All of the zone, by id.
  virtual DirectoryResult<std::vector<WordRule>> words(ZoneId zone) = 0;
  /// The zones that have any, ascending.
  virtual DirectoryResult<std::vector<ZoneId>> zones_with_words() = 0;
};

}  // namespace plaza::ports
