#pragma once

namespace plaza::app {

/// What the program returns; scripts rely on the numbers.
enum ExitCode : int {
  kExitOk = 0,
  kExitFailed = 1,  ///< it was asked correctly and could not be done: port taken, disk full, database corrupt
  kExitUsage = 2,   ///< wrong flags or a wrong configuration; nothing was touched
};

}  // namespace plaza::app
