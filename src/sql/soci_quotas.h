#pragma once
#include <optional>

#include "ports/directory.h"
#include "sql/connection.h"

namespace plaza::sql {

// For the transactions that make and remove members and rooms. What the database throws goes through.

/// What is against one more member or room of the zone's app; nothing when there may be one.
std::optional<ports::DirectoryError> over_quota(Connection& db, ZoneId zone, ports::Quota quota,
                                                const ports::Quotas& settings);
/// So many more (or less) of them.
void count_members(Connection& db, ZoneId zone, int more);
void count_rooms(Connection& db, ZoneId zone, int more);

ports::OwnQuotas own_quotas(Connection& db, AppId app);

}  // namespace plaza::sql
