#include "net/proxy_header.h"

#include <arpa/inet.h>

#include <algorithm>
#include <charconv>
#include <cstring>
#include <string>

namespace plaza::net {
namespace {

using Kind = ProxyHeader::Kind;

constexpr ProxyHeader kBroken{.kind = Kind::broken, .bytes = 0, .source = {}};
constexpr ProxyHeader kNeedMore{};

// Version 1 --------------------------------------------------------------------------------------------------------------

constexpr std::string_view kLineBegin = "PROXY ";
constexpr std::size_t kLineBytesMax = 107;  // with its end

/// The piece up to the next blank, or to the end; takes both.
std::string_view next_word(std::string_view& line) {
  const auto end = std::min(line.find(' '), line.size());
  const std::string_view word = line.substr(0, end);
  line.remove_prefix(std::min(end + 1, line.size()));
  return word;
}

std::optional<std::uint16_t> port_of(std::string_view text) {
  std::uint16_t port = 0;
  const auto read = std::from_chars(text.data(), text.data() + text.size(), port);
  const bool leading_zero = text.size() > 1 && text.front() == '0';
  if (read.ec != std::errc() || read.ptr != text.data() + text.size() || leading_zero) return std::nullopt;
  return port;
}

std::optional<Address> address_of(bool v6, std::string_view ip, std::string_view port_text) {
  const auto port = port_of(port_text);
  Address address;
  const std::string text(ip);
  if (!port) return std::nullopt;
  address.port = *port;
  if (v6) {
    if (inet_pton(AF_INET6, text.c_str(), address.ip.data()) != 1) return std::nullopt;
  } else {
    address.ip = Address::parse("0.0.0.0:0")->ip;
    if (inet_pton(AF_INET, text.c_str(), address.ip.data() + 12) != 1) return std::nullopt;
  }
  return address;
}

/// The line without its beginning and its end: "TCP4 192.0.2.7 192.0.2.1 56324 443".
ProxyHeader of_line(std::string_view line, std::size_t bytes) {
  ProxyHeader header{.kind = Kind::complete, .bytes = bytes, .source = {}};
  const std::string_view family = next_word(line);
  if (family == "UNKNOWN") return header;
  const bool v6 = family == "TCP6";
  if (!v6 && family != "TCP4") return kBroken;
  const std::string_view from = next_word(line), to = next_word(line);
  const std::string_view from_port = next_word(line), to_port = line;
  header.source = address_of(v6, from, from_port);
  if (!header.source || !address_of(v6, to, to_port)) return kBroken;
  return header;
}

ProxyHeader parse_line(std::string_view bytes) {
  const std::string_view begin = bytes.substr(0, kLineBegin.size());
  if (begin != kLineBegin.substr(0, begin.size())) return kBroken;
  const auto end = bytes.substr(0, kLineBytesMax).find('\n');
  if (end == std::string_view::npos) return bytes.size() < kLineBytesMax ? kNeedMore : kBroken;
  if (bytes[end - 1] != '\r') return kBroken;
  return of_line(bytes.substr(kLineBegin.size(), end - 1 - kLineBegin.size()), end + 1);
}

// Version 2 --------------------------------------------------------------------------------------------------------------

constexpr std::string_view kSignature("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::size_t kFixedBytes = 16;

std::uint8_t byte_at(std::string_view bytes, std::size_t at) { return static_cast<std::uint8_t>(bytes[at]); }
std::uint16_t number_at(std::string_view bytes, std::size_t at) {
  return static_cast<std::uint16_t>(byte_at(bytes, at) << 8 | byte_at(bytes, at + 1));
}

/// Source address, destination address, source port, destination port, for addresses of so many bytes.
std::optional<Address> source_in(std::string_view block, std::size_t ip_bytes) {
  if (block.size() < 2 * ip_bytes + 4) return std::nullopt;
  Address address = Address::parse("0.0.0.0:0").value();
  std::memcpy(address.ip.data() + (16 - ip_bytes), block.data(), ip_bytes);
  address.port = number_at(block, 2 * ip_bytes);
  return address;
}

ProxyHeader parse_binary(std::string_view bytes) {
  const std::string_view begin = bytes.substr(0, kSignature.size());
  if (begin != kSignature.substr(0, begin.size())) return kBroken;
  if (bytes.size() > 12 && byte_at(bytes, 12) != 0x20 && byte_at(bytes, 12) != 0x21) return kBroken;
  if (bytes.size() < kFixedBytes) return kNeedMore;
  const std::size_t total = kFixedBytes + number_at(bytes, 14);
  if (total > kProxyHeaderBytesMax) return kBroken;
  if (bytes.size() < total) return kNeedMore;
  ProxyHeader header{.kind = Kind::complete, .bytes = total, .source = {}};
  const bool for_another = byte_at(bytes, 12) == 0x21;  // else LOCAL: whatever the rest says
  const unsigned family = byte_at(bytes, 13) >> 4, transport = byte_at(bytes, 13) & 15;
  if (!for_another || family == 0) return header;
  if (transport != 1 || family > 3) return kBroken;  // no stream, or no family that there is
  if (family == 3) return header;                    // a Unix socket: a peer on the balancer itself
  header.source = source_in(bytes.substr(kFixedBytes, total - kFixedBytes), family == 1 ? 4 : 16);
  return header.source ? header : kBroken;
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
  if (bytes.empty()) return kNeedMore;
  return bytes.front() == kSignature.front() ? parse_binary(bytes) : parse_line(bytes);
}

}  // namespace plaza::net
