#pragma once
// From a name in a frame to the field of the table.
#include <array>
#include <cstdint>
#include <string_view>

#include "protocol/fields.h"

namespace plaza::protocol {

namespace detail {
// A perfect hash of the request fields' names: length, first, middle and last character, with a multiplier
// found by the compiler such that no two names share a slot.
inline constexpr std::size_t kFieldSlots = 1024;
constexpr std::uint32_t field_hash(std::string_view name, std::uint32_t multiplier) {
  const auto at = [&](std::size_t i) {
    return static_cast<std::uint32_t>(static_cast<unsigned char>(name[i]));
  };
  const std::uint32_t word = at(0) | at(name.size() / 2) << 8 | at(name.size() - 1) << 16 |
                             static_cast<std::uint32_t>(name.size()) << 24;
  return (word * multiplier) >> 22;
}
consteval std::uint32_t find_field_multiplier() {
  for (std::uint32_t multiplier = 0x9e3779b1;; multiplier += 0x3c6ef372) {
    std::array<bool, kFieldSlots> taken{};
    bool good = true;
    for (std::size_t i = 0; good && i < kRequestFields; ++i) {
      bool& slot = taken[field_hash(kFieldTable[i].name, multiplier)];
      good = !slot;
      slot = true;
    }
    if (good) return multiplier;
  }
}
inline constexpr std::uint32_t kFieldMultiplier = find_field_multiplier();
inline constexpr auto kFieldBySlot = [] {
  std::array<Field, kFieldSlots> slots{};
  slots.fill(Field::msgid);  // a wrong guess is found out by comparing the name
  for (std::size_t i = 0; i < kRequestFields; ++i) {
    slots[field_hash(kFieldTable[i].name, kFieldMultiplier)] = static_cast<Field>(i);
  }
  return slots;
}();
}  // namespace detail

/// The request field of that name, Field::count_ when there is none (such fields are ignored).
constexpr Field request_field(std::string_view name) {
  if (name.empty()) return Field::count_;
  const Field guess = detail::kFieldBySlot[detail::field_hash(name, detail::kFieldMultiplier)];
  return info(guess).name == name ? guess : Field::count_;
}

}  // namespace plaza::protocol
