#include "client/chat/line_editor.h"

#include <gtest/gtest.h>

#include "client/chat/text.h"

namespace plaza::client::chat {
namespace {

TEST(LineEditor, InsertsAndErasesAtTheCursor) {
  LineEditor editor;
  editor.insert(L"helo");
  editor.left();
  editor.insert(L"l");
  EXPECT_EQ(editor.text(), L"hello");
  editor.erase_left();
  editor.erase_right();
  EXPECT_EQ(editor.text(), L"hel");
  editor.home();
  editor.erase_left();
  EXPECT_EQ(editor.text(), L"hel");
}

TEST(LineEditor, ACharacterMovesAndGoesWithItsCombiningMarks) {
  use_utf8_locale();
  LineEditor editor;
  editor.insert(L"ae\u0301");
  editor.left();
  EXPECT_EQ(editor.cursor(), 1U);
  editor.right();
  EXPECT_EQ(editor.cursor(), 3U);
  editor.erase_left();
  EXPECT_EQ(editor.text(), L"a");
}

TEST(LineEditor, KilledTextComesBack) {
  LineEditor editor;
  editor.insert(L"one two three");
  editor.kill_word_left();
  EXPECT_EQ(editor.text(), L"one two ");
  editor.home();
  editor.yank();
  EXPECT_EQ(editor.text(), L"threeone two ");
  editor.kill_to_end();
  EXPECT_EQ(editor.text(), L"three");
  editor.kill_to_start();
  EXPECT_EQ(editor.text(), L"");
}

TEST(LineEditor, HistoryGoesBackAndForthAndKeepsWhatWasBeingTyped) {
  LineEditor editor;
  for (const wchar_t* line : {L"first", L"second", L"second"}) {
    editor.insert(line);
    EXPECT_EQ(editor.take(false), line);
  }
  editor.insert(L"draft");
  editor.older();
  EXPECT_EQ(editor.text(), L"second");
  editor.older();
  EXPECT_EQ(editor.text(), L"first");
  editor.older();
  EXPECT_EQ(editor.text(), L"first");
  editor.newer();
  editor.newer();
  EXPECT_EQ(editor.text(), L"draft");
}

TEST(LineEditor, ASecretIsNotRemembered) {
  LineEditor editor;
  editor.insert(L"password");
  editor.kill_to_start();
  editor.yank();
  EXPECT_EQ(editor.take(true), L"password");
  editor.older();
  EXPECT_EQ(editor.text(), L"");
  editor.yank();
  EXPECT_EQ(editor.text(), L"");
}

TEST(LineEditor, TakesNoMoreThanItsBound) {
  LineEditor editor;
  editor.insert(std::wstring(LineEditor::text_max, L'x'));
  editor.insert(L"y");
  EXPECT_EQ(editor.text().size(), LineEditor::text_max);
  EXPECT_EQ(editor.text().back(), L'x');
}

}  // namespace
}  // namespace plaza::client::chat
