#pragma once
#include <memory>
#include <mutex>
#include <string>

#include "base/result.h"

struct ssl_ctx_st;
struct ssl_st;

namespace plaza::net {

/// Certificates and rules from which TLS connections are made: TLS 1.2 and newer, no renegotiation, no
/// compression.
///
/// Thread   Any.
/// Reload   reload() reads the files again: connections made from then on have the new certificate, open ones
///          keep theirs. When a file is wrong the old certificate stays and the error says which file and
///          why.
class TlsContext {
 public:
  struct ServerFiles {
    std::string certificate;  // PEM, the server's first, then the chain
    std::string key;          // PEM, not encrypted
  };
  struct ClientOptions {
    std::string ca_file;  // PEM; empty: the system's
    bool verify = true;   // false only for tests on the own machine
  };
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>, std::string> server(ServerFiles files);
  [[nodiscard]] static Result<std::shared_ptr<TlsContext>, std::string> client(ClientOptions options);
  ~TlsContext();

  [[nodiscard]] Result<void, std::string> reload();
  /// The state of one new server connection on `fd`; null when out of memory.
  [[nodiscard]] ssl_st* accept_on(int fd);
  /// The state of one new client connection; the certificate must be valid for `host` (a name or an IP
  /// address).
  [[nodiscard]] ssl_st* connect_on(int fd, const std::string& host);

 private:
  TlsContext() = default;

  // Constant after construction.
  ServerFiles files_;
  bool verify_ = true;
  // Guarded by mutex_.
  std::mutex mutex_;
  ssl_ctx_st* context_ = nullptr;
};

}  // namespace plaza::net
