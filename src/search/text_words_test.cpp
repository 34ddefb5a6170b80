// What is a word, in which script.
#include "search/text_words.h"

#include <gtest/gtest.h>

namespace plaza::search {
namespace {

using ports::SearchTerm;
using Kind = SearchTerm::Kind;

bool finds(std::string_view query, std::string_view text) {
  const TextWords words = words_of(text);
  const ports::SearchDocument document{
      .id = {}, .conversation = {}, .words = words.words, .characters = words.characters};
  const auto terms = terms_of(query);
  EXPECT_FALSE(terms.empty()) << query;
  for (const SearchTerm& term : terms) {
    if (!ports::has_term(document, term)) return false;
  }
  return true;
}

TEST(TextWords, AreLettersAndDigitsFolded) {
  EXPECT_EQ(words_of("Hello, World! 42 don't").words, "hello world 42 don t");
  EXPECT_EQ(words_of("  --  ").words, "");
  EXPECT_EQ(words_of("").words, "");
  EXPECT_EQ(words_of("STRASSE").words, words_of("stra\xc3\x9f"
                                                "e")
                                           .words);
  EXPECT_EQ(words_of("\xef\xbc\xb4\xef\xbc\xa5\xef\xbc\xa1").words, "tea") << "full-width letters";
  EXPECT_TRUE(words_of("tea").characters.empty());
}

TEST(TextWords, OfChineseAreItsPairsAndItsCharacters) {
  const TextWords words = words_of(
      "\xe4\xbd\xa0\xe5\xa5\xbd\xe5\x90\x97\xef\xbc\x9f\xe5\xa5\xbd");  // ni hao ma? hao
  EXPECT_EQ(words.words, "\xe4\xbd\xa0\xe5\xa5\xbd \xe5\xa5\xbd\xe5\x90\x97 \xc2\xa0");
  EXPECT_EQ(words.characters, "\xe4\xbd\xa0 \xe5\xa5\xbd \xe5\x90\x97");
}

TEST(TextWords, OfMixedTextAreBothKinds) {
  EXPECT_EQ(words_of("iPhone\xe6\x89\x8b\xe6\x9c\xba"
                     "15")
                .words,
            "iphone \xe6\x89\x8b\xe6\x9c\xba 15");
}

TEST(TextWords, ThatAreVeryLongAreComparedByTheirBeginning) {
  const std::string longest(kWordBytesMax, 'x');
  EXPECT_EQ(words_of(longest).words, longest);
  EXPECT_EQ(words_of(longest + "y").words, longest);
  EXPECT_TRUE(finds(longest + "z", longest + "y"));
  // Not cut inside of a character.
  const std::string cyrillic = std::string(kWordBytesMax - 1, 'x') + "\xd1\x8f";
  EXPECT_EQ(words_of(cyrillic).words, std::string(kWordBytesMax - 1, 'x'));
}

TEST(TextWords, OfBytesThatAreNoUtf8AreWhatIsBetweenThem) {
  EXPECT_EQ(words_of("tea\xff\xfe milk\x80").words, "tea milk");
}

TEST(Terms, OfAQueryAreItsWordsEachOnce) {
  EXPECT_EQ(terms_of("Tea of TEA"), (std::vector<SearchTerm>{{.kind = Kind::beginning, .text = "tea"},
                                                             {.kind = Kind::word, .text = "of"}}));
  EXPECT_EQ(terms_of("\xe5\xa5\xbd"),
            (std::vector<SearchTerm>{{.kind = Kind::character, .text = "\xe5\xa5\xbd"}}));
  EXPECT_EQ(terms_of("\xe4\xbd\xa0\xe5\xa5\xbd"),
            (std::vector<SearchTerm>{{.kind = Kind::run, .text = "\xe4\xbd\xa0\xe5\xa5\xbd"}}));
  EXPECT_TRUE(terms_of(" *\"-()").empty());
}

TEST(Terms, FindTheTextsThatHaveThem) {
  EXPECT_TRUE(finds("green tea", "Tea, the green one"));
  EXPECT_TRUE(finds("gre", "Greetings"));
  EXPECT_FALSE(finds("gr", "Greetings")) << "two letters are a word of their own";
  EXPECT_FALSE(finds("eet", "Greetings"));
  EXPECT_FALSE(finds("green tea", "green milk"));
  EXPECT_TRUE(finds("\xe5\xa5\xbd", "\xe4\xbd\xa0\xe5\xa5\xbd"));
  EXPECT_TRUE(finds("\xe5\xa5\xbd\xe5\x90\x97", "\xe4\xbd\xa0\xe5\xa5\xbd\xe5\x90\x97\xef\xbc\x9f"));
  EXPECT_FALSE(finds("\xe4\xbd\xa0\xe5\x90\x97", "\xe4\xbd\xa0\xe5\xa5\xbd\xe5\x90\x97"));
  EXPECT_FALSE(finds("\xe4\xbd\xa0\xe5\xa5\xbd\xe5\x90\x97",
                     "\xe4\xbd\xa0\xe5\xa5\xbd\xef\xbc\x8c\xe5\xa5\xbd\xe5\x90\x97"))
      << "a comma is between them";
  EXPECT_TRUE(finds("\xed\x95\x9c\xea\xb5\xad",
                    "\xeb\x8c\x80\xed\x95\x9c\xeb\xaf\xbc\xea\xb5\xad \xed\x95\x9c\xea\xb5\xad\xec\x96\xb4"));
  EXPECT_TRUE(finds("caf\xc3\xa9", "CAFE\xcc\x81"));
}

TEST(Snippet, IsTheTextWhenItIsShort) {
  EXPECT_EQ(snippet_of("green tea", terms_of("tea")), "green tea");
  EXPECT_EQ(snippet_of(std::string(kSnippetBytesMax, 'x'), terms_of("tea")),
            std::string(kSnippetBytesMax, 'x'));
}

TEST(Snippet, IsWhatIsAroundTheFirstWordThatWasFound) {
  const std::string text = std::string(500, 'x') + " Green TEA " + std::string(500, 'y');
  const std::string snippet = snippet_of(text, terms_of("tea green"));
  EXPECT_LE(snippet.size(), kSnippetBytesMax);
  EXPECT_NE(snippet.find("xx Green TEA yy"), std::string::npos) << snippet;
  EXPECT_TRUE(snippet.starts_with("\xe2\x80\xa6"));
  EXPECT_TRUE(snippet.ends_with("\xe2\x80\xa6"));
  const std::string at_the_end = snippet_of(std::string(500, 'x') + " tea", terms_of("tea"));
  EXPECT_TRUE(at_the_end.ends_with("x tea"));
}

TEST(Snippet, IsNeverCutInsideOfACharacter) {
  std::string text;
  for (int i = 0; i < 400; ++i) text += "\xe4\xbd\xa0";
  for (std::size_t at = 0; at < 30; ++at) {
    std::string with = text;
    with.insert(3 * (100 + at), std::string(at, '.') + "\xe5\xa5\xbd\xe5\x90\x97");
    const std::string snippet = snippet_of(with, terms_of("\xe5\xa5\xbd\xe5\x90\x97"));
    EXPECT_LE(snippet.size(), kSnippetBytesMax);
    EXPECT_NE(snippet.find("\xe5\xa5\xbd\xe5\x90\x97"), std::string::npos);
    const std::size_t head = snippet.find_first_not_of("\xe2\x80\xa6");
    EXPECT_NE(static_cast<unsigned char>(snippet[head]) & 0xc0, 0x80) << at;
  }
}

}  // namespace
}  // namespace plaza::search
