#pragma once
// Distinct types for ids, so that a room's id cannot be passed as a member's.
#include <compare>
#include <cstdint>
#include <functional>

namespace plaza {

/// A 53-bit id (JSON numbers carry it exactly); 0 means "none". The region is in the top bits, see make_id().
template <class Tag>
struct Id {
  std::uint64_t value = 0;

  constexpr explicit operator bool() const { return value != 0; }
  friend constexpr auto operator<=>(Id, Id) = default;
};

using AccountId = Id<struct AccountTag>;
using AppId = Id<struct AppTag>;
using ZoneId = Id<struct ZoneTag>;
using MemberId = Id<struct MemberTag>;
using RoomId = Id<struct RoomTag>;
using ChannelId = Id<struct ChannelTag>;
using MessageId = Id<struct MessageTag>;
using TokenId = Id<struct TokenTag>;
using ReportId = Id<struct ReportTag>;
using WordRuleId = Id<struct WordRuleTag>;
using AnnouncementId = Id<struct AnnouncementTag>;

inline constexpr int kIdBits = 53;
inline constexpr int kRegionBits = 8;
inline constexpr std::uint64_t kIdMax = (std::uint64_t{1} << kIdBits) - 1;
inline constexpr std::uint64_t kIdCounterMax = (std::uint64_t{1} << (kIdBits - kRegionBits)) - 1;

/// The id with this counter (1..kIdCounterMax) in this region (0..255; one region alone is 0, so its ids are 1, 2, 3...).
constexpr std::uint64_t make_id(std::uint8_t region, std::uint64_t counter) {
  return (std::uint64_t{region} << (kIdBits - kRegionBits)) | counter;
}

/// A well-mixed 64-bit value (the finaliser of SplitMix64, Steele et al. 2014): home shards and hash tables use it.
constexpr std::uint64_t mix64(std::uint64_t x) {
  x += 0x9e3779b97f4a7c15ULL;
  x = (x ^ (x >> 30)) * 0xbf58476d1ce4e5b9ULL;
  x = (x ^ (x >> 27)) * 0x94d049bb133111ebULL;
  return x ^ (x >> 31);
}

/// The shard (0..shards-1) on which everything of this member lives.
constexpr std::uint32_t home_shard(MemberId member, std::uint32_t shards) {
  return static_cast<std::uint32_t>(mix64(member.value) % shards);
}

}  // namespace plaza

template <class Tag>
struct std::hash<plaza::Id<Tag>> {
  std::size_t operator()(plaza::Id<Tag> id) const noexcept { return plaza::mix64(id.value); }
};
