#include "net/read_buffer.h"

#include <gtest/gtest.h>

namespace plaza::net {
namespace {

constexpr std::size_t kSmall = 64 * 1024;
constexpr std::size_t kLarge = 16 * 1024 * 1024;

TEST(ReadBuffer, GivesBackWhatOneLongFrameTookOnceItIsNotNeededAnyMore) {
  ReadBuffer buffer;
  ASSERT_NE(buffer.prepare(kLarge), nullptr);
  EXPECT_GE(buffer.size(), kLarge + ReadBuffer::kPadding);
  for (std::uint32_t i = 1; i < ReadBuffer::kCallsToShrink; ++i) static_cast<void>(buffer.prepare(kSmall));
  EXPECT_GE(buffer.size(), kLarge) << "the frame may be still arriving, between small ones of others";
  static_cast<void>(buffer.prepare(kSmall));
  EXPECT_EQ(buffer.size(), kSmall + ReadBuffer::kPadding);
}

TEST(ReadBuffer, KeepsWhatIsInUseNowAndThen) {
  ReadBuffer buffer;
  static_cast<void>(buffer.prepare(kLarge));
  for (std::uint32_t i = 0; i < 3 * ReadBuffer::kCallsToShrink; ++i) {
    static_cast<void>(buffer.prepare(i % 100 == 0 ? kLarge : kSmall));
    ASSERT_GE(buffer.size(), kLarge);
  }
}

TEST(ReadBuffer, AFewHundredKilobytesAreKept) {
  ReadBuffer buffer;
  char* const first = buffer.prepare(ReadBuffer::kKeptBytes - ReadBuffer::kPadding);
  for (std::uint32_t i = 0; i < 3 * ReadBuffer::kCallsToShrink; ++i) ASSERT_EQ(buffer.prepare(1), first);
}

}  // namespace
}  // namespace plaza::net
