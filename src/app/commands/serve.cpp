#include "app/commands/commands.h"
#include "app/node/run_node.h"
#include "app/process/exit_code.h"

namespace plaza::app {

int run_serve(const Invocation& invocation) {
  const auto loaded = load_or_explain(invocation.input);
  if (!loaded) return kExitUsage;
  // SIGHUP reads the same file again, under the same environment and flags.
  return run_node(loaded->config, [input = invocation.input] { return load_config(input); });
}

}  // namespace plaza::app
