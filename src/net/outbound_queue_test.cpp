#include "net/outbound_queue.h"

#include <gtest/gtest.h>
#include <sys/uio.h>

#include <array>
#include <string>

namespace plaza::net {
namespace {

/// Everything that waits, taken out `step` bytes at a time through `pieces` iovecs.
std::string drain(OutboundQueue& queue, std::size_t step = 1'000'000, std::size_t pieces = 64) {
  std::string text;
  std::array<iovec, 64> into;
  while (!queue.empty()) {
    const std::size_t count = queue.gather({into.data(), pieces});
    std::size_t left = step, taken = 0;
    for (std::size_t i = 0; i < count && left > 0; ++i) {
      const std::size_t part = std::min(left, into[i].iov_len);
      text.append(static_cast<const char*>(into[i].iov_base), part);
      left -= part;
      taken += part;
    }
    queue.consume(taken);
  }
  return text;
}

TEST(OutboundQueue, RefusesThirdFrameAtByteLimitAndKeepsFirstTwoInOrder) {
  OutboundQueue queue(100);
  EXPECT_EQ(queue.offer(std::string(50, 'a')), Offer::accepted);
  EXPECT_EQ(queue.offer(std::string(50, 'b')), Offer::accepted);
  EXPECT_EQ(queue.offer("c"), Offer::overflow);
  EXPECT_EQ(queue.bytes(), 100u);
  EXPECT_EQ(drain(queue), std::string(50, 'a') + std::string(50, 'b'));
  EXPECT_EQ(queue.offer("c"), Offer::accepted) << "there is room again";
}

TEST(OutboundQueue, AFrameOfPartsIsTakenWholeOrNotAtAll) {
  OutboundQueue queue(10);
  EXPECT_EQ(queue.offer("12345", "67890", "1"), Offer::overflow);
  EXPECT_TRUE(queue.empty());
  const SharedFrame shared(std::string(600, 'x'));
  EXPECT_EQ(queue.offer_shared("123", "4567", shared, 601), Offer::overflow);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.offer("12345", "6789", "0"), Offer::accepted);
  EXPECT_EQ(drain(queue), "1234567890");
}

TEST(OutboundQueue, AnEmptyQueueTakesAFrameAsLargeAsItsBoundAndNoLarger) {
  OutboundQueue queue(100'000);
  EXPECT_EQ(queue.offer(std::string(100'001, 'x')), Offer::overflow);
  EXPECT_EQ(queue.offer(std::string(100'000, 'x')), Offer::accepted);
  EXPECT_EQ(drain(queue, 777), std::string(100'000, 'x'));
}

TEST(OutboundQueue, ALargeSharedFrameIsHeldByReferenceAndASmallOneCopied) {
  OutboundQueue queue;
  const SharedFrame large(std::string(OutboundQueue::kShareBytesMin, 'x'));
  const SharedFrame small(std::string(OutboundQueue::kShareBytesMin - 2, 'y'));
  EXPECT_EQ(queue.offer_shared("he", "ad", large, large.size()), Offer::accepted);
  EXPECT_EQ(queue.offer_shared("", "", small, small.size() + 1), Offer::accepted);
  std::array<iovec, 8> pieces;
  ASSERT_EQ(queue.gather(pieces), 3u);
  EXPECT_EQ(pieces[1].iov_base, large.data());
  EXPECT_NE(pieces[2].iov_base, small.data());
  EXPECT_EQ(drain(queue), "head" + std::string(large.view()) + std::string(small.view()) + "\n");
}

TEST(OutboundQueue, ASharedFrameOfAnySizeThatNothingWaitsBeforeIsHeldByReference) {
  OutboundQueue queue;
  const SharedFrame small("small"), next("next");
  EXPECT_EQ(queue.offer_shared("", "", small, small.size()), Offer::accepted);
  EXPECT_EQ(queue.offer_shared("", "", next, next.size() + 1), Offer::accepted);
  std::array<iovec, 8> pieces;
  ASSERT_EQ(queue.gather(pieces), 2u);
  EXPECT_EQ(pieces[0].iov_base, small.data());
  EXPECT_NE(pieces[1].iov_base, next.data());
  EXPECT_EQ(drain(queue, 3, 1), "smallnext\n");
}

TEST(OutboundQueue, ASharedFrameLivesAsLongAsItsLastQueue) {
  OutboundQueue first, second;
  {
    const SharedFrame frame(std::string(2'000, 'x'));
    ASSERT_EQ(first.offer_shared("1", "", frame, 2'001), Offer::accepted);
    ASSERT_EQ(second.offer_shared("2", "", frame, 2'001), Offer::accepted);
  }
  EXPECT_EQ(drain(first), "1" + std::string(2'000, 'x') + "\n");
  first.clear();
  EXPECT_EQ(drain(second, 3, 1), "2" + std::string(2'000, 'x') + "\n");
}

TEST(OutboundQueue, OrderSurvivesEveryMixOfSizesAndPartialWrites) {
  std::uint64_t state = 3;
  const auto random = [&state](std::uint64_t below) {
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (state >> 33) % below;
  };
  OutboundQueue queue(1'000'000);
  std::string offered, written;
  std::array<iovec, 5> pieces;
  for (int step = 0; step < 20'000; ++step) {
    const std::string frame(random(step % 100 == 0 ? 40'000 : 1'500), static_cast<char>('a' + step % 26));
    if (random(2) == 0) {
      const SharedFrame shared(frame);
      if (queue.offer_shared("<", "", shared, shared.size() + 1) == Offer::accepted)
        offered += "<" + frame + "\n";
    } else if (queue.offer("[", frame, "]") == Offer::accepted) {
      offered += "[" + frame + "]";
    }
    if (random(2) == 0) {
      std::size_t left = random(10'000), taken = 0;
      const std::size_t count = queue.gather(pieces);
      for (std::size_t i = 0; i < count && left > 0; ++i) {
        const std::size_t part = std::min(left, pieces[i].iov_len);
        written.append(static_cast<const char*>(pieces[i].iov_base), part);
        left -= part;
        taken += part;
      }
      queue.consume(taken);
    }
    ASSERT_EQ(queue.bytes(), offered.size() - written.size());
  }
  written += drain(queue);
  EXPECT_EQ(written, offered);
}

TEST(OutboundQueue, ALoweredBoundRefusesWithoutDroppingWhatWaits) {
  OutboundQueue queue(100);
  ASSERT_EQ(queue.offer(std::string(80, 'a')), Offer::accepted);
  queue.set_bytes_max(50);
  EXPECT_EQ(queue.offer("b"), Offer::overflow);
  EXPECT_EQ(drain(queue), std::string(80, 'a'));
}

}  // namespace
}  // namespace plaza::net
