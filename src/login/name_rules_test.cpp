#include "login/name_rules.h"

#include <gtest/gtest.h>
#include <utf8proc.h>

#include <array>

namespace plaza::login {
namespace {

std::string utf8(std::int32_t c) {
  std::array<utf8proc_uint8_t, 4> bytes{};
  const auto size = utf8proc_encode_char(c, bytes.data());
  return {reinterpret_cast<const char*>(bytes.data()), static_cast<std::size_t>(size)};
}
std::string repeat(const std::string& text, int count) {
  std::string all;
  for (int i = 0; i < count; ++i) all += text;
  return all;
}
std::string key(const std::string& text) {
  const auto name = check_name(text);
  EXPECT_TRUE(name) << text << ": " << (name ? "" : name.error().detail);
  return name ? name->key : "refused";
}
std::string refusal(const std::string& text) {
  const auto name = check_name(text);
  EXPECT_FALSE(name) << "was accepted: " << text;
  if (name) return "accepted";
  EXPECT_EQ(name.error().allowed, name_allowed());
  return name.error().detail;
}

TEST(NameRules, TwoToTwentyFourCodePointsWhateverTheirBytes) {
  EXPECT_EQ(refusal(""), "it has 0 characters");
  EXPECT_EQ(refusal("a"), "it has 1 characters");
  EXPECT_EQ(key("ab"), "ab");
  for (const std::string& one : {std::string("a"), utf8(0x5e7f), utf8(0x1f3b2)}) {
    EXPECT_TRUE(check_name(repeat(one, 24)));
    EXPECT_EQ(refusal(repeat(one, 25)), "it has 25 characters");
  }
  EXPECT_EQ(refusal(std::string(100'000, 'a')), "it is too long");
}

TEST(NameRules, ComposedAndDecomposedCountAndCompareAlike) {
  const std::string composed = utf8(0xe9) + "va", decomposed = "e" + utf8(0x301) + "va";
  EXPECT_EQ(check_name(decomposed)->display, composed);
  EXPECT_EQ(key(composed), key(decomposed));
  EXPECT_TRUE(check_name(repeat("e" + utf8(0x301), 24))) << "48 code points that compose to 24";
}

TEST(NameRules, TheKeyFoldsCaseWidthAndCompatibilityForms) {
  EXPECT_EQ(key("ANN"), key("ann"));
  EXPECT_EQ(key("Stra" + utf8(0xdf) + "e"), key("STRASSE"));
  EXPECT_EQ(key(utf8(0xff21) + utf8(0xff4e) + utf8(0xff4e)), key("Ann")) << "full width";
  EXPECT_EQ(key(utf8(0xfb01) + "sh"), key("fish")) << "ligature";
  EXPECT_EQ(key(utf8(0x3a3) + "ok"), key(utf8(0x3c2) + "ok")) << "final sigma";
  EXPECT_NE(key("ann"), key("anna"));
  EXPECT_NE(key(utf8(0x430) + "nn"), key("ann")) << "Cyrillic a is another letter";
}

TEST(NameRules, WhatPeopleSeeIsWhatTheyTyped) {
  EXPECT_EQ(check_name("Ann of Cleves")->display, "Ann of Cleves");
  const std::string wide = utf8(0xff21) + utf8(0xff22);
  EXPECT_EQ(check_name(wide)->display, wide);
}

TEST(NameRules, TheKeyOfAKeyIsItselfForEveryCharacterThatIsAllowed) {
  int checked = 0;
  for (std::int32_t c = 1; c <= 0x10ffff; ++c) {
    const auto name = check_name("a" + utf8(c) + "b");
    if (!name) continue;
    const auto again = check_name(name->key);
    if (!again) continue;  // written out it may be too long, or have a space next to a space
    ASSERT_EQ(again->key, name->key) << std::hex << c;
    ++checked;
  }
  EXPECT_GT(checked, 130'000);
}

TEST(NameRules, InvisibleAndDirectionalCharactersAreRefusedWithTheirPosition) {
  struct Case {
    std::int32_t c;
    const char* what;
  };
  for (const auto& [c, what] :
       {Case{0x00, "control"},  {0x0a, "control"},          {0x7f, "control"},          {0x85, "control"},
        {0xad, "invisible"},    {0x200b, "invisible"},      {0x200d, "invisible"},      {0x2060, "invisible"},
        {0xfeff, "invisible"},  {0x202e, "invisible"},      {0x2066, "invisible"},      {0x061c, "invisible"},
        {0xe0041, "invisible"}, {0x115f, "invisible"},      {0x3164, "invisible"},      {0xffa0, "invisible"},
        {0x034f, "invisible"},  {0x2028, "line separator"}, {0x2029, "line separator"}, {0xe000, "private"},
        {0x10fffd, "private"},  {0x0378, "unassigned"},     {0xfffe, "unassigned"},     {0xa0, "blank"},
        {0x3000, "blank"},      {0x1680, "blank"},          {0x2800, "blank"}}) {
    const std::string detail = refusal("ab" + utf8(c) + "cd");
    EXPECT_NE(detail.find(what), std::string::npos) << std::hex << c << ": " << detail;
    EXPECT_EQ(detail.find("character 3 "), 0u) << detail;
  }
}

TEST(NameRules, SpacesAreSingleAndInside) {
  EXPECT_EQ(key("a b c"), "a b c");
  EXPECT_EQ(refusal(" ab"), "it begins with a space");
  EXPECT_EQ(refusal("ab "), "it ends with a space");
  EXPECT_EQ(refusal("a  b"), "it has two spaces in a row");
  EXPECT_EQ(refusal("  "), "it begins with a space");
}

TEST(NameRules, AMarkNeedsSomethingToStandOn) {
  EXPECT_EQ(refusal(utf8(0x301) + "ab"), "it begins with a combining mark");
}

TEST(NameRules, EmojiMayCarryTheirVariationSelectorsWhichDoNotCount) {
  const std::string heart = utf8(0x2764), emoji_heart = heart + utf8(0xfe0f);
  EXPECT_EQ(key(emoji_heart + heart), key(heart + heart));
  EXPECT_TRUE(check_name(repeat(emoji_heart, 24)));
  EXPECT_EQ(refusal(emoji_heart), "it has 1 characters");
  EXPECT_EQ(refusal(utf8(0xfe0f) + utf8(0xfe0f) + utf8(0xfe0f)), "it begins with a combining mark");
}

TEST(NameRules, BytesThatAreNotUtf8AreRefused) {
  for (const std::string& bytes :
       {std::string("ab\xff"), std::string("ab\xc0\x80"), std::string("ab\xed\xa0\x80"),
        std::string("ab\xf4\x90\x80\x80"), std::string("ab\xe5\xb9")}) {
    EXPECT_EQ(refusal(bytes), "it is not valid UTF-8");
  }
}

TEST(NameRules, ANameWhoseKeyIsTooLongIsRefused) {
  // U+FDFA stands for 18 characters.
  EXPECT_EQ(refusal(repeat(utf8(0xfdfa), 24)), "it is too long when written out");
}

}  // namespace
}  // namespace plaza::login
