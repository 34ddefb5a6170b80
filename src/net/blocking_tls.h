#pragma once
#include <sys/types.h>

#include <cstddef>
#include <memory>
#include <string>

#include "base/result.h"
#include "net/tls_context.h"

namespace plaza::net {

/// TLS on a blocking socket of somebody else, for threads that may wait.
///
/// Thread  One at a time. Blocks as the socket does: SO_RCVTIMEO and SO_SNDTIMEO hold.
/// Owner   Whoever closes the socket, after this.
class BlockingTls {
 public:
  /// Shakes hands with the host; an error says why it is not trusted, or is none that speaks TLS.
  [[nodiscard]] static Result<std::unique_ptr<BlockingTls>, std::string> connect(TlsContext& context, int fd,
                                                                                 const std::string& host);
  ~BlockingTls();
  BlockingTls(const BlockingTls&) = delete;
  BlockingTls& operator=(const BlockingTls&) = delete;

  /// As recv() and send(): 0 at the end, negative with errno when it failed.
  [[nodiscard]] ssize_t receive(char* to, std::size_t size);
  [[nodiscard]] ssize_t send(const char* from, std::size_t size);

 private:
  explicit BlockingTls(ssl_st* ssl) : ssl_(ssl) {}

  ssl_st* const ssl_;
};

}  // namespace plaza::net
