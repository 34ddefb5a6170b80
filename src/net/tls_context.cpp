#include "net/tls_context.h"

#include <arpa/inet.h>
#include <openssl/err.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>

namespace plaza::net {
namespace {

struct FreeContext {
  void operator()(SSL_CTX* context) const { SSL_CTX_free(context); }
};
using ContextOwner = std::unique_ptr<SSL_CTX, FreeContext>;

std::string ssl_reason() {
  const unsigned long code = ERR_get_error();
  if (code == 0) return "unknown reason";
  // OpenSSL 3 has no words for an errno.
  if (ERR_SYSTEM_ERROR(code)) return std::strerror(ERR_GET_REASON(code));
  const char* reason = ERR_reason_error_string(code);
  return reason != nullptr ? reason : "error " + std::to_string(code);
}

/// OpenSSL would ask at the terminal: a server that waits for a person does not start.
int no_password(char*, int, int, void* asked) {
  *static_cast<bool*>(asked) = true;
  return 0;
}

ContextOwner make_context(const SSL_METHOD* method) {
  ERR_clear_error();
  ContextOwner context(SSL_CTX_new(method));
  if (!context) return context;
  SSL_CTX_set_min_proto_version(context.get(), TLS1_2_VERSION);
  SSL_CTX_set_options(context.get(),
                      SSL_OP_NO_COMPRESSION | SSL_OP_NO_RENEGOTIATION | SSL_OP_CIPHER_SERVER_PREFERENCE |
                          // Frames say themselves where they end: a peer that just goes away took nothing.
                          SSL_OP_IGNORE_UNEXPECTED_EOF);
  // RELEASE_BUFFERS: an idle connection gives its 34 KiB of buffers back. The other two: what is written is
  // gathered anew for every attempt.
  SSL_CTX_set_mode(context.get(), SSL_MODE_RELEASE_BUFFERS | SSL_MODE_ENABLE_PARTIAL_WRITE |
                                      SSL_MODE_ACCEPT_MOVING_WRITE_BUFFER);
  return context;
}

Result<ContextOwner, std::string> load_server(const TlsContext::ServerFiles& files) {
  ContextOwner context = make_context(TLS_server_method());
  if (!context) return fail("TLS cannot be set up: " + ssl_reason());
  bool asked_for_password = false;
  SSL_CTX_set_default_passwd_cb(context.get(), no_password);
  SSL_CTX_set_default_passwd_cb_userdata(context.get(), &asked_for_password);
  if (SSL_CTX_use_certificate_chain_file(context.get(), files.certificate.c_str()) != 1) {
    return fail("the TLS certificate '" + files.certificate + "' cannot be used: " + ssl_reason() +
                " (expected: PEM, the server's certificate first, then the chain)");
  }
  const bool key_used = SSL_CTX_use_PrivateKey_file(context.get(), files.key.c_str(), SSL_FILETYPE_PEM) == 1;
  SSL_CTX_set_default_passwd_cb_userdata(context.get(), nullptr);
  if (asked_for_password) {
    ERR_clear_error();
    return fail("the TLS key '" + files.key +
                "' is protected by a pass phrase. Take it off: openssl pkey -in KEY -out KEY.new");
  }
  if (!key_used) {
    return fail("the TLS key '" + files.key + "' cannot be used: " + ssl_reason() +
                " (expected: PEM, without a password)");
  }
  if (SSL_CTX_check_private_key(context.get()) != 1) {
    return fail("the TLS key '" + files.key + "' does not belong to the certificate '" + files.certificate +
                "'");
  }
  return context;
}

}  // namespace

Result<std::shared_ptr<TlsContext>, std::string> TlsContext::server(ServerFiles files) {
  auto loaded = load_server(files);
  if (!loaded) return fail(std::move(loaded.error()));
  std::shared_ptr<TlsContext> context(new TlsContext);
  context->files_ = std::move(files);
  context->context_ = loaded->release();
  return context;
}

Result<std::shared_ptr<TlsContext>, std::string> TlsContext::client(ClientOptions options) {
  ContextOwner made = make_context(TLS_client_method());
  if (!made) return fail("TLS cannot be set up: " + ssl_reason());
  if (options.verify) {
    SSL_CTX_set_verify(made.get(), SSL_VERIFY_PEER, nullptr);
    if (options.ca_file.empty()) {
      if (SSL_CTX_set_default_verify_paths(made.get()) != 1)
        return fail("the system's certificates cannot be used: " + ssl_reason());
    } else if (access(options.ca_file.c_str(), R_OK) != 0) {
      // OpenSSL tells of a file that is not there only that it is not a registered store.
      return fail("the CA file '" + options.ca_file + "' cannot be read: " + std::strerror(errno));
    } else if (SSL_CTX_load_verify_locations(made.get(), options.ca_file.c_str(), nullptr) != 1) {
      return fail("the CA file '" + options.ca_file + "' cannot be used: " + ssl_reason() +
                  " (expected: PEM)");
    }
  }
  std::shared_ptr<TlsContext> context(new TlsContext);
  context->verify_ = options.verify;
  context->context_ = made.release();
  return context;
}

TlsContext::~TlsContext() { SSL_CTX_free(context_); }

Result<void, std::string> TlsContext::reload() {
  auto loaded = load_server(files_);
  if (!loaded) return fail(std::move(loaded.error()));
  SSL_CTX* old = nullptr;
  {
    const std::lock_guard lock(mutex_);
    old = std::exchange(context_, loaded->release());
  }
  SSL_CTX_free(old);  // connections made from it hold their own reference
  return {};
}

ssl_st* TlsContext::accept_on(int fd) {
  SSL* ssl = nullptr;
  {
    const std::lock_guard lock(mutex_);
    ssl = SSL_new(context_);
  }
  if (ssl == nullptr || SSL_set_fd(ssl, fd) != 1) {
    SSL_free(ssl);
    return nullptr;
  }
  SSL_set_accept_state(ssl);
  return ssl;
}

ssl_st* TlsContext::connect_on(int fd, const std::string& host) {
  SSL* ssl = nullptr;
  {
    const std::lock_guard lock(mutex_);
    ssl = SSL_new(context_);
  }
  if (ssl == nullptr || SSL_set_fd(ssl, fd) != 1) {
    SSL_free(ssl);
    return nullptr;
  }
  in6_addr ip;
  const bool is_ip = inet_pton(AF_INET, host.c_str(), &ip) == 1 ||
                     inet_pton(AF_INET6, host.c_str(), &ip) == 1;
  if (!is_ip) SSL_set_tlsext_host_name(ssl, host.c_str());
  if (verify_) {
    X509_VERIFY_PARAM* param = SSL_get0_param(ssl);
    const int set = is_ip ? X509_VERIFY_PARAM_set1_ip_asc(param, host.c_str())
                          : X509_VERIFY_PARAM_set1_host(param, host.c_str(), host.size());
    if (set != 1) {
      SSL_free(ssl);
      return nullptr;
    }
  }
  SSL_set_connect_state(ssl);
  return ssl;
}

}  // namespace plaza::net
