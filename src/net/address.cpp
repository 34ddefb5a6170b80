#include "net/address.h"

#include <arpa/inet.h>
#include <netdb.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <memory>

namespace plaza::net {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

std::unexpected<std::string> bad(std::string_view text, std::string_view why) {
  return fail("'" + std::string(text) + "' is no address: " + std::string(why) +
              " (expected ADDRESS:PORT, as 127.0.0.1:7600, 0.0.0.0:7600 or [::1]:7600)");
}

}  // namespace

Result<Address, std::string> Address::parse(std::string_view text) {
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos) return bad(text, "the port is missing");
  std::string host(text.substr(0, colon));
  const std::string_view port_text = text.substr(colon + 1);
  unsigned port = 0;
  const auto [end, error] = std::from_chars(port_text.data(), port_text.data() + port_text.size(), port);
  if (error != std::errc{} || end != port_text.data() + port_text.size() || port > 65535) {
    return bad(text, "the port must be a number from 0 to 65535");
  }
  if (host.size() >= 2 && host.front() == '[' && host.back() == ']') {
    host = host.substr(1, host.size() - 2);
  } else if (host.find(':') != std::string::npos) {
    return bad(text, "an IPv6 address stands in brackets");
  }
  Address address;
  address.port = static_cast<std::uint16_t>(port);
  if (host.empty()) return address;
  if (host == "localhost") host = "127.0.0.1";
  in_addr v4{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) {
    std::ranges::copy(kMapped, address.ip.begin());
    std::memcpy(&address.ip[12], &v4, 4);
    return address;
  }
  if (inet_pton(AF_INET6, host.c_str(), address.ip.data()) == 1) return address;
  return bad(text, "'" + host + "' is no IP address");
}

Address Address::from_socket(const sockaddr* socket_address) {
  Address address;
  if (socket_address->sa_family == AF_INET) {
    sockaddr_in v4{};
    std::memcpy(&v4, socket_address, sizeof v4);
    std::ranges::copy(kMapped, address.ip.begin());
    std::memcpy(&address.ip[12], &v4.sin_addr, 4);
    address.port = ntohs(v4.sin_port);
  } else if (socket_address->sa_family == AF_INET6) {
    sockaddr_in6 v6{};
    std::memcpy(&v6, socket_address, sizeof v6);
    std::memcpy(address.ip.data(), &v6.sin6_addr, 16);
    address.port = ntohs(v6.sin6_port);
  }
  return address;
}

std::uint32_t Address::to_socket(sockaddr_storage& out) const {
  std::memset(&out, 0, sizeof out);
  if (is_v4()) {
    sockaddr_in v4{};
    v4.sin_family = AF_INET;
    v4.sin_port = htons(port);
    std::memcpy(&v4.sin_addr, &ip[12], 4);
    std::memcpy(&out, &v4, sizeof v4);
    return sizeof v4;
  }
  sockaddr_in6 v6{};
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(port);
  std::memcpy(&v6.sin6_addr, ip.data(), 16);
  std::memcpy(&out, &v6, sizeof v6);
  return sizeof v6;
}

bool Address::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), ip.begin()); }

std::string Address::ip_text() const {
  char text[INET6_ADDRSTRLEN] = {};
  if (is_v4()) {
    inet_ntop(AF_INET, &ip[12], text, sizeof text);
  } else {
    inet_ntop(AF_INET6, ip.data(), text, sizeof text);
  }
  return text;
}

std::string Address::text() const {
  return (is_v4() ? ip_text() : "[" + ip_text() + "]") + ":" + std::to_string(port);
}

Result<std::vector<Address>, std::string> resolve_blocking(const std::string& host, std::uint16_t port) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* list = nullptr;
  const int error = getaddrinfo(host.c_str(), nullptr, &hints, &list);
  if (error != 0) return fail("cannot find '" + host + "': " + gai_strerror(error));
  const std::unique_ptr<addrinfo, void (*)(addrinfo*)> owner(list, freeaddrinfo);
  std::vector<Address> addresses;
  for (const addrinfo* item = list; item != nullptr; item = item->ai_next) {
    addresses.push_back(Address::from_socket(item->ai_addr));
    addresses.back().port = port;
  }
  if (addresses.empty()) return fail("'" + host + "' has no address");
  return addresses;
}

}  // namespace plaza::net
