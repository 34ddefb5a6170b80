#include <fmt/format.h>

#include <cstdio>

#include "app/commands/commands.h"
#include "app/config/print.h"
#include "app/doctor/doctor.h"
#include "app/process/exit_code.h"

namespace plaza::app {

int run_config(const Invocation& invocation) {
  // Printing what is built in must work also where the configuration is broken.
  if (invocation.word.empty()) {
    fmt::print("{}", annotated_defaults());
    return kExitOk;
  }
  if (invocation.word == "table") {
    fmt::print("{}", settings_markdown());
    return kExitOk;
  }
  const auto loaded = load_or_explain(invocation.input);
  if (!loaded) return kExitUsage;
  if (invocation.word == "show") {
    fmt::print("{}", effective_values(*loaded));
  } else {
    for (const auto& finding : examine_tls(loaded->config)) {
      if (finding.verdict != Verdict::bad) continue;
      fmt::print(stderr, "plaza: the configuration is wrong:\n  {}\n", finding.fact);
      return kExitUsage;
    }
    fmt::print("{} is right.\n", loaded->file.empty() ? "The configuration (no file)" : loaded->file);
  }
  return kExitOk;
}

}  // namespace plaza::app
