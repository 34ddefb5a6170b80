#include "login/sodium_ready.h"

#include <sodium.h>

#include "base/check.h"

namespace plaza::login {

void sodium_ready() {
  static const bool ready = sodium_init() >= 0;
  PLAZA_CHECK(ready);
}

}  // namespace plaza::login
