#pragma once
#include <string>
#include <vector>

#include "app/config/config.h"

namespace plaza::app {

/// What is wrong between settings that are each within their own range; empty when nothing is.
std::vector<std::string> conflicts(const Config& config);

}  // namespace plaza::app
