#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/fair_queue.h"
#include "base/result.h"
#include "net/http_url.h"

namespace plaza::net {

struct HttpPost {
  HttpUrl url;
  std::vector<std::pair<std::string, std::string>> headers;
  std::string body;
  std::int64_t deadline_ms = 10'000;  ///< for all of it: name, connection, TLS, answer
  Share share = 0;                    ///< whose it is
};

/// What came of a post.
struct HttpPosted {
  int status = 0;     ///< 0: there is no answer, and `error` says why
  std::string error;  ///< for people; names no address
  std::string body;   ///< of the answer
};
using HttpPostDone = std::move_only_function<void(HttpPosted)>;

/// Posts to other servers. `done` is called exactly once, on a thread of the poster, which it must not block.
class HttpPoster {
 public:
  virtual ~HttpPoster() = default;
  virtual void post(HttpPost post, HttpPostDone done) = 0;
};

/// HTTP/1.1 over TCP or TLS, one connection a post.
///
/// Thread   One of its own for the sockets and resolver_threads for names, which may take long; post() from any.
/// Safety   The name is looked up first, and every address of it must be allowed (reach_of): a host of the internet over TLS, or with
///          private_networks also one inside, there without TLS too. It then connects to those addresses and to no others, so a name
///          that changes meanwhile leads nowhere else. Certificates are verified. A redirection is an answer and not followed.
/// Limit    The deadline of each post; an answer of answer_bytes_max. Who calls bounds how many there are. A name that takes long keeps its
///          thread past the deadline, so names of one owner have half of the threads at most.
/// Stop     stop() ends what is going on with an error. Nobody posts from then on.
class HttpClient final : public HttpPoster {
 public:
  struct Options {
    std::string ca_file;  ///< PEM; empty: the system's
    bool private_networks = false;
    std::size_t answer_bytes_max = 16 * 1024;
    std::size_t resolver_threads = 8;
  };
  /// Fails when the certificates cannot be read.
  [[nodiscard]] static Result<std::unique_ptr<HttpClient>, std::string> make(Options options);
  ~HttpClient() override;

  void post(HttpPost post, HttpPostDone done) override;
  void stop();

 private:
  struct Parts;
  class Exchange;
  explicit HttpClient(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

/// Whether a post to this address may be made at all; the error says why not.
[[nodiscard]] Result<void, std::string> allowed_to(const HttpUrl& url, const Address& address,
                                                   bool private_networks);

}  // namespace plaza::net
