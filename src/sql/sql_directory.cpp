#include "sql/sql_directory.h"

#include "sql/soci_directory.h"

namespace plaza::sql {
namespace {

constexpr std::string_view kSqliteScheme = "sqlite3://";

ports::DirectoryResult<Target> parse_target(const std::string& target, const SqlDirectoryOptions& options) {
  if (target.starts_with(kSqliteScheme)) {
    return Target{.backend = "sqlite3",
                  .connect_string = target.substr(kSqliteScheme.size()),
                  .busy_timeout_ms = options.busy_timeout_ms};
  }
  if (target.find("://") != std::string::npos) {
    return refuse(ports::DirectoryCode::unavailable,
                  "unknown kind of database: " + target.substr(0, target.find("://")));
  }
  if (target.find('"') != std::string::npos) {
    return refuse(ports::DirectoryCode::unavailable,
                  "the path of a database may not contain a quotation mark");
  }
  return Target{.backend = "sqlite3",
                .connect_string = "db=\"" + target + "\" shared_cache=false",
                .busy_timeout_ms = options.busy_timeout_ms};
}

}  // namespace

ports::DirectoryResult<std::unique_ptr<SqlDirectory>> SqlDirectory::open(const std::string& target,
                                                                         SqlDirectoryOptions options) {
  auto parsed = parse_target(target, options);
  if (!parsed) return fail(parsed.error());
  auto directory = std::make_unique<SociDirectory>(std::move(*parsed), options);
  if (const auto ok = directory->migrate(); !ok) return fail(ok.error());
  return directory;
}

}  // namespace plaza::sql
