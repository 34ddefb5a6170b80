#include "net/blocking_tls.h"

#include <openssl/err.h>
#include <openssl/ssl.h>

#include <algorithm>
#include <climits>

namespace plaza::net {
namespace {

std::string why_not(const SSL* ssl) {
  const long verdict = SSL_get_verify_result(ssl);
  if (verdict != X509_V_OK) return std::string("its certificate: ") + X509_verify_cert_error_string(verdict);
  const char* reason = ERR_reason_error_string(ERR_peek_last_error());
  return reason != nullptr ? reason : "it does not answer as TLS does";
}

int within_int(std::size_t size) { return static_cast<int>(std::min<std::size_t>(size, INT_MAX)); }

}  // namespace

Result<std::unique_ptr<BlockingTls>, std::string> BlockingTls::connect(TlsContext& context, int fd,
                                                                       const std::string& host) {
  ERR_clear_error();
  std::unique_ptr<BlockingTls> tls(new BlockingTls(context.connect_on(fd, host)));
  if (tls->ssl_ == nullptr) return fail(std::string("it cannot be set up"));
  if (SSL_connect(tls->ssl_) != 1) return fail(why_not(tls->ssl_));
  return tls;
}

BlockingTls::~BlockingTls() { SSL_free(ssl_); }

ssize_t BlockingTls::receive(char* to, std::size_t size) { return SSL_read(ssl_, to, within_int(size)); }
ssize_t BlockingTls::send(const char* from, std::size_t size) {
  return SSL_write(ssl_, from, within_int(size));
}

}  // namespace plaza::net
