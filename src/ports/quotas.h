#pragma once
#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace plaza::ports {

/// What an app may have, or do, at most. Stored as numbers: append only.
enum class Quota : std::uint8_t {
  members = 0,        ///< in all its zones
  rooms = 1,          ///< that are not dissolved
  sessions = 2,       ///< at once
  message_rate = 3,   ///< messages and publications a second, of all its members and servers together
  message_burst = 4,  ///< the same, at once after a pause
  stored_bytes = 5,   ///< of its messages (ports::ZoneBytes says how they are counted) and files
};
inline constexpr std::size_t kQuotas = 6;

/// As the settings `app.*` and the parameters of operators are called.
inline constexpr std::array<std::string_view, kQuotas> kQuotaNames{
    "members_max", "rooms_max", "sessions_max", "message_rate_per_s", "message_burst", "stored_bytes_max"};
constexpr std::string_view name_of(Quota quota) { return kQuotaNames[static_cast<std::size_t>(quota)]; }

/// "members_max 100": what a refusal for it says.
inline std::string quota_detail(Quota quota, std::uint64_t amount) {
  return std::string(name_of(quota)) + ' ' + std::to_string(amount);
}

/// A number for each quota; 0: there is no bound.
struct Quotas {
  std::array<std::uint64_t, kQuotas> amounts{};

  [[nodiscard]] constexpr std::uint64_t of(Quota quota) const {
    return amounts[static_cast<std::size_t>(quota)];
  }
  constexpr void set(Quota quota, std::uint64_t amount) { amounts[static_cast<std::size_t>(quota)] = amount; }
  bool operator==(const Quotas&) const = default;
};

/// What an operator has said of one app. Those that are not set are as the settings say, also when these change.
struct OwnQuotas {
  std::array<std::optional<std::uint64_t>, kQuotas> amounts{};

  [[nodiscard]] std::optional<std::uint64_t>& of(Quota quota) {
    return amounts[static_cast<std::size_t>(quota)];
  }
  [[nodiscard]] Quotas over(const Quotas& settings) const {
    Quotas result;
    std::ranges::transform(amounts, settings.amounts, result.amounts.begin(),
                           [](const auto& own, std::uint64_t other) { return own.value_or(other); });
    return result;
  }
  bool operator==(const OwnQuotas&) const = default;
};

/// What the directory counts of an app.
struct AppUsage {
  std::uint64_t members = 0;
  std::uint64_t rooms = 0;

  bool operator==(const AppUsage&) const = default;
};

}  // namespace plaza::ports
