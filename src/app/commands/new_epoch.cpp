#include <fmt/format.h>

#include <chrono>
#include <cstdio>
#include <filesystem>

#include "app/commands/commands.h"
#include "app/node/options.h"
#include "app/process/data_dir_lock.h"
#include "app/process/exit_code.h"
#include "sqlite/new_epoch.h"

namespace plaza::app {
namespace {

int failed(const std::string& why) {
  fmt::print(stderr, "plaza new-epoch: {}\n", why);
  return kExitFailed;
}

}  // namespace

int run_new_epoch(const Invocation& invocation) {
  const auto loaded = load_or_explain(invocation.input);
  if (!loaded) return kExitUsage;
  const std::string& data_dir = loaded->config.server.data_dir;
  std::error_code error;
  if (!std::filesystem::is_directory(data_dir, error)) {
    return failed(fmt::format("there is no data directory {}. Choose it with --data-dir.", data_dir));
  }
  const auto lock = DataDirLock::take(data_dir);
  if (!lock) return failed(lock.error());
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const auto begun = sqlite::begin_new_epoch(
      data_path(loaded->config, "streams.db"),
      std::chrono::duration_cast<std::chrono::milliseconds>(now).count());
  if (!begun) return failed(begun.error());
  fmt::print("{}: epoch {} begins; {} streams. Every client reads its inbox anew.\n", data_dir, begun->epoch,
             begun->streams);
  return kExitOk;
}

}  // namespace plaza::app
