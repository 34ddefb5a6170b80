// The table of everything that servers and operators can ask for: table_*.cpp.
#include <algorithm>

#include "backend/operation_parts.h"

namespace plaza::backend {

std::span<const Operation> operations() {
  static const std::vector<Operation> all = [] {
    std::vector<Operation> table;
    for (auto* part :
         {about_zones, about_members, about_rooms, about_room_members, about_room_contents, about_channels,
          about_announcements, about_moderation, about_events, for_operators, about_tenancy}) {
      for (auto& operation : part()) table.push_back(std::move(operation));
    }
    return table;
  }();
  return all;
}

const Operation* find_operation(std::string_view name) {
  const auto all = operations();
  const auto at = std::ranges::find(all, name, &Operation::name);
  return at == all.end() ? nullptr : &*at;
}

}  // namespace plaza::backend
