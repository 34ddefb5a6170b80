#pragma once
#include <cstddef>
#include <span>
#include <string>
#include <string_view>

namespace plaza::app {

/// How many letters must be inserted, removed, replaced or swapped with their neighbour to get from one to the other
/// (optimal string alignment distance).
std::size_t edit_distance(std::string_view a, std::string_view b);

/// The candidate that is nearest to what somebody wrote; the first one when several are. Empty when there are none.
std::string nearest(std::string_view written, std::span<const std::string> candidates);

}  // namespace plaza::app
