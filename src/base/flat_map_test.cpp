#include "base/flat_map.h"

#include <gtest/gtest.h>

#include <map>
#include <random>

#include "base/ids.h"

namespace plaza {
namespace {

struct Thing {
  std::uint64_t key;
  int value;
};
/// A poor hash on purpose: 64 places for all keys, so that chains cross and wrap around.
struct PoorTraits {
  using Key = std::uint64_t;
  static std::uint64_t hash(Key key) { return mix64(key) % 64; }
  static bool is(const Thing& thing, Key key) { return thing.key == key; }
};
using Map = FlatMap<Thing, PoorTraits>;

/// Goal: the same as std::map after any sequence. Method: 20,000 random steps from a fixed seed, all keys
/// checked.
TEST(FlatMap, AgreesWithStdMapOverRandomInsertsErasesAndSweeps) {
  std::mt19937_64 random(7);
  Map map;
  std::map<std::uint64_t, int> model;
  for (int step = 0; step < 20'000; ++step) {
    const std::uint64_t key = random() % 150;
    switch (random() % 4) {
      case 0:
      case 1:
        if (!model.contains(key)) {
          model[key] = step;
          map.insert(key, std::make_unique<Thing>(Thing{key, step}));
        }
        break;
      case 2: EXPECT_EQ(map.erase(key), model.erase(key) == 1); break;
      default:
        map.sweep(random() % 8, [&](const Thing& thing) {
          const bool drop = thing.value % 5 == 0;
          if (drop) model.erase(thing.key);
          return drop;
        });
    }
    ASSERT_EQ(map.size(), model.size());
  }
  for (std::uint64_t key = 0; key < 150; ++key) {
    const Thing* thing = map.find(key);
    ASSERT_EQ(thing != nullptr, model.contains(key)) << key;
    if (thing != nullptr) EXPECT_EQ(thing->value, model[key]);
  }
}

TEST(FlatMap, SweepReachesEveryObjectInOneRound) {
  Map map;
  for (std::uint64_t key = 0; key < 100; ++key) map.insert(key, std::make_unique<Thing>(Thing{key, 0}));
  map.sweep(100'000, [](const Thing&) { return true; });
  EXPECT_EQ(map.size(), 0U);
  EXPECT_EQ(map.find(3), nullptr);
}

TEST(FlatMap, AnEmptyOneFindsAndErasesNothing) {
  Map map;
  EXPECT_EQ(map.find(1), nullptr);
  EXPECT_FALSE(map.erase(1));
  map.sweep(10, [](const Thing&) { return true; });
}

}  // namespace
}  // namespace plaza
