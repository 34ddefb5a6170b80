#include "client/endpoint.h"

#include <gtest/gtest.h>

namespace plaza::client {
namespace {

TEST(Endpoint, EveryFormIsReadAndWrittenBack) {
  for (const auto& [text, canonical] : std::initializer_list<std::pair<const char*, const char*>>{
           {"127.0.0.1:7600", "127.0.0.1:7600"},
           {"chat.example.org", "chat.example.org:7600"},
           {"tcp://chat.example.org:1", "chat.example.org:1"},
           {"[::1]:65535", "[::1]:65535"},
           {"tls://chat.example.org", "tls://chat.example.org:7600"},
           {"ws://localhost", "ws://localhost:7680/ws"},
           {"ws://localhost/", "ws://localhost:7680/ws"},
           {"wss://localhost:443/chat/ws", "wss://localhost:443/chat/ws"}}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_TRUE(endpoint) << text;
    EXPECT_EQ(endpoint->text(), canonical);
    EXPECT_EQ(parse_endpoint(endpoint->text()), endpoint);
  }
}

TEST(Endpoint, WhatIsNoAddressIsRefusedWithWhatIsExpected) {
  for (const char* text : {"", ":7600", "host:", "host:0", "host:65536", "host:76x", "ftp://host", "::1",
                           "[::1", "a b:1", "tcp://host/path", "user@host:1", "ws://"}) {
    const auto endpoint = parse_endpoint(text);
    ASSERT_FALSE(endpoint) << text;
    EXPECT_NE(endpoint.error().find("expected HOST:PORT"), std::string::npos);
  }
}

}  // namespace
}  // namespace plaza::client
