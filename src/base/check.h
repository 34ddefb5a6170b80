#pragma once
// PLAZA_CHECK: a fact the program proves; false means a bug of ours, and going on would do harm. Always compiled in.
// Not for bad input and not for errors of the environment: those are values (result.h).

namespace plaza {

[[noreturn]] void check_failed(const char* what, const char* file, int line);

}  // namespace plaza

#define PLAZA_CHECK(condition)                         \
  (static_cast<bool>(condition) ? static_cast<void>(0) \
                                : ::plaza::check_failed(#condition, __FILE__, __LINE__))
