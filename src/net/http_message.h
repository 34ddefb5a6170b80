#pragma once
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace plaza::net {

/// A complete HTTP/1.x request as the handler sees it. Owns its text.
struct HttpRequest {
  std::string method;
  std::string target;  // as sent: "/api/v1/members?limit=3"
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool keep_alive = true;
  bool http_1_0 = false;

  [[nodiscard]] std::string_view path() const;
  [[nodiscard]] std::string_view query() const;  // without the '?'; empty when there is none
  /// The first header of that name (case does not matter); empty when absent.
  [[nodiscard]] std::string_view header(std::string_view name) const;
};

/// A body that is too large to be in memory: it is asked for piece by piece, each when the one before is written.
class HttpBody {
 public:
  virtual ~HttpBody() = default;
  /// All that will come. Asked before the first piece.
  [[nodiscard]] virtual std::uint64_t bytes() const = 0;
  /// Hands the next bytes over, on any thread, at once or later, at most once; none when they cannot be had. `self` is this: whoever
  /// works on a piece keeps it, for the connection may be gone.
  virtual void next(std::shared_ptr<HttpBody> self, std::move_only_function<void(std::string)> piece) = 0;
};

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool close = false;  // end the connection after this response
  std::shared_ptr<HttpBody> stream =
      {};  // instead of `body`; the connection is the other holder while it is sent
};

/// The response's bytes. Content-Length is always given; `head_only` leaves the body out (HEAD).
[[nodiscard]] std::string encode_response(const HttpResponse& response, bool keep_alive, bool head_only);

}  // namespace plaza::net
