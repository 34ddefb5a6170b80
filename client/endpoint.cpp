#include "client/endpoint.h"

#include <charconv>

namespace plaza::client {
namespace {

constexpr std::uint16_t kTcpPort = 7600;
constexpr std::uint16_t kHttpPort = 7680;

std::unexpected<std::string> bad(std::string_view text) {
  return fail("'" + std::string(text) +
              "' is no address: expected HOST:PORT, tls://HOST:PORT, ws://HOST:PORT/ws or wss://...");
}

bool take_scheme(std::string_view& rest, Endpoint& to) {
  const std::size_t end = rest.find("://");
  if (end == std::string_view::npos) return true;
  const std::string_view scheme = rest.substr(0, end);
  rest.remove_prefix(end + 3);
  to.websocket = scheme == "ws" || scheme == "wss";
  to.tls = scheme == "tls" || scheme == "wss";
  return to.websocket || to.tls || scheme == "tcp";
}

bool take_host(std::string_view& rest, std::string& host) {
  std::size_t end = 0;
  if (rest.starts_with('[')) {
    end = rest.find(']');
    if (end == std::string_view::npos) return false;
    host = rest.substr(1, end - 1);
    rest.remove_prefix(end + 1);
  } else {
    end = std::min(rest.find(':'), rest.size());
    host = rest.substr(0, end);
    rest.remove_prefix(end);
    if (rest.find(':', 1) != std::string_view::npos) return false;  // IPv6 without brackets
  }
  for (const char c : host) {
    if (static_cast<unsigned char>(c) <= ' ' || c == '/' || c == '@') return false;
  }
  return !host.empty();
}

bool take_port(std::string_view rest, std::uint16_t& port) {
  if (rest.empty()) return true;
  if (rest.front() != ':') return false;
  const auto [end, error] = std::from_chars(rest.data() + 1, rest.data() + rest.size(), port);
  return error == std::errc{} && end == rest.data() + rest.size() && port != 0;
}

}  // namespace

Result<Endpoint, std::string> parse_endpoint(std::string_view text) {
  Endpoint endpoint;
  std::string_view rest = text;
  if (!take_scheme(rest, endpoint)) return bad(text);
  const std::size_t slash = rest.find('/');
  if (slash != std::string_view::npos) {
    if (endpoint.websocket && slash + 1 < rest.size()) endpoint.path = rest.substr(slash);
    if (!endpoint.websocket && slash + 1 != rest.size()) return bad(text);
    rest = rest.substr(0, slash);
  }
  endpoint.port = endpoint.websocket ? kHttpPort : kTcpPort;
  if (!take_host(rest, endpoint.host) || !take_port(rest, endpoint.port)) return bad(text);
  return endpoint;
}

std::string Endpoint::text() const {
  const std::string shown_host = host.find(':') == std::string::npos ? host : "[" + host + "]";
  const std::string where = shown_host + ":" + std::to_string(port);
  if (!websocket) return (tls ? "tls://" : "") + where;
  return (tls ? "wss://" : "ws://") + where + path;
}

}  // namespace plaza::client
