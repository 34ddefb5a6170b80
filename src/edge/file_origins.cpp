#include "edge/file_origins.h"

#include <algorithm>

#include "edge/file_answers.h"

namespace plaza::edge {
namespace {

constexpr std::string_view kMethods = "GET, HEAD, POST, PATCH, DELETE";
constexpr std::string_view
    kRequestHeaders = "Authorization, Content-Type, If-None-Match, If-Range, Range, Upload-Offset";
constexpr std::string_view kAnswerHeaders =
    "Accept-Ranges, Content-Disposition, Content-Range, ETag, Location, Upload-Length, Upload-Offset";
constexpr std::string_view kRememberedS = "7200";  // browsers take no more

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c; }
bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

}  // namespace

bool FileOrigins::allows(std::string_view origin) const {
  if (origin.empty()) return false;
  return std::ranges::any_of(origins_, [origin](const std::string& allowed) {
    return allowed == "*" || same_ignoring_case(allowed, origin);
  });
}

void FileOrigins::mark(net::HttpResponse& response, std::string_view origin) const {
  // Without origins the answer is the same for all of them.
  if (origins_.empty()) return;
  response.headers.emplace_back("Vary", "Origin");
  if (!allows(origin)) return;
  response.headers.emplace_back("Access-Control-Allow-Origin", origin);
  response.headers.emplace_back("Access-Control-Expose-Headers", kAnswerHeaders);
}

net::HttpResponse FileOrigins::preflight(std::string_view origin) const {
  if (!allows(origin)) {
    net::HttpResponse refusal = refused(403, "pages of this Origin may not use files here (file.origins)");
    mark(refusal, origin);
    return refusal;
  }
  net::HttpResponse response;
  response.status = 204;
  response.headers = {{"Vary", "Origin"},
                      {"Access-Control-Allow-Origin", std::string(origin)},
                      {"Access-Control-Allow-Methods", std::string(kMethods)},
                      {"Access-Control-Allow-Headers", std::string(kRequestHeaders)},
                      {"Access-Control-Max-Age", std::string(kRememberedS)}};
  return response;
}

}  // namespace plaza::edge
