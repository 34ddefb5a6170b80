#pragma once
#include "ports/apps.h"
#include "tenancy/app_meters.h"

namespace plaza::app {

/// Which quotas each app has of its own, and which zones are whose.
ports::DirectoryResult<void> load_apps(ports::Apps& apps, tenancy::AppMeters& meters);

}  // namespace plaza::app
