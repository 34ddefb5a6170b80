#include "moderation/word_policy.h"

#include <gtest/gtest.h>

namespace plaza::moderation {
namespace {

using ports::WordAction;
using ports::WordHit;

class Fixed final : public ports::WordFilter {
 public:
  explicit Fixed(std::vector<WordHit> hits) : hits_(std::move(hits)) {}
  void find(std::string_view, std::vector<WordHit>& hits) const override { hits = hits_; }

 private:
  std::vector<WordHit> hits_;
};
WordHit masks(std::size_t begin, std::size_t end) { return {begin, end, WordAction::mask}; }

TEST(WordPolicy, TheHardestOfAllHitsDecides) {
  const WordHit report{0, 2, WordAction::report}, refuse{4, 5, WordAction::refuse};
  EXPECT_FALSE(judge(Fixed({}), "hello").action);
  EXPECT_EQ(judge(Fixed({report}), "hello").action, WordAction::report);
  const auto masked = judge(Fixed({report, masks(1, 3)}), "hello");
  EXPECT_EQ(masked.action, WordAction::mask);
  EXPECT_EQ(masked.masked, "h**lo") << "what is only reported stays";
  EXPECT_EQ(judge(Fixed({masks(1, 3), refuse, report}), "hello").action, WordAction::refuse);
}

TEST(WordPolicy, AMaskHasOneAsteriskForEachCharacter) {
  EXPECT_EQ(mask("hello", {}), "hello");
  EXPECT_EQ(mask("hello", {masks(0, 5)}), "*****");
  EXPECT_EQ(mask("hello", {masks(3, 5), masks(0, 1)}), "*el**");
  EXPECT_EQ(mask("hello", {masks(0, 3), masks(1, 2), masks(2, 4)}), "****o") << "they may overlap";
  EXPECT_EQ(mask("\xe4\xbd\xa0x\xe5\xa5\xbd", {masks(0, 4)}), "**\xe5\xa5\xbd");
  EXPECT_EQ(mask("\xf0\x9f\x98\x80!", {masks(0, 4)}), "*!");
}

}  // namespace
}  // namespace plaza::moderation
