#include "net/http_client.h"

#include <openssl/ssl.h>
#include <pthread.h>

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/parser.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/string_body.hpp>
#include <boost/beast/http/write.hpp>
#include <future>
#include <thread>

#include "base/worker_pool.h"

namespace plaza::net {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using boost::system::error_code;
using tcp = asio::ip::tcp;

struct HttpClient::Parts {
  explicit Parts(Options given)
      : options(std::move(given)),
        tls(asio::ssl::context::tls_client),
        work(io.get_executor()),
        resolvers("resolver", options.resolver_threads, 4096,
                  std::max<std::size_t>(1, options.resolver_threads / 2)) {}

  const Options options;
  asio::io_context io{1};
  asio::ssl::context tls;
  asio::executor_work_guard<asio::io_context::executor_type> work;
  WorkerPool resolvers;
  std::thread thread;
  // On the client's thread only.
  std::vector<std::weak_ptr<Exchange>> running;
  bool stopping = false;
};

namespace {

std::vector<tcp::endpoint> endpoints_of(const std::vector<Address>& addresses) {
  std::vector<tcp::endpoint> all;
  for (const auto& address : addresses) {
    const std::array<unsigned char, 16> bytes = address.ip;
    const asio::ip::address_v6 v6(bytes);
    all.emplace_back(v6.is_v4_mapped() ? asio::ip::address(asio::ip::make_address_v4(asio::ip::v4_mapped, v6))
                                       : asio::ip::address(v6),
                     address.port);
  }
  return all;
}

Result<std::vector<Address>, std::string> allowed_addresses(const HttpUrl& url, bool private_networks) {
  auto found = resolve_blocking(url.host, url.port);
  if (!found) return fail("the name of the host cannot be resolved");
  for (const auto& address : *found) {
    if (auto allowed = allowed_to(url, address, private_networks); !allowed) return fail(allowed.error());
  }
  return found;
}

}  // namespace

Result<void, std::string> allowed_to(const HttpUrl& url, const Address& address, bool private_networks) {
  switch (reach_of(address)) {
    case AddressReach::everywhere:
      if (url.tls) return {};
      return fail("to a host of the internet only https");
    case AddressReach::inside:
      if (private_networks) return {};
      return fail("the host is this machine or in a private network, which is not allowed here");
    case AddressReach::nowhere: break;
  }
  return fail("the host has an address that nothing may be sent to");
}

/// One post. Its callbacks hold it.
class HttpClient::Exchange : public std::enable_shared_from_this<HttpClient::Exchange> {
 public:
  Exchange(Parts& parts, HttpPost post, HttpPostDone done)
      : parts_(parts),
        post_(std::move(post)),
        done_(std::move(done)),
        timer_(parts.io),
        stream_(parts.io, parts.tls) {}

  /// The timer runs from here on; the addresses come later.
  void begin() {
    timer_.expires_after(std::chrono::milliseconds(post_.deadline_ms));
    timer_.async_wait([self = shared_from_this()](error_code error) {
      if (!error) self->finish({.status = 0, .error = "no answer in time", .body = {}});
    });
  }
  void connect(Result<std::vector<Address>, std::string> addresses) {
    if (!done_) return;
    if (!addresses) return finish({.status = 0, .error = addresses.error(), .body = {}});
    endpoints_ = endpoints_of(*addresses);
    connect_next(0);
  }
  void finish(HttpPosted posted) {
    if (!done_) return;
    timer_.cancel();
    error_code ignored;
    stream_.next_layer().close(ignored);
    std::exchange(done_, nullptr)(std::move(posted));
  }
  [[nodiscard]] const HttpUrl& url() const { return post_.url; }
  [[nodiscard]] Share share() const { return post_.share; }

