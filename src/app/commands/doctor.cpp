#include "app/doctor/doctor.h"

#include <fmt/format.h>

#include "app/commands/commands.h"
#include "app/process/exit_code.h"

namespace plaza::app {

int run_doctor(const Invocation& invocation) {
  const auto loaded = load_or_explain(invocation.input);
  if (!loaded) return kExitUsage;
  const auto findings = examine(loaded->config);
  fmt::print("{}\n{}", version_text(), to_text(findings));
  return worst(findings) == Verdict::bad ? kExitFailed : kExitOk;
}

}  // namespace plaza::app
