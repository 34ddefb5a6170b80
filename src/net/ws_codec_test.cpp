// The cases follow the sections of the Autobahn test suite (1 framing, 2 pings, 3 reserved bits, 4 opcodes, 5
// fragmentation, 6 UTF-8, 7 close handling), here against the decoder alone.
#include "net/ws_codec.h"

#include <gtest/gtest.h>

#include <cstring>
#include <memory>

#include "net/ws_frame_builder.h"

namespace plaza::net {
namespace {

using ws_test::Event;
using ws_test::frame;
using ws_test::Piece;
using ws_test::run;
using Kind = WsDecoder::Kind;

constexpr std::uint8_t kText = 1, kBinary = 2, kContinuation = 0, kClose = 8, kPing = 9, kPong = 10;

/// The only event of these bytes, in server role.
Event only(const std::string& bytes, std::size_t message_bytes_max = 1 << 20) {
  const auto events = run(WsRole::server, bytes, message_bytes_max, bytes.size());
  return events.size() == 1 ? events.front()
                            : Event{Kind::need_more, FrameError::none, "not exactly one event", 0};
}
FrameError error_of(const std::string& bytes) {
  const auto events = run(WsRole::server, bytes, 1 << 20, bytes.size());
  return events.empty() || events.back().kind != Kind::error ? FrameError::none : events.back().error;
}

// 1 Framing -------------------------------------------------------------------------------------------------

TEST(WsDecoder, Section1MessagesOfEveryLengthEncoding) {
  for (const std::size_t size :
       {0u, 1u, 7u, 8u, 9u, 125u, 126u, 127u, 128u, 65535u, 65536u, 65537u, 200'000u}) {
    for (const std::uint8_t opcode : {kText, kBinary}) {
      const std::string payload(size, '*');
      const Event event = only(frame({.opcode = opcode, .payload = payload}));
      EXPECT_EQ(event.kind, opcode == kText ? Kind::text : Kind::binary) << size;
      EXPECT_EQ(event.payload, payload) << size;
    }
  }
}

TEST(WsDecoder, Section1TheSameMessagesInPiecesOfEverySize) {
  std::string bytes;
  for (const std::size_t size : {0u, 1u, 125u, 126u, 300u})
    bytes += frame({.opcode = kText, .payload = std::string(size, 'a')});
  const auto whole = run(WsRole::server, bytes, 1000, bytes.size());
  ASSERT_EQ(whole.size(), 5u);
  for (std::size_t piece = 1; piece < bytes.size(); piece += piece < 20 ? 1 : 17) {
    EXPECT_EQ(run(WsRole::server, bytes, 1000, piece), whole) << piece;
  }
}

TEST(WsDecoder, LengthsMustBeEncodedMinimally) {
  for (const std::size_t size : {0u, 125u}) {
    EXPECT_EQ(error_of(frame({.opcode = kText, .payload = std::string(size, 'a'), .length_bytes = 2})),
              FrameError::websocket);
  }
  EXPECT_EQ(error_of(frame({.opcode = kText, .payload = std::string(65535, 'a'), .length_bytes = 8})),
            FrameError::websocket);
  EXPECT_EQ(only(frame({.opcode = kText, .payload = std::string(126, 'a'), .length_bytes = 2})).kind,
            Kind::text);
  EXPECT_EQ(only(frame({.opcode = kText, .payload = std::string(65536, 'a'), .length_bytes = 8})).kind,
            Kind::text);
}

TEST(WsDecoder, ALengthWithTheHighestBitIsRefused) {
  std::string bytes = "\x81\xff";
  bytes += std::string(1, '\x80') + std::string(7, '\0') + "keyy";
  EXPECT_EQ(error_of(bytes), FrameError::websocket);
}

TEST(WsDecoder, AMessageAtTheLimitIsTakenAndOneByteMoreRefusedAtItsHeader) {
  EXPECT_EQ(only(frame({.opcode = kText, .payload = std::string(1000, 'a')}), 1000).kind, Kind::text);
  const std::string large = frame({.opcode = kText, .payload = std::string(1001, 'a')});
  EXPECT_EQ(only(large.substr(0, 8), 1000).error, FrameError::too_large) << "before its payload comes";
}

TEST(WsDecoder, TheLimitHoldsForTheFragmentsTogether) {
  const std::string first = frame({.opcode = kText, .final = false, .payload = std::string(600, 'a')});
  const auto at_limit = run(
      WsRole::server, first + frame({.opcode = kContinuation, .payload = std::string(400, 'b')}), 1000, 100);
  ASSERT_EQ(at_limit.size(), 2u);
  EXPECT_EQ(at_limit[1].payload, std::string(600, 'a') + std::string(400, 'b'));
  const auto above = run(
      WsRole::server, first + frame({.opcode = kContinuation, .payload = std::string(401, 'b')}), 1000, 100);
  EXPECT_EQ(above.back().error, FrameError::too_large);
}

TEST(WsDecoder, AServerDemandsMasksAndAClientRefusesThem) {
  EXPECT_EQ(error_of(frame({.opcode = kText, .payload = "{}", .masked = false})), FrameError::websocket);
  const auto unmasked = run(WsRole::client, frame({.opcode = kText, .payload = "{}", .masked = false}), 100,
                            100);
  ASSERT_EQ(unmasked.size(), 1u);
  EXPECT_EQ(unmasked[0].payload, "{}");
  const auto masked = run(WsRole::client, frame({.opcode = kText, .payload = "{}"}), 100, 100);
  EXPECT_EQ(masked[0].error, FrameError::websocket);
}

// 2 Pings and pongs -----------------------------------------------------------------------------------------

TEST(WsDecoder, Section2PingsCarryUpTo125BytesOfAnything) {
  for (const std::string& payload :
       {std::string(), std::string("hello"), std::string(125, '\xfe'), std::string("\0\xff\x80", 3)}) {
    const Event ping = only(frame({.opcode = kPing, .payload = payload}));
    EXPECT_EQ(ping.kind, Kind::ping);
    EXPECT_EQ(ping.payload, payload);
  }
  EXPECT_EQ(error_of(frame({.opcode = kPing, .payload = std::string(126, 'a')})), FrameError::websocket);
  EXPECT_EQ(only(frame({.opcode = kPong, .payload = "nobody asked"})).kind, Kind::pong);
}

TEST(WsDecoder, Section2TenPingsInOctetwisePieces) {
  std::string bytes;
  for (int i = 0; i < 10; ++i) bytes += frame({.opcode = kPing, .payload = std::to_string(i)});
  const auto events = run(WsRole::server, bytes, 1000, 1);
  ASSERT_EQ(events.size(), 10u);
  for (std::size_t i = 0; i < 10; ++i) EXPECT_EQ(events[i].payload, std::to_string(i));
}

// 3 Reserved bits, 4 opcodes --------------------------------------------------------------------------------

TEST(WsDecoder, Section3EveryReservedBitIsRefused) {
  for (int bits = 1; bits < 8; ++bits) {
    for (const std::uint8_t opcode : {kText, kBinary, kPing, kPong, kClose}) {
      EXPECT_EQ(error_of(frame({.opcode = opcode, .reserved = static_cast<std::uint8_t>(bits)})),
                FrameError::websocket);
    }
  }
}

TEST(WsDecoder, Section4ReservedOpcodesAreRefusedAfterWhatCameBefore) {
  for (const std::uint8_t opcode : {3, 4, 5, 6, 7, 11, 12, 13, 14, 15}) {
    const auto events = run(WsRole::server,
                            frame({.opcode = kText, .payload = "{}"}) + frame({.opcode = opcode}), 100, 1000);
    ASSERT_EQ(events.size(), 2u) << int{opcode};
    EXPECT_EQ(events[0].payload, "{}");
    EXPECT_EQ(events[1].error, FrameError::websocket);
  }
}

// 5 Fragmentation -------------------------------------------------------------------------------------------

TEST(WsDecoder, Section5ControlFramesMayNotBeFragmented) {
  for (const std::uint8_t opcode : {kPing, kPong, kClose}) {
    EXPECT_EQ(error_of(frame({.opcode = opcode, .final = false})), FrameError::websocket);
  }
}

TEST(WsDecoder, Section5AMessageOfFragmentsWithPingsBetweenThem) {
  const std::string bytes = frame({.opcode = kText, .final = false, .payload = "fragment1"}) +
                            frame({.opcode = kPing, .payload = "ping1"}) +
                            frame({.opcode = kContinuation, .final = false, .payload = ""}) +
                            frame({.opcode = kContinuation, .final = false, .payload = "fragment2"}) +
                            frame({.opcode = kPing, .payload = "ping2"}) +
                            frame({.opcode = kContinuation, .payload = "fragment3"});
  for (const std::size_t piece : {1u, 3u, 1000u}) {
    const auto events = run(WsRole::server, bytes, 1000, piece);
    ASSERT_EQ(events.size(), 6u);
    EXPECT_EQ(events[1].payload, "ping1");
    EXPECT_EQ(events[4].payload, "ping2");
    EXPECT_EQ(events[5].kind, Kind::text);
    EXPECT_EQ(events[5].payload, "fragment1fragment2fragment3");
  }
}

TEST(WsDecoder, Section5ContinuationWithoutBeginningAndBeginningWithoutEndAreRefused) {
  EXPECT_EQ(error_of(frame({.opcode = kContinuation, .payload = "a"})), FrameError::websocket);
  EXPECT_EQ(error_of(frame({.opcode = kContinuation, .final = false, .payload = "a"})),
            FrameError::websocket);
  EXPECT_EQ(error_of(frame({.opcode = kText, .final = false, .payload = "a"}) +
                     frame({.opcode = kText, .payload = "b"})),
            FrameError::websocket);
  EXPECT_EQ(
      error_of(frame({.opcode = kText, .payload = "a"}) + frame({.opcode = kContinuation, .payload = "b"})),
      FrameError::websocket);
}

TEST(WsDecoder, Section5TheNextMessageAfterAFragmentedOneIsItsOwn) {
  const std::string bytes = frame({.opcode = kText, .final = false, .payload = "a"}) +
                            frame({.opcode = kContinuation, .payload = "b"}) +
                            frame({.opcode = kText, .payload = "c"}) +
                            frame({.opcode = kText, .final = false, .payload = "d"}) +
                            frame({.opcode = kContinuation, .payload = "e"});
  const auto events = run(WsRole::server, bytes, 2, 1000);
  ASSERT_EQ(events.size(), 5u);
  EXPECT_EQ(events[1].payload, "ab");
  EXPECT_EQ(events[2].payload, "c");
  EXPECT_EQ(events[4].payload, "de");
}

// 6 UTF-8 ---------------------------------------------------------------------------------------------------

const std::vector<std::string> kValid = {
    "",
    "Hello-\xc2\xb5@\xc3\x9f\xc3\xb6\xc3\xa4\xc3\xbc\xc3\xa0\xc3\xa1-UTF-8!!",
    "\xce\xba\xe1\xbd\xb9\xcf\x83\xce\xbc\xce\xb5",
    std::string("\0", 1),
    "\xc2\x80",
    "\xe0\xa0\x80",
    "\xf0\x90\x80\x80",
    "\x7f",
    "\xdf\xbf",
    "\xef\xbf\xbf",
    "\xf4\x8f\xbf\xbf",
    "\xed\x9f\xbf",
    "\xee\x80\x80",
    "\xef\xbf\xbd",
    "\xef\xbf\xbe",
    std::string(100, 'a') + "\xe4\xbd\xa0\xe5\xa5\xbd"};
const std::vector<std::string> kInvalid = {"\x80",
                                           "\xbf",
                                           "\xc0\xaf",
                                           "\xc1\xbf",
                                           "\xe0\x80\xaf",
                                           "\xe0\x9f\xbf",
                                           "\xf0\x80\x80\xaf",
                                           "\xf0\x8f\xbf\xbf",
                                           "\xf4\x90\x80\x80",
                                           "\xf5\x80\x80\x80",
                                           "\xf8\x88\x80\x80\x80",
                                           "\xfc\x84\x80\x80\x80\x80",
                                           "\xfe",
                                           "\xff",
                                           "\xed\xa0\x80",
                                           "\xed\xbf\xbf",
                                           "\xed\xa0\x80\xed\xb0\x80",
                                           "\xc2",
                                           "\xe4\xbd",
                                           "\xf0\x9f\x98",
                                           "\xc2g",
                                           "\xe4\xbdg",
                                           std::string(100, 'a') + "\x80"};

TEST(WsDecoder, Section6TextMustBeUtf8InOneFrameAndAcrossFragmentsSplitAnywhere) {
  const auto split = [](const std::string& text, std::size_t at) {
    return frame({.opcode = kText, .final = false, .payload = text.substr(0, at)}) +
           frame({.opcode = kContinuation, .payload = text.substr(at)});
  };
  for (const std::string& text : kValid) {
    EXPECT_EQ(only(frame({.opcode = kText, .payload = text})).payload, text);
    for (std::size_t at = 0; at <= text.size(); ++at) {
      EXPECT_EQ(run(WsRole::server, split(text, at), 1000, 1000).back().payload, text);
    }
  }
  for (const std::string& text : kInvalid) {
    EXPECT_EQ(error_of(frame({.opcode = kText, .payload = text})), FrameError::not_utf8)
        << testing::PrintToString(text);
    for (std::size_t at = 0; at <= text.size(); ++at) {
      EXPECT_EQ(error_of(split(text, at)), FrameError::not_utf8) << testing::PrintToString(text) << at;
    }
    EXPECT_EQ(only(frame({.opcode = kBinary, .payload = text})).kind, Kind::binary)
        << "binary may be anything";
  }
}

TEST(WsDecoder, Section6WrongUtf8IsFoundWithTheFragmentThatBreaksIt) {
  const auto events = run(WsRole::server, frame({.opcode = kText, .final = false, .payload = "abc\xf8"}), 100,
                          100);
  ASSERT_EQ(events.size(), 1u);
  EXPECT_EQ(events[0].error, FrameError::not_utf8);
}

TEST(Utf8, EveryCodePointIsValidAndEverySurrogateIsNot) {
  for (std::uint32_t c = 0; c <= 0x10ffff; ++c) {
    std::string text;
    if (c < 0x80) {
      text = {static_cast<char>(c)};
    } else if (c < 0x800) {
      text = {static_cast<char>(0xc0 | c >> 6), static_cast<char>(0x80 | (c & 63))};
    } else if (c < 0x10000) {
      text = {static_cast<char>(0xe0 | c >> 12), static_cast<char>(0x80 | (c >> 6 & 63)),
              static_cast<char>(0x80 | (c & 63))};
    } else {
      text = {static_cast<char>(0xf0 | c >> 18), static_cast<char>(0x80 | (c >> 12 & 63)),
              static_cast<char>(0x80 | (c >> 6 & 63)), static_cast<char>(0x80 | (c & 63))};
    }
    Utf8Validator validator;
    ASSERT_EQ(validator.feed(text) && validator.complete(), c < 0xd800 || c > 0xdfff) << c;
  }
}

// 7 Close ---------------------------------------------------------------------------------------------------

TEST(WsDecoder, Section7CloseWithEveryCode) {
  for (std::uint32_t code = 0; code < 65536; ++code) {
    const Event event = only(
        frame({.opcode = kClose, .payload = ws_close_payload(static_cast<std::uint16_t>(code), "bye")}));
    const bool valid = (code >= 1000 && code <= 1003) || (code >= 1007 && code <= 1014) ||
                       (code >= 3000 && code < 5000);
    ASSERT_EQ(event.kind, valid ? Kind::close : Kind::error) << code;
    if (valid) {
      ASSERT_EQ(event.close_code, code);
      ASSERT_EQ(event.payload, "bye");
    }
  }
}

TEST(WsDecoder, Section7CloseWithoutCodeWithHalfACodeAndWithABrokenReason) {
  const Event empty = only(frame({.opcode = kClose}));
  EXPECT_EQ(empty.kind, Kind::close);
  EXPECT_EQ(empty.close_code, 1005);
  EXPECT_EQ(error_of(frame({.opcode = kClose, .payload = "\x03"})), FrameError::websocket);
  EXPECT_EQ(error_of(frame({.opcode = kClose, .payload = "\x03\xe8\xce\xba\xff"})), FrameError::not_utf8);
  EXPECT_EQ(only(frame({.opcode = kClose, .payload = "\x03\xe8" + std::string(123, 'r')})).kind, Kind::close);
  EXPECT_EQ(error_of(frame({.opcode = kClose, .payload = "\x03\xe8" + std::string(124, 'r')})),
            FrameError::websocket);
}

// Encoding --------------------------------------------------------------------------------------------------

TEST(WsEncode, WhatOneSideEncodesTheOtherDecodes) {
  for (const std::size_t size : {0u, 1u, 125u, 126u, 65535u, 65536u}) {
    std::string payload(size, 'z');
    const auto from_server = run(
        WsRole::client, std::string(ws_header(WsOpcode::text, size).view()) + payload, 100'000, 9'999);
    ASSERT_EQ(from_server.size(), 1u);
    EXPECT_EQ(from_server[0].payload, payload);
    std::string masked = payload;
    ws_mask(masked, 0x9a3f17c4);
    EXPECT_TRUE(size == 0 || masked != payload);
    const auto from_client = run(
        WsRole::server, std::string(ws_masked_header(WsOpcode::text, size, 0x9a3f17c4).view()) + masked,
        100'000, 9'999);
    ASSERT_EQ(from_client.size(), 1u);
    EXPECT_EQ(from_client[0].payload, payload);
  }
}

TEST(WsEncode, MaskingIsTheExampleOfTheRfc) {
  std::string text = "Hello";
  std::uint32_t key;
  std::memcpy(&key, "\x37\xfa\x21\x3d", 4);
  ws_mask(text, key);
  EXPECT_EQ(text, "\x7f\x9f\x4d\x51\x58");
}

TEST(WsEncode, ACloseReasonIsCutAtACharacterAt123Bytes) {
  EXPECT_EQ(ws_close_payload(1000, std::string(123, 'a')).size(), 125u);
  EXPECT_EQ(ws_close_payload(1000, std::string(124, 'a')).size(), 125u);
  const std::string payload = ws_close_payload(1000, std::string(122, 'a') + "\xe4\xbd\xa0");
  EXPECT_EQ(payload.size(), 124u) << "half a character is left out";
}

}  // namespace
}  // namespace plaza::net
