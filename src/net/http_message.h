#pragma once
#include <cstdint>
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

struct HttpResponse {
  int status = 200;
  std::string content_type = "text/plain; charset=utf-8";
  std::string body;
  std::vector<std::pair<std::string, std::string>> headers;
  bool close = false;  // end the connection after this response
};

/// The response's bytes. Content-Length is always given; `head_only` leaves the body out (HEAD).
[[nodiscard]] std::string encode_response(const HttpResponse& response, bool keep_alive, bool head_only);

}  // namespace plaza::net
