#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "base/ids.h"
#include "base/rate_limit.h"
#include "ports/directory.h"

namespace plaza::ports {

/// Who may publish in a channel. Stored as numbers: append only.
enum class PublishPolicy : std::uint8_t { everyone = 0, servers = 1 };

inline constexpr std::uint32_t kChannelHistoryMax = 10'000;

/// How a channel behaves.
struct ChannelSettings {
  bool persistent = false;  ///< stored as a stream; otherwise in memory only, and at most once
  PublishPolicy publish = PublishPolicy::everyone;
  std::uint32_t history_max = 100;  ///< <= kChannelHistoryMax: so far back can be recovered
  std::int64_t history_age_ms = 0;  ///< and for so long; 0: no limit
  Rate rate;                        ///< of all publishers together; per_s 0: no limit

  bool operator==(const ChannelSettings& other) const {
    return persistent == other.persistent && publish == other.publish && history_max == other.history_max &&
           history_age_ms == other.history_age_ms && rate.per_s == other.rate.per_s &&
           rate.burst == other.rate.burst;
  }
};

struct Channel {
  ChannelId id;
  ZoneId zone;
  std::string name;
  ChannelSettings settings;

  bool operator==(const Channel&) const = default;
};

/// The channels that apps have declared in their zones.
///
/// Contract  Every method is one transaction. A name is unique in its zone and arrives as the rules of channels/ want it. An
///           id is never used again: a channel that is removed and declared again is another one, with another stream.
/// Thread    Blocks. Any thread but a shard's; implementations are thread-safe.
class Channels {
 public:
  virtual ~Channels() = default;
  /// not_found when it is not declared.
  virtual DirectoryResult<Channel> channel(ZoneId zone, const std::string& name) = 0;
  /// Declares it, or gives one that is there other settings. Whether it is persistent cannot be changed (conflict): remove
  /// it first. not_found: no such zone; limit: declared_max, or history_max beyond kChannelHistoryMax.
  virtual DirectoryResult<Channel> put_channel(ZoneId zone, const std::string& name,
                                               const ChannelSettings& settings) = 0;
  /// Gives what was removed; not_found when there was none.
  virtual DirectoryResult<Channel> remove_channel(ZoneId zone, const std::string& name) = 0;
  /// The zone's channels with name > after, by name, at most `limit`. None of a zone that does not exist.
  virtual DirectoryResult<std::vector<Channel>> channels(ZoneId zone, const std::string& after,
                                                         std::uint32_t limit) = 0;
};

}  // namespace plaza::ports
