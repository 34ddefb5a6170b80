#pragma once
#include "ports/quotas.h"

namespace plaza::tenancy {

/// Counts a refusal because an app has as much as it may; of all apps together, under the quota's name.
void count_refusal(ports::Quota quota);

}  // namespace plaza::tenancy
