#pragma once

namespace plaza::bench {

/// Ctrl-C and SIGTERM ask a measurement to end early: the first one is remembered here, a second one kills as usual.
/// Async-signal-safe; loops look at interrupted() each turn.
void catch_interrupts();
[[nodiscard]] bool interrupted();

}  // namespace plaza::bench
