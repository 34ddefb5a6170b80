#include "net/proxy_header.h"

#include <gtest/gtest.h>

namespace plaza::net {
namespace {

using Kind = ProxyHeader::Kind;

/// Who it speaks for; "itself", "more" or "broken".
std::string says(std::string_view bytes) {
  const ProxyHeader header = parse_proxy_header(bytes);
  if (header.kind == Kind::need_more) return "more";
  if (header.kind == Kind::broken) return "broken";
  EXPECT_LE(header.bytes, bytes.size());
  return header.source ? header.source->text() : "itself";
}

std::string binary(std::uint8_t command, std::uint8_t family, std::string_view block) {
  std::string out("\r\n\r\n\0\r\nQUIT\n", 12);
  out += static_cast<char>(command);
  out += static_cast<char>(family);
  out += static_cast<char>(block.size() >> 8);
  out += static_cast<char>(block.size() & 255);
  return out.append(block);
}
const std::string kV4Block("\xc0\x00\x02\x07\xc0\x00\x02\x01\xdc\x04\x01\xbb", 12);
const std::string kV6Block = std::string("\x20\x01\x0d\xb8", 4) + std::string(11, '\0') + "\x07" +
                             std::string(16, '\1') + std::string("\xdc\x04\x01\xbb", 4);

TEST(ProxyHeader, OfALineIsItsSource) {
  EXPECT_EQ(says("PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n"), "192.0.2.7:56324");
  EXPECT_EQ(says("PROXY TCP4 255.255.255.255 255.255.255.255 65535 65535\r\n"), "255.255.255.255:65535");
  EXPECT_EQ(says("PROXY TCP6 2001:db8::7 2001:db8::1 56324 0\r\n"), "[2001:db8::7]:56324");
  EXPECT_EQ(says("PROXY UNKNOWN\r\n"), "itself");
  EXPECT_EQ(says("PROXY UNKNOWN ffff:: ffff:: 65535 65535\r\n"), "itself") << "what follows is ignored";
  EXPECT_EQ(parse_proxy_header("PROXY UNKNOWN\r\n{\"msgid\":1}").bytes, 15U)
      << "what is behind is the peer's";
}

TEST(ProxyHeader, ALineHasAtMost107Bytes) {
  const std::string longest = "PROXY UNKNOWN " + std::string(107 - 14 - 2, 'x') + "\r\n";
  ASSERT_EQ(longest.size(), 107U);
  EXPECT_EQ(says(longest), "itself");
  EXPECT_EQ(says(longest.substr(0, 106)), "more");
  EXPECT_EQ(says("PROXY UNKNOWN " + std::string(108 - 14 - 2, 'x') + "\r\n"), "broken");
}

TEST(ProxyHeader, ALineThatIsWrittenInAnyOtherWayIsBroken) {
  for (const char* text :
       {"PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\n", "PROXY  TCP4 192.0.2.7 192.0.2.1 56324 443\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 56324\r\n", "PROXY TCP4 192.0.2.7 192.0.2.1 56324 443 1\r\n",
        "PROXY TCP4 192.0.2.256 192.0.2.1 56324 443\r\n", "PROXY TCP4 192.0.2.7 192.0.2.1 65536 443\r\n",
        "PROXY TCP4 192.0.2.7 192.0.2.1 56324 -1\r\n", "PROXY TCP4 192.0.2.7 192.0.2.1 056324 443\r\n",
        "PROXY TCP4 2001:db8::7 192.0.2.1 56324 443\r\n", "PROXY TCP6 192.0.2.7 192.0.2.1 56324 443\r\n",
        "PROXY UDP4 192.0.2.7 192.0.2.1 56324 443\r\n", "PROXY \r\n", "PROXY UNKNOWNX\r\n", "PROXX",
        "GET / HTTP/1.1\r\n", "{\"msgid\":1}", "proxy UNKNOWN\r\n"}) {
    EXPECT_EQ(says(text), "broken") << text;
  }
}

TEST(ProxyHeader, OfABinaryOneIsItsSource) {
  EXPECT_EQ(says(binary(0x21, 0x11, kV4Block)), "192.0.2.7:56324");
  EXPECT_EQ(says(binary(0x21, 0x21, kV6Block)), "[2001:db8::7]:56324");
  const auto with_more = binary(0x21, 0x11, kV4Block + std::string("\x04\x00\x01\x00", 4));
  EXPECT_EQ(says(with_more), "192.0.2.7:56324") << "more about the connection stands behind";
  EXPECT_EQ(parse_proxy_header(with_more + "{}").bytes, with_more.size());
  EXPECT_EQ(says(binary(0x20, 0x11, kV4Block)), "itself") << "a check of the balancer's own";
  EXPECT_EQ(says(binary(0x20, 0x00, "")), "itself");
  EXPECT_EQ(says(binary(0x21, 0x00, "anything")), "itself");
  EXPECT_EQ(says(binary(0x21, 0x31, std::string(216, 'u'))), "itself") << "over a Unix socket";
}

TEST(ProxyHeader, ABinaryOneOfAnotherVersionCommandOrTransportIsBroken) {
  EXPECT_EQ(says(binary(0x11, 0x11, kV4Block)), "broken");
  EXPECT_EQ(says(binary(0x22, 0x11, kV4Block)), "broken");
  EXPECT_EQ(says(binary(0x21, 0x12, kV4Block)), "broken") << "datagrams";
  EXPECT_EQ(says(binary(0x21, 0x41, kV4Block)), "broken");
  EXPECT_EQ(says(binary(0x21, 0x11, kV4Block.substr(1))), "broken") << "a byte too little for its family";
  EXPECT_EQ(says(binary(0x21, 0x21, kV6Block.substr(1))), "broken");
  EXPECT_EQ(says("\r\n\r\nX"), "broken");
}

TEST(ProxyHeader, ABinaryOneHasAtMostItsBound) {
  const auto longest = binary(0x21, 0x11, kV4Block + std::string(kProxyHeaderBytesMax - 16 - 12, 'x'));
  ASSERT_EQ(longest.size(), kProxyHeaderBytesMax);
  EXPECT_EQ(says(longest), "192.0.2.7:56324");
  EXPECT_EQ(
      says(binary(0x21, 0x11, kV4Block + std::string(kProxyHeaderBytesMax - 16 - 12 + 1, 'x')).substr(0, 16)),
      "broken")
      << "as soon as its length is there";
}

TEST(ProxyHeader, APieceOfAHeaderWantsMoreAtEveryByte) {
  for (const std::string& whole : {std::string("PROXY TCP4 192.0.2.7 192.0.2.1 56324 443\r\n"),
                                   binary(0x21, 0x11, kV4Block), binary(0x21, 0x21, kV6Block)}) {
    for (std::size_t have = 0; have < whole.size(); ++have)
      EXPECT_EQ(says(whole.substr(0, have)), "more") << have;
  }
}

}  // namespace
}  // namespace plaza::net
