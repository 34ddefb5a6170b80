#include "base/secret_box.h"

#include <gtest/gtest.h>

#include <set>

#include "base/digest.h"

namespace plaza {
namespace {

// RFC 6234 section 8.5, test 1; RFC 4231 test cases 2 and 6.
TEST(Digest, IsWhatTheStandardsSay) {
  EXPECT_EQ(to_hex(sha256("abc")), "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
  EXPECT_EQ(to_hex(hmac_sha256("Jefe", "what do ya want for nothing?")),
            "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
  EXPECT_EQ(
      to_hex(hmac_sha256(std::string(131, '\xaa'), "Test Using Larger Than Block-Size Key - Hash Key First")),
      "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
}

TEST(Digest, HexIsReadBackAndWhatIsNoHexIsNothing) {
  EXPECT_EQ(from_hex(to_hex(std::string("\0\x7f\xff", 3))), std::string("\0\x7f\xff", 3));
  EXPECT_EQ(from_hex("abc"), "");
  EXPECT_EQ(from_hex("zz"), "");
}

TEST(Digest, SecretsAreTheSameOnlyWhenEveryByteIs) {
  EXPECT_TRUE(same_secret("abc", "abc"));
  EXPECT_FALSE(same_secret("abc", "abd"));
  EXPECT_FALSE(same_secret("abc", "ab"));
  EXPECT_TRUE(same_secret("", ""));
}

TEST(SecretBox, OpensWhatItSealedAndNothingElse) {
  const SecretBox box(std::string(32, 'k')), other(std::string(32, 'o'));
  const std::string sealed = box.seal("the secret");
  EXPECT_EQ(sealed.find("secret"), std::string::npos);
  EXPECT_NE(box.seal("the secret"), sealed) << "a nonce of its own each time";
  EXPECT_EQ(box.open(sealed), "the secret");
  EXPECT_EQ(box.open(box.seal("")), "");
  EXPECT_FALSE(other.open(sealed));
  std::string changed = sealed;
  changed.back() = changed.back() == '0' ? '1' : '0';
  EXPECT_FALSE(box.open(changed));
  EXPECT_FALSE(box.open(sealed.substr(0, 40)));
  EXPECT_FALSE(box.open("no hex"));
}

TEST(SecretBox, GivesEachUseAKeyOfItsOwn) {
  const SecretBox box(std::string(32, 'k'));
  EXPECT_EQ(box.derived("audit"), box.derived("audit"));
  EXPECT_NE(box.derived("audit"), box.derived("other"));
  EXPECT_EQ(box.derived("audit").size(), 32U);
}

TEST(SecretBox, RandomTextIsAsLongAsAskedAndNeverTheSame) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) seen.insert(random_text(32));
  EXPECT_EQ(seen.size(), 100U);
  EXPECT_EQ(seen.begin()->size(), 43U);
}

}  // namespace
}  // namespace plaza
