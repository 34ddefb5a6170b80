#include "base/sleeper.h"

#include <linux/futex.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <ctime>

namespace plaza {
namespace {

// The futex word is the atomic itself; std::atomic<>::wait() has no timeout.
void futex(std::atomic<std::uint32_t>& word, int operation, std::uint32_t value, const timespec* timeout) {
  ::syscall(SYS_futex, reinterpret_cast<std::uint32_t*>(&word), operation | FUTEX_PRIVATE_FLAG, value,
            timeout, nullptr, 0);
}

}  // namespace

void Sleeper::sleep(std::int64_t timeout_ms) {
  if (timeout_ms < 0) {
    futex(asleep_, FUTEX_WAIT, 1, nullptr);
    return;
  }
  const timespec timeout{.tv_sec = static_cast<std::time_t>(timeout_ms / 1000),
                         .tv_nsec = (timeout_ms % 1000) * 1'000'000};
  futex(asleep_, FUTEX_WAIT, 1, &timeout);
}

void Sleeper::ring() { futex(asleep_, FUTEX_WAKE, 1, nullptr); }

}  // namespace plaza
