#pragma once
#include <string>

#include "base/result.h"

namespace plaza::net {

/// A listening Unix stream socket at this path, for its owner only (mode 0600). One that is there is replaced: the caller
/// knows that nobody listens on it (the data directory's lock). The path may be longer than a socket's address can be.
/// Non-blocking. The error is an errno.
[[nodiscard]] Result<int, int> listen_on_unix(const std::string& path, int backlog);

/// A blocking connection to such a socket; the error is an errno.
[[nodiscard]] Result<int, int> connect_to_unix(const std::string& path);

}  // namespace plaza::net
