#include "app/node/installation.h"

#include <fmt/format.h>

#include <random>

#include "app/node/options.h"
#include "sql/sql_directory.h"
#include "sqlite/look.h"

namespace plaza::app {
namespace {

constexpr const char* kDirectory = "directory.db";
constexpr const char* kStreams = "streams.db";

std::int64_t random_number() {
  std::random_device random;
  return static_cast<std::int64_t>((std::uint64_t{random()} << 31U ^ random()) | 1U);
}

std::string alone(const char* there, const char* missing, const char* has) {
  return fmt::format(
      "{} has {}, but {} is missing. Restore both from one backup; or, to begin anew, move both away.", there,
      has, missing);
}

DatabaseFacts facts_of(const sqlite::FileFacts& file) {
  return {.there = file.there, .used = file.used != 0, .installation = file.installation};
}

}  // namespace

Result<std::int64_t, std::string> installation_of(const DatabaseFacts& directory,
                                                  const DatabaseFacts& streams, std::int64_t fresh) {
  const auto known = [fresh](std::int64_t number) { return number != 0 ? number : fresh; };
  if (!streams.there) {
    if (directory.used) return fail(alone(kDirectory, kStreams, "accounts"));
    return known(directory.installation);
  }
  if (!directory.there) {
    if (streams.used) return fail(alone(kStreams, kDirectory, "messages"));
    return known(streams.installation);
  }
  const bool upgraded_half = streams.installation == 0;
  const bool begun_half = directory.installation == 0 && !directory.used;
  if (directory.installation == streams.installation || upgraded_half) return known(directory.installation);
  if (begun_half) return streams.installation;
  return fail(fmt::format(
      "{} and {} do not belong together: each is of another installation. Restore both from one backup; or, "
      "to begin anew, move both away.",
      kDirectory, kStreams));
}

Result<std::int64_t, std::string> find_installation(const Config& config) {
  const auto timeout_ms = static_cast<std::uint32_t>(config.store.busy_timeout_ms);
  const auto of_directory = sql::directory_questions();
  const auto directory = sqlite::look_into(data_path(config, kDirectory),
                                           {of_directory.is_used, of_directory.installation}, timeout_ms);
  if (!directory) return fail(directory.error());
  const auto streams = sqlite::look_into(data_path(config, kStreams), sqlite::stream_questions(), timeout_ms);
  if (!streams) return fail(streams.error());
  auto number = installation_of(facts_of(*directory), facts_of(*streams), random_number());
  if (!number) return fail(fmt::format("{}: {}", config.server.data_dir, number.error()));
  return number;
}

}  // namespace plaza::app
