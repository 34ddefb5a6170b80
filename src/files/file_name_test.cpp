#include "files/file_name.h"

#include <gtest/gtest.h>

namespace plaza::files {
namespace {

TEST(FileName, IsWhatTheClientSaysWithoutFolders) {
  EXPECT_EQ(display_name("cat.png"), "cat.png");
  EXPECT_EQ(display_name("/etc/passwd"), "passwd");
  EXPECT_EQ(display_name("../../../etc/passwd"), "passwd");
  EXPECT_EQ(display_name("C:\\temp\\cat.png"), "cat.png");
  EXPECT_EQ(display_name("\xe7\x8c\xab.png"), "\xe7\x8c\xab.png");
}

TEST(FileName, IsNeverEmptyNorAFolder) {
  for (const char* name : {"", ".", "..", "...", "/", "../..", "a/..", "\\", " ", " . ", "\t", "a/"})
    EXPECT_EQ(display_name(name), "file") << name;
}

TEST(FileName, HasNothingThatIsNotSeenOrNotAllowed) {
  EXPECT_EQ(display_name(std::string("a\0b\r\nc\x1b[0m", 10)), "abc[0m");
  EXPECT_EQ(display_name("photo\xe2\x80\xaegnp.exe"), "photognp.exe") << "no other direction of reading";
  EXPECT_EQ(display_name("a\xe2\x80\x8b"
                         "b"),
            "ab")
      << "no zero width";
  EXPECT_EQ(display_name("a<b>\"c\"?.txt"), "abc.txt");
  EXPECT_EQ(display_name("a\xff\xfe"
                         "b"),
            "ab");
}

TEST(FileName, IsCutAtTheEndOfACharacter) {
  EXPECT_EQ(display_name(std::string(kNameBytesMax, 'x')).size(), kNameBytesMax);
  EXPECT_EQ(display_name(std::string(kNameBytesMax + 1, 'x')).size(), kNameBytesMax);
  const std::string wide = std::string(kNameBytesMax - 1, 'x') + "\xe7\x8c\xab";
  EXPECT_EQ(display_name(wide), std::string(kNameBytesMax - 1, 'x'));
}

TEST(FileName, InAHeaderBreaksOutOfNothing) {
  EXPECT_EQ(attachment_header("cat.png"), "attachment; filename=\"cat.png\"; filename*=UTF-8''cat.png");
  EXPECT_EQ(attachment_header("my \xe7\x8c\xab.png"),
            "attachment; filename=\"my ___.png\"; filename*=UTF-8''my%20%E7%8C%AB.png");
  EXPECT_EQ(attachment_header("a\"; x=\r\n"),
            "attachment; filename=\"a__ x___\"; filename*=UTF-8''a%22%3B%20x%3D%0D%0A");
}

}  // namespace
}  // namespace plaza::files
