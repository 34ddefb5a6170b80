#include "net/networks.h"

#include <algorithm>
#include <charconv>

namespace plaza::net {
namespace {

constexpr int kMappedBits = 96;  // ::ffff:0:0/96 stands before an IPv4 address

bool same_bits(const std::array<std::uint8_t, 16>& a, const std::array<std::uint8_t, 16>& b, int bits) {
  const auto whole = static_cast<std::size_t>(bits / 8);
  if (!std::equal(a.begin(), a.begin() + static_cast<std::ptrdiff_t>(whole), b.begin())) return false;
  const int rest = bits % 8;
  return rest == 0 || ((a[whole] ^ b[whole]) >> (8 - rest)) == 0;
}

}  // namespace

std::optional<Network> Network::parse(std::string_view text) {
  const auto slash = std::min(text.find('/'), text.size());
  const std::string ip(text.substr(0, slash));
  const bool v6 = ip.find(':') != std::string::npos;
  // Names are for people: "localhost" and "*" mean something to a listener.
  if (ip.empty() || ip.find_first_not_of("0123456789abcdefABCDEF.:") != std::string::npos)
    return std::nullopt;
  const auto address = Address::parse(v6 ? "[" + ip + "]:0" : ip + ":0");
  if (!address) return std::nullopt;
  const int most = v6 ? 128 : 32;
  int bits = most;
  if (slash < text.size()) {
    const std::string_view digits = text.substr(slash + 1);
    const auto read = std::from_chars(digits.data(), digits.data() + digits.size(), bits);
    if (digits.empty() || digits.size() > 3 || read.ec != std::errc() ||
        read.ptr != digits.data() + digits.size())
      return std::nullopt;
  }
  if (bits < 0 || bits > most) return std::nullopt;
  Network network{.ip = address->ip, .bits = v6 ? bits : bits + kMappedBits};
  // 10.1.2.3/8 is most likely a mistake, and a dangerous one.
  for (int bit = network.bits; bit < 128; ++bit) {
    if ((network.ip[static_cast<std::size_t>(bit / 8)] >> (7 - bit % 8) & 1) != 0) return std::nullopt;
  }
  return network;
}

bool Network::has(const Address& address) const { return same_bits(ip, address.ip, bits); }

bool in_any(const std::vector<Network>& networks, const Address& address) {
  return std::ranges::any_of(networks, [&](const Network& network) { return network.has(address); });
}

bool in_any(const std::vector<std::string>& networks, const Address& address) {
  return std::ranges::any_of(networks, [&](const std::string& text) {
    const auto network = Network::parse(text);
    return network && network->has(address);
  });
}

bool is_loopback(const Address& address) {
  return in_any(std::vector<std::string>{"127.0.0.0/8", "::1"}, address);
}

}  // namespace plaza::net
