#include "login/tokens.h"

#include <gtest/gtest.h>

#include <set>

namespace plaza::login {
namespace {

TEST(Tokens, TheTextLeadsToTheStoredHash) {
  const NewToken token = make_token();
  EXPECT_EQ(token.text.size(), 47u);
  EXPECT_EQ(token.text.find("plz_"), 0u);
  EXPECT_EQ(token.hash.size(), 32u);
  EXPECT_EQ(token_hash(token.text), token.hash);
}

TEST(Tokens, TheHashIsSha256OfTheBytes) {
  // echo -n | openssl dgst over 32 zero bytes
  const auto hash = token_hash("plz_" + std::string(43, 'A'));
  ASSERT_TRUE(hash);
  EXPECT_EQ(hash->substr(0, 4), "\x66\x68\x7a\xad");
}

TEST(Tokens, NoTwoAreTheSame) {
  std::set<std::string> texts;
  for (int i = 0; i < 1'000; ++i) texts.insert(make_token().text);
  EXPECT_EQ(texts.size(), 1'000u);
}

TEST(Tokens, OtherTextsAreNoTokens) {
  const std::string good = make_token().text;
  for (const std::string& text :
       {std::string(), std::string("plz_"), good + "A", good.substr(0, 46), good.substr(4),
        "PLZ_" + good.substr(4), "plz_" + std::string(43, '!'), "plz_" + std::string(42, 'A') + "=",
        "plz_" + std::string(42, 'A') + "B", good.substr(0, 46) + '\0'}) {
    EXPECT_FALSE(token_hash(text)) << text;
  }
}

}  // namespace
}  // namespace plaza::login
