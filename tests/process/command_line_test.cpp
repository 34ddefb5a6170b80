// What a person sees who types plaza commands, right and wrong ones.
#include <gtest/gtest.h>
#include <unistd.h>

#include "tests/process/program.h"

namespace plaza::tests {
namespace {

bool has(const std::string& text, const std::string& part) { return text.find(part) != std::string::npos; }

TEST(CommandLine, HelpNamesEveryCommandAndHowToBegin) {
  const TempDir folder;
  const Ended help = run_plaza(folder, {"--help"});
  EXPECT_EQ(help.code, 0);
  for (const char* part :
       {"serve", "config", "doctor", "backup", "restore", "new-epoch", "version", "plaza COMMAND --help"}) {
    EXPECT_TRUE(has(help.out, part)) << part << " is not in\n" << help.out;
  }
}

TEST(CommandLine, WithoutACommandItExplainsItselfAndFails) {
  const TempDir folder;
  const Ended ended = run_plaza(folder, {});
  EXPECT_EQ(ended.code, 2);
  EXPECT_TRUE(has(ended.err, "Usage: plaza COMMAND")) << ended.err;
}

TEST(CommandLine, AWrongWordIsAnsweredWithTheNearestRightOne) {
  const TempDir folder;
  struct Wrong {
    std::vector<std::string> typed;
    const char* answer;
  };
  for (const auto& [typed, answer] : std::vector<Wrong>{
           {{"serv"}, "did you mean serve?"},
           {{"confg"}, "did you mean config?"},
           {{"config", "chek"}, "did you mean check?"},
           {{"config", "--shard", "2"}, "Did you mean --shards?"},
           {{"config", "check", "--set", "edge.heartbeet_ms=1"}, "did you mean edge.heartbeat_ms?"},
           {{"config", "check", "--shards", "many"}, "server.shards must be a number from 0 to 256"},
           {{"config", "check", "--tcp", "7600"}, "tcp.listen must be ADDRESS:PORT"},
           {{"config", "check", "--set", "edge.heartbeat_ms"}, "needs SECTION.KEY=VALUE"},
       }) {
    const Ended ended = run_plaza(folder, typed);
    EXPECT_EQ(ended.code, 2) << ended.err;
    EXPECT_TRUE(has(ended.err, answer)) << answer << " is not in\n" << ended.err;
  }
}

TEST(CommandLine, ThePrintedConfigurationIsRightAsItIs) {
  const TempDir folder;
  const Ended printed = run_plaza(folder, {"config"});
  ASSERT_EQ(printed.code, 0);
  write_file(folder.path("plaza.toml"), printed.out);
  const Ended checked = run_plaza(folder, {"config", "check"});
  EXPECT_EQ(checked.code, 0) << checked.err;
  EXPECT_EQ(checked.out, "plaza.toml is right.\n");
}

TEST(CommandLine, AConfigurationIsCheckedAndTheLineIsNamed) {
  const TempDir folder;
  write_file(folder.path("my.toml"), "[edge]\nheartbeat_ms = 20000\nfram_bytes_max = 1\n");
  const Ended checked = run_plaza(folder, {"config", "check", "--config", "my.toml"});
  EXPECT_EQ(checked.code, 2);
  EXPECT_TRUE(
      has(checked.err, "my.toml:3: unknown setting edge.fram_bytes_max; did you mean edge.frame_bytes_max?"))
      << checked.err;
}

TEST(CommandLine, FlagsWinOverVariablesAndVariablesOverTheFile) {
  const TempDir folder;
  write_file(folder.path("plaza.toml"),
             "[edge]\nheartbeat_ms = 1001\nlogin_deadline_ms = 1002\n[server]\nshards = 3\n");
  const Ended shown = run_plaza(folder, {"config", "show", "--shards", "5"},
                                {{"PLAZA_EDGE_LOGIN_DEADLINE_MS", "2002"}, {"PLAZA_SERVER_SHARDS", "4"}});
  ASSERT_EQ(shown.code, 0) << shown.err;
  EXPECT_TRUE(has(shown.out, "heartbeat_ms = 1001")) << shown.out;
  EXPECT_TRUE(has(shown.out, "login_deadline_ms = 2002")) << shown.out;
  EXPECT_TRUE(has(shown.out, "shards = 5")) << shown.out;
}

TEST(CommandLine, AnUnknownVariableIsRefused) {
  const TempDir folder;
  const Ended checked = run_plaza(folder, {"config", "check"}, {{"PLAZA_EDGE_HEARTBEET_MS", "1"}});
  EXPECT_EQ(checked.code, 2);
  EXPECT_TRUE(has(checked.err, "did you mean PLAZA_EDGE_HEARTBEAT_MS?")) << checked.err;
}

TEST(CommandLine, VariablesOfTheTerminalClientAndOfTestsDoNotDisturbAServer) {
  const TempDir folder;
  const Ended checked = run_plaza(
      folder, {"config", "check"},
      {{"PLAZA_PASSWORD", "x"}, {"PLAZA_NEW_PASSWORD", "y"}, {"PLAZA_FUZZ_SECONDS", "1"}});
  EXPECT_EQ(checked.code, 0) << checked.err;
}

TEST(CommandLine, DoctorLooksAtLimitsPortsDiskAndClockAndMakesNothing) {
  const TempDir folder;
  const Ended doctor = run_plaza(
      folder, {"doctor", "--tcp", "127.0.0.1:0", "--http", "127.0.0.1:0", "--backend", "127.0.0.1:0"});
  EXPECT_EQ(doctor.code, 0) << doctor.out << doctor.err;
  for (const char* part : {"open files", "tcp.listen", "http.listen", "backend.listen", "free disk",
                           "disk sync", "clock", "sqlite"}) {
    EXPECT_TRUE(has(doctor.out, part)) << part << " is not in\n" << doctor.out;
  }
  EXPECT_NE(access(folder.path("plaza-data").c_str(), F_OK), 0);
}

TEST(CommandLine, VersionNamesTheLibraries) {
  const TempDir folder;
  const Ended version = run_plaza(folder, {"version"});
  EXPECT_EQ(version.code, 0);
  EXPECT_TRUE(version.out.starts_with("plaza ")) << version.out;
  EXPECT_TRUE(has(version.out, "sqlite")) << version.out;
}

}  // namespace
}  // namespace plaza::tests
