#pragma once
#include <cstdint>
#include <string_view>

namespace plaza::protocol {

/// Unix time as text, 24 bytes: "2026-01-02T03:04:05.678Z". The date and time of day are kept from call to
/// call within a second.
///
/// Thread   One per thread.
class Rfc3339 {
 public:
  /// Valid until the next call. Before 1970 counts as 1970, after 9999 as its last millisecond.
  std::string_view format(std::int64_t unix_ms);

 private:
  std::int64_t second_ = -1;
  char text_[24] = {};
};

}  // namespace plaza::protocol
