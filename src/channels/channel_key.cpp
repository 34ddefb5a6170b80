#include "channels/channel_key.h"

#include <algorithm>

namespace plaza::channels {

bool valid_name(std::string_view name) {
  constexpr std::size_t kBytesMax = 64;
  const auto allowed = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || std::string_view("-_.:/").contains(c);
  };
  return !name.empty() && name.size() <= kBytesMax && std::ranges::all_of(name, allowed);
}

}  // namespace plaza::channels
