#pragma once
#include <string>

#include "app/config/load.h"

namespace plaza::app {

/// plaza.toml with every setting, its default, its range and what it means; every value is commented out.
std::string annotated_defaults();
/// What a server would run with, and where each value that is not a default comes from.
std::string effective_values(const LoadedConfig& loaded);
/// The table of docs/operations.md.
std::string settings_markdown();

}  // namespace plaza::app
