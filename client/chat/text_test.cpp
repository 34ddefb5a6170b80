#include "client/chat/text.h"

#include <gtest/gtest.h>

namespace plaza::client::chat {
namespace {

class Text : public ::testing::Test {
 protected:
  static void SetUpTestSuite() { ASSERT_TRUE(use_utf8_locale()); }
  static std::string shown(std::string_view text) { return to_utf8(printable(text)); }
  static std::vector<std::string> wrapped(std::string_view text, int width) {
    std::vector<std::string> lines;
    for (const std::wstring& line : wrap(to_wide(text), width)) lines.push_back(to_utf8(line));
    return lines;
  }
};
using Lines = std::vector<std::string>;

TEST_F(Text, WhatSteersATerminalIsNeverShown) {
  EXPECT_EQ(shown("a\033[2Jb"), "a\uFFFD[2Jb");
  EXPECT_EQ(shown("\a\b\x7f"), "\uFFFD\uFFFD\uFFFD");
  EXPECT_EQ(shown("\xC2\x9B"
                  "31m"),
            "\uFFFD31m");                                        // C1: CSI
  EXPECT_EQ(shown("abc\u202Edef\u2066\u200B\uFEFF"), "abcdef");  // direction changes, invisible ones
}

TEST_F(Text, LineFeedsStayInMessagesAndBecomeASignInLines) {
  EXPECT_EQ(shown("a\r\nb"), "a\nb");
  EXPECT_EQ(to_utf8(printable_line("a\nb")), "a⏎b");
}

TEST_F(Text, BrokenUtf8BecomesReplacementsAndLosesNothingElse) {
  EXPECT_EQ(shown("a\xff"
                  "b"),
            "a\uFFFDb");
  EXPECT_EQ(shown("a\xe4\xbd"), "a\uFFFD\uFFFD");  // cut character
  EXPECT_EQ(shown("\xc0\xaf"
                  "x"),
            "\uFFFD\uFFFDx");                     // overlong
  EXPECT_EQ(shown("\xed\xa0\x80x").back(), 'x');  // surrogate
}

TEST_F(Text, CombiningMarksAreBounded) {
  std::string zalgo = "e";
  for (int i = 0; i < 50; ++i) zalgo += "\u0301";
  EXPECT_EQ(printable(zalgo).size(), 5U);
  EXPECT_EQ(printable("\u0301a"), L"a");  // none without a character below it
}

TEST_F(Text, WidthsAreCountedInCells) {
  EXPECT_EQ(cell_width(to_wide("grüße")), 5);
  EXPECT_EQ(cell_width(to_wide("你好")), 4);
  EXPECT_EQ(cell_width(to_wide("e\u0301")), 1);
  EXPECT_EQ(cell_width(to_wide("🎉")), 2);
}

TEST_F(Text, WrapsAtBlanksAndBreaksOnlyWordsThatAreTooLong) {
  EXPECT_EQ(wrapped("one two three", 7), (Lines{"one two", "three"}));
  EXPECT_EQ(wrapped("one two three", 8), (Lines{"one two", "three"}));
  EXPECT_EQ(wrapped("abcdefghij", 4), (Lines{"abcd", "efgh", "ij"}));
  EXPECT_EQ(wrapped("ab cdefghij", 4), (Lines{"ab", "cdef", "ghij"}));
  EXPECT_EQ(wrapped("a\n\nb", 4), (Lines{"a", "", "b"}));
  EXPECT_EQ(wrapped("", 4), (Lines{""}));
}

TEST_F(Text, AWideCharacterIsNeverCutInTwo) {
  EXPECT_EQ(wrapped("你好世界", 5), (Lines{"你好", "世界"}));
  EXPECT_EQ(wrapped("a你好", 4), (Lines{"a你", "好"}));
  EXPECT_EQ(to_utf8(fit(to_wide("你好世界"), 4)), "你…");
  EXPECT_EQ(cell_width(pad(to_wide("你好世界"), 4)), 4);
}

TEST_F(Text, NoWrappedLineIsWiderThanAsked) {
  const std::string text = "Grüße 你好世界, a-very-long-word-without-blanks 🎉🎉 e\u0301e\u0301";
  for (int width = 2; width < 40; ++width) {
    for (const std::wstring& line : wrap(to_wide(text), width)) EXPECT_LE(cell_width(line), width) << width;
  }
}

TEST_F(Text, TablesGoOnBelowTheirSecondColumn) {
  Lines lines;
  for (const std::wstring& line : wrap_table(L"/a     what it does here\nplain", 14))
    lines.push_back(to_utf8(line));
  EXPECT_EQ(lines, (Lines{"/a     what it", "       does", "       here", "plain"}));
}

}  // namespace
}  // namespace plaza::client::chat
