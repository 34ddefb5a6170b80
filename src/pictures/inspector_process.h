#pragma once
#include <cstdint>
#include <string>

#include "ports/file_inspector.h"

namespace plaza::pictures {

/// Looks into a file in a process of its own, `PROGRAM look-at-file`, which can neither harm nor hold up this one: it has no more than
/// its memory and its time, and every way out is shut before the first byte is looked at (confine.h).
///
/// Thread   As ports::FileInspector: each caller has its own process.
/// Owner    app/.
/// Limit    deadline_ms, then it is killed. A file whose looker does not end well is of no known type.
class InspectorProcess final : public ports::FileInspector {
 public:
  InspectorProcess(std::string program, std::int64_t deadline_ms)
      : program_(std::move(program)), deadline_ms_(deadline_ms) {}

  Result<ports::FileFacts, ports::InspectError> inspect(int fd) override;

 private:
  const std::string program_;
  const std::int64_t deadline_ms_;
};

}  // namespace plaza::pictures
