#pragma once
#include <functional>

#include "app/config/load.h"

namespace plaza::app {

/// Runs a server until it is told to stop: lock, logs, database, services, listeners, the ready line; at SIGTERM the same
/// backwards. Gives the exit code. `read_again` gives what SIGHUP should apply.
int run_node(const Config& config, const std::function<Result<LoadedConfig, ConfigProblems>()>& read_again);

}  // namespace plaza::app
