#pragma once
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "net/http_message.h"

namespace plaza::edge {

/// Which web pages of other hosts may use /files, and how browsers are told (CORS: fetch.spec.whatwg.org, section 3.2).
///
/// A request says by its token whose it is, and there are no cookies: no page acts for its visitor without having the token.
/// So this protects nobody from a page; it only lets a browser hand the answers over to those pages.
///
/// Thread   Any; constant after construction.
class FileOrigins {
 public:
  /// As file.origins: "https://chat.example.org", or "*" for all.
  explicit FileOrigins(std::vector<std::string> origins) : origins_(std::move(origins)) {}

  /// What a browser asks before the request itself.
  [[nodiscard]] net::HttpResponse preflight(std::string_view origin) const;
  /// Adds to an answer what its browser wants to see.
  void mark(net::HttpResponse& response, std::string_view origin) const;

 private:
  [[nodiscard]] bool allows(std::string_view origin) const;

  std::vector<std::string> origins_;
};

}  // namespace plaza::edge
