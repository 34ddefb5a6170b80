#include "sql/soci_directory.h"

namespace plaza::sql {

using ports::Channel;
using ports::DirectoryCode;
using ports::DirectoryResult;

namespace {

/// `sql` selects the columns of a channel, id first, in the order of its table.
template <class... In>
std::vector<Channel> read_channels(Connection& db, const char* sql, const In&... in) {
  std::vector<Channel> found;
  for (const auto& [id, zone, name, persistent, publish, history_max, history_age_ms, per_s, burst] :
       db.rows<long long, long long, std::string, long long, long long, long long, long long, long long,
               long long>(sql, in...)) {
    found.push_back({.id = ChannelId{static_cast<std::uint64_t>(id)},
                     .zone = ZoneId{static_cast<std::uint64_t>(zone)},
                     .name = name,
                     .settings = {.persistent = persistent != 0,
                                  .publish = static_cast<ports::PublishPolicy>(publish),
                                  .history_max = static_cast<std::uint32_t>(history_max),
                                  .history_age_ms = history_age_ms,
                                  .rate = {.per_s = static_cast<std::uint32_t>(per_s),
                                           .burst = static_cast<std::uint32_t>(burst)}}});
  }
  return found;
}

std::vector<Channel> read_channel(Connection& db, ZoneId zone, const std::string& name) {
  return read_channels(db,
                       "SELECT id, zone, name, persistent, publish, history_max, history_age_ms, rate_per_s,"
                       " rate_burst FROM channel WHERE zone = :zone AND name = :name",
                       zone.value, name);
}

}  // namespace

DirectoryResult<Channel> SociDirectory::channel(ZoneId zone, const std::string& name) {
  return database_.read([&](Connection& db) -> DirectoryResult<Channel> {
    auto found = read_channel(db, zone, name);
    if (found.empty()) return not_found("channel");
    return std::move(found.front());
  });
}

DirectoryResult<Channel> SociDirectory::put_channel(ZoneId zone, const std::string& name,
                                                    const ports::ChannelSettings& settings) {
  return database_.write([&](Connection& db) -> DirectoryResult<Channel> {
    if (settings.history_max > ports::kChannelHistoryMax)
      return at_limit("history_max", ports::kChannelHistoryMax);
    const int persistent = settings.persistent ? 1 : 0, publish = static_cast<int>(settings.publish);
    auto found = read_channel(db, zone, name);
    if (!found.empty()) {
      Channel& channel = found.front();
      if (channel.settings.persistent != settings.persistent)
        return refuse(DirectoryCode::conflict, "the channel is declared otherwise: remove it first");
      channel.settings = settings;
      db.run(
          "UPDATE channel SET publish = :p, history_max = :m, history_age_ms = :a, rate_per_s = :r,"
          " rate_burst = :b WHERE id = :id",
          publish, settings.history_max, settings.history_age_ms, settings.rate.per_s, settings.rate.burst,
          channel.id.value);
      return std::move(channel);
    }
    if (db.rows<long long>("SELECT id FROM zone WHERE id = :id", zone.value).empty())
      return not_found("zone");
    if (db.value<long long>("SELECT COUNT(*) FROM channel WHERE zone = :zone", zone.value) >=
        limits_.channels_per_zone_max)
      return at_limit("channels_per_zone_max", limits_.channels_per_zone_max);
    const ChannelId id{next_id(db, "channel")};
    db.run(
        "INSERT INTO channel (id, zone, name, persistent, publish, history_max, history_age_ms, rate_per_s,"
        " rate_burst) VALUES (:id, :zone, :name, :s, :p, :m, :a, :r, :b)",
        id.value, zone.value, name, persistent, publish, settings.history_max, settings.history_age_ms,
        settings.rate.per_s, settings.rate.burst);
    return Channel{.id = id, .zone = zone, .name = name, .settings = settings};
  });
}

DirectoryResult<Channel> SociDirectory::remove_channel(ZoneId zone, const std::string& name) {
  return database_.write([&](Connection& db) -> DirectoryResult<Channel> {
    auto found = read_channel(db, zone, name);
    if (found.empty()) return not_found("channel");
    db.run("DELETE FROM channel WHERE id = :id", found.front().id.value);
    return std::move(found.front());
  });
}

DirectoryResult<std::vector<Channel>> SociDirectory::channels(ZoneId zone, const std::string& after,
                                                              std::uint32_t limit) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<Channel>> {
    return read_channels(db,
                         "SELECT id, zone, name, persistent, publish, history_max, history_age_ms,"
                         " rate_per_s, rate_burst FROM channel WHERE zone = :zone AND name > :after"
                         " ORDER BY name LIMIT :limit",
                         zone.value, after, limit);
  });
}

}  // namespace plaza::sql
