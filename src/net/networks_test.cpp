#include "net/networks.h"

#include <gtest/gtest.h>

namespace plaza::net {
namespace {

Address ip(const std::string& text) {
  return Address::parse(text.find(':') == std::string::npos ? text + ":1" : "[" + text + "]:1").value();
}

TEST(Networks, HasWhatBeginsAlikeInBothFamiliesAndV4MappedIsV4) {
  const auto has = [](const std::string& network, const std::string& address) {
    return Network::parse(network).value().has(ip(address));
  };
  EXPECT_TRUE(has("10.0.0.0/8", "10.255.1.2"));
  EXPECT_FALSE(has("10.0.0.0/8", "11.0.0.1"));
  EXPECT_TRUE(has("10.0.0.0/8", "::ffff:10.1.2.3"));
  EXPECT_TRUE(has("192.168.4.0/22", "192.168.7.255"));
  EXPECT_FALSE(has("192.168.4.0/22", "192.168.8.0"));
  EXPECT_TRUE(has("192.168.1.7", "192.168.1.7"));
  EXPECT_FALSE(has("192.168.1.7", "192.168.1.8"));
  EXPECT_TRUE(has("2001:db8::/32", "2001:db8:1::1"));
  EXPECT_FALSE(has("2001:db8::/32", "2001:db9::1"));
  EXPECT_FALSE(has("2001:db8::/32", "32.1.13.184")) << "the bytes are alike, the families are not";
  EXPECT_TRUE(has("0.0.0.0/0", "1.2.3.4"));
  EXPECT_FALSE(has("0.0.0.0/0", "2001:db8::1"));
  EXPECT_TRUE(has("::/0", "2001:db8::1"));
  EXPECT_TRUE(has("::1", "::1"));
}

TEST(Networks, RefusesWhatIsNoNetworkAndBitsBehindThePrefix) {
  for (const char* text : {"", "*", "10.0.0.0/", "10.0.0.0/33", "10.0.0.0/-1", "10.0.0.0/8x", "10.0.0/8",
                           "::/129", "localhost", "10.1.2.3/8", "2001:db8::1/32", "/8", "10.0.0.0/008888"}) {
    EXPECT_FALSE(Network::parse(text)) << text;
  }
}

TEST(Networks, LoopbackIsThisMachineOnly) {
  EXPECT_TRUE(is_loopback(ip("127.0.0.1")));
  EXPECT_TRUE(is_loopback(ip("127.9.9.9")));
  EXPECT_TRUE(is_loopback(ip("::1")));
  EXPECT_FALSE(is_loopback(ip("10.0.0.1")));
  EXPECT_FALSE(is_loopback(ip("::2")));
}

}  // namespace
}  // namespace plaza::net
