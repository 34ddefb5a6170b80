#include <fmt/format.h>

#include "app/commands/commands.h"
#include "app/doctor/doctor.h"
#include "app/process/exit_code.h"

namespace plaza::app {

int run_version(const Invocation&) {
  fmt::print("{}", version_text());
  return kExitOk;
}

}  // namespace plaza::app
