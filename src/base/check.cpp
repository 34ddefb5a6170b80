#include "base/check.h"

#include <cstdio>
#include <cstdlib>

namespace plaza {

void check_failed(const char* what, const char* file, int line) {
  std::fprintf(stderr,
               "plaza: internal error: %s is false at %s:%d. This is a bug; please report it with the log.\n",
               what, file, line);
  std::fflush(stderr);
  std::abort();
}

}  // namespace plaza
