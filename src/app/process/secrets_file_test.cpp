#include "app/process/secrets_file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

namespace plaza::app {
namespace {

class SecretsFile : public testing::Test {
 protected:
  SecretsFile() {
    std::string pattern = (std::filesystem::temp_directory_path() / "plaza-secrets-XXXXXX").string();
    folder_ = mkdtemp(pattern.data());
  }
  ~SecretsFile() override { std::filesystem::remove_all(folder_); }
  [[nodiscard]] std::string path() const { return (folder_ / "secrets.key").string(); }
  Result<SecretsKey, std::string> take() { return take_secrets_key(folder_.string()); }
  std::filesystem::path folder_;
};

TEST_F(SecretsFile, IsMadeOnceForItsOwnerAloneAndReadFromThenOn) {
  const auto first = take();
  ASSERT_TRUE(first) << first.error();
  EXPECT_TRUE(first->fresh);
  EXPECT_EQ(first->bytes.size(), 32U);
  struct stat facts{};
  ASSERT_EQ(::stat(path().c_str(), &facts), 0);
  EXPECT_EQ(facts.st_mode & 0777, 0600U);
  const auto again = take();
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->fresh);
  EXPECT_EQ(again->bytes, first->bytes);
}

TEST_F(SecretsFile, IsRefusedWhenOthersCanReadItOrItIsNotWhole) {
  ASSERT_TRUE(take());
  ::chmod(path().c_str(), 0640);
  ASSERT_FALSE(take());
  EXPECT_NE(take().error().find("chmod 600"), std::string::npos) << take().error();
  ::chmod(path().c_str(), 0600);
  for (const int bytes : {0, 31, 33}) {
    std::ofstream(path(), std::ios::trunc) << std::string(static_cast<std::size_t>(bytes), 'k');
    ASSERT_FALSE(take()) << bytes;
    EXPECT_NE(take().error().find("not whole"), std::string::npos) << take().error();
  }
  EXPECT_FALSE(take_secrets_key((folder_ / "nowhere").string()));
}

}  // namespace
}  // namespace plaza::app
