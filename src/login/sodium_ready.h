#pragma once

namespace plaza::login {

/// libsodium wants to be initialised before its first use; repeated calls are free. Any thread.
void sodium_ready();

}  // namespace plaza::login
