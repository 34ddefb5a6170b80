// Any bytes: the parser stays inside them, and says of a header the same however much of it, and of what comes behind, has come.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/proxy_header.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using plaza::net::ProxyHeader;
  const std::string bytes(reinterpret_cast<const char*>(data), size);
  const ProxyHeader whole = plaza::net::parse_proxy_header(bytes);
  if (whole.kind == ProxyHeader::Kind::need_more && size >= plaza::net::kProxyHeaderBytesMax) std::abort();
  if (whole.kind == ProxyHeader::Kind::complete &&
      (whole.bytes > size || whole.bytes > plaza::net::kProxyHeaderBytesMax || whole.bytes < 15)) {
    std::abort();
  }
  for (std::size_t have = 0; have < size && have <= plaza::net::kProxyHeaderBytesMax; ++have) {
    // In a buffer of its own, so that a read behind it is seen.
    const std::string part(bytes.data(), have);
    const ProxyHeader early = plaza::net::parse_proxy_header(part);
    if (early.kind == ProxyHeader::Kind::need_more) continue;
    if (early.kind != whole.kind || early.bytes != whole.bytes || early.source != whole.source) std::abort();
  }
  return 0;
}
