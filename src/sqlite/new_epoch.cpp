#include "sqlite/new_epoch.h"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>

#include "sqlite/connection.h"
#include "sqlite/schema.h"

namespace plaza::sqlite {

std::uint32_t epoch_of(std::int64_t wall_ms) {
  return static_cast<std::uint32_t>(std::clamp<std::int64_t>(wall_ms / 1000, 1, 0x7FFFFFFF));
}

Result<NewEpoch, std::string> begin_new_epoch(const std::string& path, std::int64_t wall_ms) {
  std::error_code error;
  if (!std::filesystem::exists(path, error)) {
    return fail(fmt::format("{}: there is no such file: choose the data directory with --data-dir", path));
  }
  Connection connection;
  const OpenOptions options{.path = path, .vfs = {}, .new_epoch = epoch_of(wall_ms)};
  if (auto opened = open_for_writing(connection, options); !opened) return fail(std::move(opened.error()));
  const auto failed = [&] { return fail(fmt::format("{}: {}", path, connection.failure().text)); };

  std::int64_t newest = 0;
  std::int64_t streams = 0;
  if (connection.query_int("SELECT max((SELECT value FROM meta WHERE key = 'epoch'), "
                           "coalesce((SELECT max(epoch) FROM stream), 0))",
                           newest) != SQLITE_ROW ||
      connection.query_int("SELECT count(*) FROM stream", streams) != SQLITE_ROW) {
    return failed();
  }
  const auto epoch = std::max(static_cast<std::uint32_t>(newest) + 1, epoch_of(wall_ms));
  const std::string script = fmt::format(
      "BEGIN IMMEDIATE; UPDATE stream SET epoch = {0}; UPDATE meta SET value = {0} WHERE key = 'epoch'; "
      "COMMIT;",
      epoch);
  if (connection.run(script.c_str()) != SQLITE_OK) {
    auto text = failed();
    if (connection.in_transaction()) connection.run("ROLLBACK");
    return text;
  }
  return NewEpoch{.epoch = epoch, .streams = static_cast<std::uint64_t>(streams)};
}

}  // namespace plaza::sqlite
