// What comes of a process that looks into a file, however it ends.
#include "pictures/inspector_process.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <filesystem>
#include <fstream>

#include "pictures/confine.h"
#include "pictures/look.h"

namespace plaza::pictures {
namespace {

constexpr const char* kUnknown = "application/octet-stream";

class InspectorProcessTest : public testing::Test {
 protected:
  InspectorProcessTest() : folder_(std::filesystem::temp_directory_path() / "plaza-look-XXXXXX") {
    std::string name = folder_.string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    folder_ = name;
    std::ofstream(folder_ / "file") << "what is in it\n";
    input_ = open((folder_ / "file").c_str(), O_RDONLY | O_CLOEXEC);
  }
  ~InspectorProcessTest() override {
    close(input_);
    std::filesystem::remove_all(folder_);
  }
  ports::FileFacts looks_with(const std::string& script, std::int64_t deadline_ms = 20'000) {
    const std::string program = folder_ / "program";
    std::ofstream(program) << "#!/bin/sh\n" << script << "\n";
    chmod(program.c_str(), 0700);
    InspectorProcess inspector(program, deadline_ms);
    const auto facts = inspector.inspect(input_);
    EXPECT_TRUE(facts.has_value()) << (facts ? "" : facts.error().detail);
    return facts.value_or(ports::FileFacts{});
  }

  std::filesystem::path folder_;
  int input_ = -1;
};

TEST_F(InspectorProcessTest, SaysWhatTheProcessSays) {
  const auto facts = looks_with(R"(/bin/cat > /dev/null; printf 'image/png 3 4 5\nsmall')");
  EXPECT_EQ(facts.type, "image/png");
  EXPECT_EQ(facts.width, 3u);
  EXPECT_EQ(facts.height, 4u);
  EXPECT_EQ(facts.thumbnail, "small");
}

TEST_F(InspectorProcessTest, TheProcessHasTheFileAndNothingElseOfOurs) {
  const auto facts = looks_with(R"sh(
[ "$1" = look-at-file ] && [ "$(/bin/cat)" = 'what is in it' ] && [ -z "$HOME" ] && [ ! -e /proc/self/fd/9 ] &&
printf 'a/b 0 0 0\n')sh");
  EXPECT_EQ(facts.type, "a/b");
}

TEST_F(InspectorProcessTest, OneThatDiesOrTalksNonsenseHasSeenNothing) {
  for (const char* script :
       {"exit 1", "printf 'image/png 3 4 0\\n'; exit 3", "kill -9 $$", "printf 'image/png'",
        "printf 'image/png 3 4\\n'", "printf 'image/png 3 4 6\\nsmall'", "printf 'image/png 3 4 4\\nsmall'",
        "printf 'image/png x 4 0\\n'", "printf 'image/png -3 4 0\\n'", "/bin/cat /dev/zero"}) {
    const auto facts = looks_with(script);
    EXPECT_EQ(facts.type, kUnknown) << script;
    EXPECT_EQ(facts.width, 0u) << script;
    EXPECT_EQ(facts.thumbnail, "") << script;
  }
}

TEST_F(InspectorProcessTest, OneThatDoesNotEndIsEnded) {
  EXPECT_EQ(looks_with("printf 'image/png 3 4 0\\n'; exec /bin/sleep 1000", 200).type, kUnknown);
}

TEST_F(InspectorProcessTest, WithoutAProgramNothingCanBeSaid) {
  InspectorProcess inspector(folder_ / "nothing", 1000);
  EXPECT_FALSE(inspector.inspect(input_).has_value());
}

TEST(Looker, KnowsTextAndNeedsNoPicture) {
  std::array<char, 32> name{"/tmp/plaza-look-XXXXXX"};
  const int file = mkstemp(name.data());
  unlink(name.data());
  ASSERT_EQ(write(file, "hello there\n", 12), 12);
  Looker looker;
  ASSERT_TRUE(looker.read(file));
  const auto facts = looker.look();
  close(file);
  EXPECT_EQ(facts.type, "text/plain");
  EXPECT_EQ(facts.width, 0u);
}

#if defined(__has_feature)
#if __has_feature(address_sanitizer) || __has_feature(thread_sanitizer)
#define PLAZA_NO_CONFINING
#endif
#endif
#ifndef PLAZA_NO_CONFINING
TEST(ConfineDeathTest, EndsWhoeverTriesToGetOut) {
  const auto tries = [](auto what) {
    if (!confine()) _exit(1);
    what();
    _exit(0);
  };
  EXPECT_EXIT(tries([] { socket(AF_INET, SOCK_STREAM, 0); }), testing::KilledBySignal(SIGSYS), "");
  EXPECT_EXIT(tries([] { open("/etc/passwd", O_RDONLY); }), testing::KilledBySignal(SIGSYS), "");
  EXPECT_EXIT(tries([] { kill(getppid(), 0); }), testing::KilledBySignal(SIGSYS), "");
  EXPECT_EXIT(tries([] { execl("/bin/true", "true", nullptr); }), testing::KilledBySignal(SIGSYS), "");
  EXPECT_EXIT(tries([] { delete[] new char[100'000'000]; }), testing::ExitedWithCode(0), "")
      << "memory is free";
}
#endif

}  // namespace
}  // namespace plaza::pictures
