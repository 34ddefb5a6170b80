// Words and patterns that a zone does not want: what is found where, whatever case, form or neighbours it has.
#include <gtest/gtest.h>

#include <algorithm>
#include <random>

#include "words/compiler.h"
#include "words/folded_text.h"

namespace plaza::words {
namespace {

using ports::WordAction;
using ports::WordHit;
using ports::WordMatch;
using ports::WordRule;

ports::SharedWordFilter compiled(const std::vector<WordRule>& rules) {
  auto filter = Compiler().compile(rules);
  EXPECT_TRUE(filter) << filter.error();
  return filter.value_or(nullptr);
}
WordRule rule(std::string text, WordMatch match = WordMatch::anywhere, WordAction action = WordAction::mask) {
  return {.id = {}, .match = match, .action = action, .text = std::move(text)};
}
/// The text with what is hit in brackets, hits with one beginning or inside of another left out.
std::string marked(const ports::WordFilter& filter, std::string_view text) {
  std::vector<WordHit> hits;
  filter.find(text, hits);
  std::sort(hits.begin(), hits.end(), [](const WordHit& x, const WordHit& y) {
    return std::pair(x.begin, y.end) < std::pair(y.begin, x.end);
  });
  std::string out;
  std::size_t at = 0;
  for (const WordHit& hit : hits) {
    if (hit.begin < at) continue;
    out.append(text.substr(at, hit.begin - at)).append("[");
    out.append(text.substr(hit.begin, hit.end - hit.begin)).append("]");
    at = hit.end;
  }
  return out.append(text.substr(at));
}
std::string marked(const std::vector<WordRule>& rules, std::string_view text) {
  return marked(*compiled(rules), text);
}
bool hits(const std::vector<WordRule>& rules, std::string_view text) {
  std::vector<WordHit> found;
  compiled(rules)->find(text, found);
  return !found.empty();
}

TEST(Words, AreFoundAnywhereAndAllOfThem) {
  EXPECT_EQ(marked({rule("darn")}, "darn it, goddarnit"), "[darn] it, god[darn]it");
  EXPECT_EQ(marked({rule("he"), rule("she"), rule("hers")}, "ushers"), "u[she]rs");
  EXPECT_EQ(marked({rule("abcd"), rule("bc")}, "abce abcd"), "a[bc]e [abcd]");
  EXPECT_EQ(marked({rule("darn")}, "dar darm"), "dar darm");
  EXPECT_EQ(marked({rule("a b")}, "x a b c"), "x [a b] c");
}

TEST(Words, CaseAndFormDoNotCount) {
  EXPECT_EQ(marked({rule("Darn")}, "DARN dArN"), "[DARN] [dArN]");
  EXPECT_EQ(marked({rule("strasse")},
                   "STRA\xc3\x9f"
                   "E"),
            "[STRA\xc3\x9f"
            "E]");
  // Fullwidth letters, a ligature, a composed and a decomposed e acute.
  EXPECT_EQ(marked({rule("abc")}, "\xef\xbd\x81\xef\xbd\x82\xef\xbd\x83"),
            "[\xef\xbd\x81\xef\xbd\x82\xef\xbd\x83]");
  EXPECT_EQ(marked({rule("office")},
                   "o\xef\xac\x83"
                   "ce"),
            "[o\xef\xac\x83"
            "ce]");
  EXPECT_EQ(marked({rule("caf\xc3\xa9!")}, "cafe\xcc\x81!"), "[cafe\xcc\x81!]");
  EXPECT_EQ(marked({rule("cafe\xcc\x81!")}, "CAF\xc3\x89!"), "[CAF\xc3\x89!]");
}

TEST(Words, CharactersThatAreNotSeenDoNotHideThem) {
  EXPECT_EQ(marked({rule("darn")}, "da\xe2\x80\x8brn"), "[da\xe2\x80\x8brn]");
  EXPECT_EQ(marked({rule("darn")},
                   "d\xc2\xad"
                   "arn"),
            "[d\xc2\xad"
            "arn]");
}

TEST(Words, OtherScriptsAreFoundBetweenOthersOfTheirKind) {
  EXPECT_EQ(marked({rule("\xe5\x9d\x8f\xe8\xaf\x9d")}, "\xe8\xaf\xb4\xe5\x9d\x8f\xe8\xaf\x9d\xe4\xba\x86"),
            "\xe8\xaf\xb4[\xe5\x9d\x8f\xe8\xaf\x9d]\xe4\xba\x86");
}

TEST(Words, AWholeWordStandsAlone) {
  const std::vector<WordRule> rules{rule("ass", WordMatch::whole_word)};
  EXPECT_EQ(marked(rules, "ass, class Ass"), "[ass], class [Ass]");
  EXPECT_EQ(marked(rules,
                   "ass1 _ass_ \xc3\xa4"
                   "ass"),
            "ass1 _[ass]_ \xc3\xa4"
            "ass");
  EXPECT_EQ(marked(rules,
                   "\xe2\x80\x9c"
                   "ass\xe2\x80\x9d"),
            "\xe2\x80\x9c[ass]\xe2\x80\x9d");
  EXPECT_EQ(
      marked({rule("lass", WordMatch::whole_word), rule("ass", WordMatch::whole_word)}, "class lass ass"),
      "class [lass] [ass]");
  EXPECT_EQ(marked({rule("x ass", WordMatch::whole_word), rule("ass", WordMatch::whole_word)}, "xx ass"),
            "xx [ass]")
      << "the longer one does not stand alone, the shorter one does";
}

TEST(Words, EachHasItsAction) {
  const auto filter = compiled({rule("red", WordMatch::anywhere, WordAction::refuse),
                                rule("blue", WordMatch::anywhere, WordAction::report)});
  std::vector<WordHit> found;
  filter->find("blue red", found);
  ASSERT_EQ(found.size(), 2u);
  EXPECT_EQ(found[0].action, WordAction::report);
  EXPECT_EQ(found[1].action, WordAction::refuse);
}

TEST(Words, WhatIsNoWordIsRefused) {
  EXPECT_FALSE(Compiler().compile({rule("")}));
  EXPECT_FALSE(Compiler().compile({rule("\xe2\x80\x8b")})) << "nothing but what is not seen";
  EXPECT_EQ(Compiler().compile({}).value(), nullptr);
}

TEST(Patterns, AreFoundWhereTheyMatch) {
  const auto pattern = [](std::string text, WordAction action = WordAction::mask) {
    return rule(std::move(text), WordMatch::pattern, action);
  };
  EXPECT_EQ(marked({pattern("d+a[r]n")}, "ddarn DARN dan"), "[ddarn] [DARN] dan");
  EXPECT_EQ(marked({pattern("\\bass\\b")}, "class ass"), "class [ass]");
  EXPECT_EQ(marked({pattern("^x"), pattern("y$")}, "xxyy"), "[x]xy[y]");
  EXPECT_EQ(marked({pattern("a|\xc3\xa9")},
                   "\xc3\x89"
                   "b"),
            "[\xc3\x89]b");
  EXPECT_TRUE(hits({pattern("https?://", WordAction::refuse)}, "see HTTP://x"));
  EXPECT_FALSE(hits({pattern("https?://", WordAction::report)}, "see ftp://x"));
}

TEST(Patterns, WhatCannotBeCompiledOrMatchesNothingIsRefusedWithTheReason) {
  for (const char* bad : {"(", "[z-a]", "a{2000}", "(?=x)", "\\1", "x*", "", "(a{1000}){1000}"}) {
    const auto refused = Compiler().compile({rule(bad, WordMatch::pattern)});
    EXPECT_FALSE(refused) << bad;
    if (!refused) {
      EXPECT_FALSE(refused.error().empty());
    }
  }
}

TEST(Patterns, AMatchThatMayBeEmptyInsideOfATextEnds) {
  EXPECT_EQ(marked({rule("\\bx*\\B|q", WordMatch::pattern)}, "axxq b"), "axx[q] b");
}

/// The same answers as looking at every place, on texts made to have many near hits.
TEST(Words, AgreeWithLookingEverywhere) {
  std::mt19937 random(7);
  const auto letters = [&](std::size_t most) {
    std::string text(1 + random() % most, ' ');
    for (char& c : text) c = static_cast<char>('a' + random() % 2);
    return text;
  };
  for (int round = 0; round < 2'000; ++round) {
    std::vector<WordRule> rules;
    for (int i = 0; i < 5; ++i) rules.push_back(rule(letters(5)));
    const std::string text = letters(30);
    std::vector<bool> expected(text.size()), got(text.size());
    for (const WordRule& one : rules) {
      for (std::size_t at = text.find(one.text); at != std::string::npos; at = text.find(one.text, at + 1))
        std::fill_n(expected.begin() + static_cast<std::ptrdiff_t>(at), one.text.size(), true);
    }
    std::vector<WordHit> found;
    compiled(rules)->find(text, found);
    for (const WordHit& hit : found)
      std::fill(got.begin() + static_cast<std::ptrdiff_t>(hit.begin),
                got.begin() + static_cast<std::ptrdiff_t>(hit.end), true);
    ASSERT_EQ(got, expected) << text;
  }
}

TEST(FoldedText, EveryByteKnowsItsCharacter) {
  const std::string_view text = "A\xc3\x89z";
  const FoldedText folded(text);
  EXPECT_EQ(folded.bytes(), "ae\xcc\x81z");
  EXPECT_EQ(folded.begin_of(1), 1u);
  EXPECT_EQ(folded.begin_of(3), 1u);
  EXPECT_EQ(folded.end_of(3), 3u);
  EXPECT_EQ(folded.begin_of(4), 3u);
  EXPECT_EQ(folded.end_of(4), 4u);
}

}  // namespace
}  // namespace plaza::words
