#include "net/ws_handshake.h"

#include <openssl/evp.h>
#include <openssl/rand.h>
#include <openssl/sha.h>

#include <algorithm>
#include <array>
#include <span>

namespace plaza::net {
namespace {

constexpr std::string_view kGuid = "258EAFA5-E914-47DA-95CA-C5AB0DC85B11";  // section 1.3
constexpr std::size_t kKeyTextBytes = 24;                                   // 16 bytes in base64

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; }
bool same_ignoring_case(std::string_view a, std::string_view b) {
  return std::ranges::equal(a, b, {}, lower, lower);
}

/// One of the comma-separated words of a header is `word`.
bool has_token(std::string_view value, std::string_view word) {
  while (!value.empty()) {
    const std::size_t comma = value.find(',');
    std::string_view token = value.substr(0, comma);
    while (!token.empty() && (token.front() == ' ' || token.front() == '\t')) token.remove_prefix(1);
    while (!token.empty() && (token.back() == ' ' || token.back() == '\t')) token.remove_suffix(1);
    if (same_ignoring_case(token, word)) return true;
    if (comma == std::string_view::npos) break;
    value.remove_prefix(comma + 1);
  }
  return false;
}

bool valid_key(std::string_view key) {
  const auto base64 = [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '+' || c == '/';
  };
  return key.size() == kKeyTextBytes && key.ends_with("==") &&
         std::ranges::all_of(key.substr(0, kKeyTextBytes - 2), base64);
}

bool origin_allowed(const HttpRequest& request, const std::vector<std::string>& origins) {
  const std::string_view origin = request.header("Origin");
  if (origin.empty()) return true;
  const std::size_t scheme_end = origin.find("://");
  if (scheme_end != std::string_view::npos &&
      same_ignoring_case(origin.substr(scheme_end + 3), request.header("Host")))
    return true;
  return std::ranges::any_of(origins, [&](const std::string& allowed) {
    return allowed == "*" || same_ignoring_case(allowed, origin);
  });
}

std::string base64(std::span<const unsigned char> bytes) {
  std::string text(4 * ((bytes.size() + 2) / 3), '\0');
  EVP_EncodeBlock(reinterpret_cast<unsigned char*>(text.data()), bytes.data(),
                  static_cast<int>(bytes.size()));
  return text;
}

std::unexpected<HttpResponse> refuse(int status, std::string text) {
  return fail(HttpResponse{.status = status, .body = std::move(text), .headers = {}, .close = true});
}

}  // namespace

bool asks_for_websocket(const HttpRequest& request) {
  return has_token(request.header("Upgrade"), "websocket") &&
         has_token(request.header("Connection"), "upgrade");
}

Result<HttpResponse, HttpResponse> answer_websocket_request(const HttpRequest& request,
                                                            const std::vector<std::string>& origins) {
  if (request.method != "GET" || request.http_1_0)
    return refuse(400, "A WebSocket begins with GET and HTTP/1.1.\n");
  if (request.header("Host").empty()) return refuse(400, "The Host header is missing.\n");
  if (request.header("Sec-WebSocket-Version") != "13") {
    auto response = refuse(426, "Only version 13 of the WebSocket protocol is spoken here.\n");
    response.error().headers.emplace_back("Sec-WebSocket-Version", "13");
    return response;
  }
  const std::string_view key = request.header("Sec-WebSocket-Key");
  if (!valid_key(key)) return refuse(400, "Sec-WebSocket-Key must be 16 bytes in base64.\n");
  if (!origin_allowed(request, origins)) return refuse(403, "This Origin is not allowed to connect.\n");
  HttpResponse response{.status = 101, .headers = {}};
  response.headers.emplace_back("Upgrade", "websocket");
  response.headers.emplace_back("Connection", "Upgrade");
  response.headers.emplace_back("Sec-WebSocket-Accept", websocket_accept_key(key));
  return response;
}

std::string websocket_accept_key(std::string_view key) {
  const std::string text = std::string(key) + std::string(kGuid);
  std::array<unsigned char, SHA_DIGEST_LENGTH> digest;
  unsigned int size = 0;
  EVP_Digest(text.data(), text.size(), digest.data(), &size, EVP_sha1(), nullptr);
  return base64(digest);
}

std::string make_websocket_key() {
  std::array<unsigned char, 16> bytes;
  RAND_bytes(bytes.data(), static_cast<int>(bytes.size()));
  return base64(bytes);
}

std::string encode_websocket_request(std::string_view host, std::string_view path, std::string_view origin,
                                     std::string_view key) {
  std::string text = "GET ";
  text.append(path).append(" HTTP/1.1\r\nHost: ").append(host);
  text += "\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: ";
  text += key;
  if (!origin.empty()) text.append("\r\nOrigin: ").append(origin);
  text += "\r\n\r\n";
  return text;
}

}  // namespace plaza::net
