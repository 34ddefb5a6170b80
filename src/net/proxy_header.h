#pragma once
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

#include "net/address.h"

namespace plaza::net {

/// What a balancer writes before the bytes of a connection: for whom it speaks.
///
/// PROXY protocol, versions 1 (a line) and 2 (binary): W. Tarreau, "The PROXY protocol", HAProxy, doc/proxy-protocol.txt.
struct ProxyHeader {
  enum class Kind : std::uint8_t { need_more, complete, broken };
  Kind kind = Kind::need_more;
  std::size_t bytes = 0;  ///< complete: so many are the header
  std::optional<Address>
      source;  ///< complete: the real peer; nothing when the balancer speaks for itself (a check of its health)
};

/// A longer one is broken. Of version 1 no header has more than 107 bytes; in version 2 what comes behind the addresses (names, TLS)
/// has room in it.
inline constexpr std::size_t kProxyHeaderBytesMax = 2048;

/// Of everything that has come so far. Pure. Broken is said as early as it is certain, need_more only while a header can still come.
[[nodiscard]] ProxyHeader parse_proxy_header(std::string_view bytes);

}  // namespace plaza::net