 private:
  template <class Next>
  auto then(std::string what, Next next) {
    return [self = shared_from_this(), what = std::move(what), next](error_code error, auto...) mutable {
      if (!self->done_) return;
      if (error) return self->finish({.status = 0, .error = what, .body = {}});
      next(*self);
    };
  }
  void connect_next(std::size_t at) {
    if (at >= endpoints_.size())
      return finish({.status = 0, .error = "the host cannot be reached", .body = {}});
    error_code ignored;
    stream_.next_layer().close(ignored);
    stream_.next_layer().async_connect(endpoints_[at], [self = shared_from_this(), at](error_code error) {
      if (!self->done_) return;
      if (error) return self->connect_next(at + 1);
      self->post_.url.tls ? self->shake_hands() : self->send(self->stream_.next_layer());
    });
  }
  void shake_hands() {
    SSL* ssl = stream_.native_handle();
    error_code no_ip;
    asio::ip::make_address(post_.url.host, no_ip);
    const int set = no_ip ? SSL_set_tlsext_host_name(ssl, post_.url.host.c_str()) &
                                SSL_set1_host(ssl, post_.url.host.c_str())
                          : X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl), post_.url.host.c_str());
    if (set != 1) return finish({.status = 0, .error = "TLS cannot be set up", .body = {}});
    stream_.async_handshake(asio::ssl::stream_base::client,
                            then("TLS failed: the certificate is not valid for this host, or not trusted",
                                 [](Exchange& self) { self.send(self.stream_); }));
  }
  template <class Stream>
  void send(Stream& stream) {
    request_.method(http::verb::post);
    request_.target(post_.url.target);
    request_.version(11);
    request_.set(http::field::host, post_.url.host_header());
    request_.set(http::field::connection, "close");
    request_.set(http::field::user_agent, "plaza");
    for (const auto& [name, value] : post_.headers) request_.set(name, value);
    request_.body() = std::move(post_.body);
    request_.prepare_payload();
    parser_.body_limit(parts_.options.answer_bytes_max);
    parser_.header_limit(16 * 1024);
    http::async_write(stream, request_, then("the connection ended", [&stream](Exchange& self) {
                        http::async_read(stream, self.buffer_, self.parser_,
                                         self.then("the answer is no HTTP, too long or cut short",
                                                   [](Exchange& me) { me.answered(); }));
                      }));
  }
  void answered() {
    auto answer = parser_.release();
    finish({.status = static_cast<int>(answer.result_int()), .error = {}, .body = std::move(answer.body())});
  }

  Parts& parts_;
  HttpPost post_;
  HttpPostDone done_;  ///< empty: it is over
  asio::steady_timer timer_;
  asio::ssl::stream<tcp::socket> stream_;
  std::vector<tcp::endpoint> endpoints_;
  http::request<http::string_body> request_;
  http::response_parser<http::string_body> parser_;
  boost::beast::flat_buffer buffer_;
};

HttpClient::HttpClient(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {
  parts_->thread = std::thread([this] {
    pthread_setname_np(pthread_self(), "http-client");
    parts_->io.run();
  });
}

Result<std::unique_ptr<HttpClient>, std::string> HttpClient::make(Options options) {
  auto parts = std::make_unique<Parts>(std::move(options));
  error_code error;
  SSL_CTX_set_min_proto_version(parts->tls.native_handle(), TLS1_2_VERSION);
  parts->tls.set_verify_mode(asio::ssl::verify_peer, error);
  if (!error && parts->options.ca_file.empty()) parts->tls.set_default_verify_paths(error);
  if (!error && !parts->options.ca_file.empty()) parts->tls.load_verify_file(parts->options.ca_file, error);
  if (error) {
    return fail(parts->options.ca_file.empty()
                    ? "the system's certificates cannot be used: " + error.message()
                    : "the CA file '" + parts->options.ca_file + "' cannot be used: " + error.message());
  }
  return std::unique_ptr<HttpClient>(new HttpClient(std::move(parts)));
}

HttpClient::~HttpClient() { stop(); }

void HttpClient::post(HttpPost post, HttpPostDone done) {
  asio::post(parts_->io, [this, post = std::move(post), done = std::move(done)]() mutable {
    const auto exchange = std::make_shared<Exchange>(*parts_, std::move(post), std::move(done));
    if (parts_->stopping)
      return exchange->finish({.status = 0, .error = "the server is stopping", .body = {}});
    std::erase_if(parts_->running, [](const auto& one) { return one.expired(); });
    parts_->running.push_back(exchange);
    exchange->begin();
    const bool taken = parts_->resolvers.try_run(
        [this, exchange, url = exchange->url()] {
          asio::post(parts_->io,
                     [exchange, found = allowed_addresses(url, parts_->options.private_networks)]() mutable {
                       exchange->connect(std::move(found));
                     });
        },
        exchange->share());
    if (!taken) exchange->finish({.status = 0, .error = "too many names wait to be resolved", .body = {}});
  });
}

void HttpClient::stop() {
  if (!parts_->thread.joinable()) return;
  std::promise<void> ended;
  asio::post(parts_->io, [this, &ended] {
    parts_->stopping = true;
    for (const auto& one : parts_->running) {
      if (const auto exchange = one.lock())
        exchange->finish({.status = 0, .error = "the server is stopping", .body = {}});
    }
    ended.set_value();
  });
  ended.get_future().wait();
  parts_->resolvers.stop();
  asio::post(parts_->io, [this] { parts_->work.reset(); });
  parts_->thread.join();
}

}  // namespace plaza::net
