#include "net/http_url.h"

#include <algorithm>
#include <array>
#include <charconv>

namespace plaza::net {
namespace {

bool host_character(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' || c == '-' ||
         c == '_';
}

/// Addresses that begin with these bytes.
struct Prefix {
  std::array<std::uint8_t, 16> bytes;
  int bits;
};

bool begins_with(const std::array<std::uint8_t, 16>& ip, std::size_t from, const Prefix& prefix) {
  int left = prefix.bits;
  for (std::size_t i = 0; left > 0; ++i, left -= 8) {
    const auto mask = static_cast<std::uint8_t>(left >= 8 ? 0xff : 0xff << (8 - left));
    if ((ip[from + i] & mask) != (prefix.bytes[i] & mask)) return false;
  }
  return true;
}

// RFC 6890 and the IANA registries of special-purpose addresses.
constexpr std::array kInsideV4{Prefix{{127}, 8}, Prefix{{10}, 8}, Prefix{{172, 16}, 12},
                               Prefix{{192, 168}, 16}, Prefix{{100, 64}, 10}};
constexpr std::array kNowhereV4{
    Prefix{{0}, 8},        Prefix{{169, 254}, 16},     Prefix{{192, 0, 0}, 24},   Prefix{{192, 0, 2}, 24},
    Prefix{{198, 18}, 15}, Prefix{{198, 51, 100}, 24}, Prefix{{203, 0, 113}, 24}, Prefix{{224}, 4},
    Prefix{{240}, 4}};
constexpr std::array kInsideV6{Prefix{{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1}, 128},
                               Prefix{{0xfc}, 7}};
// Everything that the internet uses is in 2000::/3; of that, tunnels lead to a v4 address of anybody's choice.
constexpr Prefix kGlobalV6{{0x20}, 3};
constexpr std::array kNowhereV6{Prefix{{0x20, 0x01, 0, 0}, 32}, Prefix{{0x20, 0x01, 0x0d, 0xb8}, 32},
                                Prefix{{0x20, 0x02}, 16}};

template <std::size_t n>
bool in(const std::array<Prefix, n>& prefixes, const std::array<std::uint8_t, 16>& ip, std::size_t from) {
  return std::ranges::any_of(prefixes, [&](const Prefix& prefix) { return begins_with(ip, from, prefix); });
}

}  // namespace

Result<HttpUrl, std::string> HttpUrl::parse(std::string_view text) {
  HttpUrl url;
  if (text.size() > kBytesMax) return fail("longer than " + std::to_string(kBytesMax) + " bytes");
  if (std::ranges::any_of(text, [](char c) { return c <= ' ' || c >= 0x7f || c == '#' || c == '\\'; }))
    return fail("blanks, '#', '\\' and what is not ASCII have no place in it");
  if (text.starts_with("https://")) {
    text.remove_prefix(8);
  } else if (text.starts_with("http://")) {
    text.remove_prefix(7);
    url.tls = false;
    url.port = 80;
  } else {
    return fail("it begins with https:// (or http://)");
  }
  const auto path = std::min(text.find_first_of("/?"), text.size());
  std::string_view authority = text.substr(0, path);
  if (path < text.size()) url.target = (text[path] == '?' ? "/" : "") + std::string(text.substr(path));
  std::string_view port;
  if (authority.starts_with('[')) {
    const auto end = authority.find(']');
    if (end == authority.npos) return fail("']' is missing");
    url.host = authority.substr(1, end - 1);
    const std::string_view rest = authority.substr(end + 1);
    if (!rest.empty() && !rest.starts_with(':')) return fail("behind ']' stands ':' and a port, or nothing");
    port = rest.empty() ? rest : rest.substr(1);
    if (!rest.empty() && port.empty()) return fail("the port is missing");
    if (!Address::parse("[" + url.host + "]:1")) return fail("this is no IPv6 address");
  } else {
    const auto colon = std::min(authority.find(':'), authority.size());
    url.host = authority.substr(0, colon);
    if (colon < authority.size()) {
      port = authority.substr(colon + 1);
      if (port.empty()) return fail("the port is missing");
    }
    if (url.host.empty() || url.host.size() > 253 || !std::ranges::all_of(url.host, host_character))
      return fail("the host is a name or an IP address, without user and password");
  }
  if (!port.empty()) {
    const auto read = std::from_chars(port.data(), port.data() + port.size(), url.port);
    if (read.ec != std::errc() || read.ptr != port.data() + port.size() || url.port == 0)
      return fail("a port is a number from 1 to 65535");
  }
  return url;
}

std::string HttpUrl::host_header() const {
  std::string text = host.find(':') == std::string::npos ? host : "[" + host + "]";
  if (port != (tls ? 443 : 80)) text += ":" + std::to_string(port);
  return text;
}

AddressReach reach_of(const Address& address) {
  const bool v4 = address.is_v4();
  if (v4 ? in(kInsideV4, address.ip, 12) : in(kInsideV6, address.ip, 0)) return AddressReach::inside;
  if (v4) return in(kNowhereV4, address.ip, 12) ? AddressReach::nowhere : AddressReach::everywhere;
  const bool global = begins_with(address.ip, 0, kGlobalV6) && !in(kNowhereV6, address.ip, 0);
  return global ? AddressReach::everywhere : AddressReach::nowhere;
}

}  // namespace plaza::net
