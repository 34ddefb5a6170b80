#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace plaza::channels {

/// A channel as a request names it: the zone is the session's.
struct ChannelRef {
  ZoneId zone;
  std::string_view name;
  friend bool operator==(const ChannelRef&, const ChannelRef&) = default;
};

/// The same with its name's memory.
struct ChannelKey {
  ZoneId zone;
  std::string name;
  ChannelKey(ZoneId zone_in, std::string name_in) : zone(zone_in), name(std::move(name_in)) {}
  explicit ChannelKey(ChannelRef ref) : zone(ref.zone), name(ref.name) {}
  [[nodiscard]] ChannelRef ref() const { return {zone, name}; }
};

/// For maps by ChannelKey that are looked up by ChannelRef.
struct ChannelHash {
  using is_transparent = void;
  std::size_t operator()(ChannelRef ref) const {
    return mix64(std::hash<std::string_view>{}(ref.name) ^ mix64(ref.zone.value));
  }
  std::size_t operator()(const ChannelKey& key) const { return (*this)(key.ref()); }
};
struct ChannelEqual {
  using is_transparent = void;
  static ChannelRef ref(ChannelRef one) { return one; }
  static ChannelRef ref(const ChannelKey& one) { return one.ref(); }
  bool operator()(const auto& one, const auto& other) const { return ref(one) == ref(other); }
};

/// The shard (0..shards-1) that numbers the channel's publications.
inline std::uint32_t home_shard(ChannelRef channel, std::uint32_t shards) {
  return shards == 1 ? 0 : static_cast<std::uint32_t>(ChannelHash{}(channel) % shards);
}

/// The one that every zone has, declared or not.
inline constexpr std::string_view kWorld = "world";

/// Whether a channel may have this name: 1..64 of a-z 0-9 - _ . : / , so that it is the same bytes wherever it is written.
[[nodiscard]] bool valid_name(std::string_view name);
inline constexpr std::string_view kNameRule = "1..64 characters of a-z 0-9 - _ . : /";

}  // namespace plaza::channels
