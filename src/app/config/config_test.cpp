#include <fmt/format.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <set>

#include "app/config/constraints.h"
#include "app/config/load.h"
#include "app/config/nearest.h"
#include "app/config/print.h"
#include "app/config/settings.h"
#include "protocol/fields.h"

namespace plaza::app {
namespace {

class TempFile {
 public:
  explicit TempFile(const std::string& text) {
    path_ = std::filesystem::temp_directory_path() /
            fmt::format("plaza-config-test-{}-{}.toml", getpid(), ++count_);
    std::ofstream(path_) << text;
  }
  ~TempFile() { std::filesystem::remove(path_); }
  TempFile(const TempFile&) = delete;
  TempFile& operator=(const TempFile&) = delete;
  [[nodiscard]] std::string path() const { return path_; }

 private:
  static inline int count_ = 0;
  std::filesystem::path path_;
};

Result<LoadedConfig, ConfigProblems> load_text(const std::string& toml) {
  const TempFile file(toml);
  return load_config({.file = file.path(), .environment = {}, .flags = {}});
}

std::string joined(const ConfigProblems& problems) {
  std::string text;
  for (const auto& problem : problems) text += problem + "\n";
  return text;
}

// Each wrong line, and what the message must say. The line is the second one of the file.
struct WrongLine {
  const char* toml;
  std::vector<const char*> said;
};
void PrintTo(const WrongLine& line, std::ostream* out) { *out << line.toml; }

class WrongFile : public testing::TestWithParam<WrongLine> {};

TEST_P(WrongFile, IsRefusedWithTheLineAndWhatWouldBeRight) {
  const TempFile file(GetParam().toml);
  const auto loaded = load_config({.file = file.path(), .environment = {}, .flags = {}});
  ASSERT_FALSE(loaded.has_value());
  ASSERT_EQ(loaded.error().size(), 1U) << joined(loaded.error());
  const std::string& problem = loaded.error().front();
  EXPECT_TRUE(problem.starts_with(file.path() + ":2: ")) << problem;
  for (const char* part : GetParam().said) EXPECT_NE(problem.find(part), std::string::npos) << problem;
}

INSTANTIATE_TEST_SUITE_P(
    All, WrongFile,
    testing::Values(
        WrongLine{"[edge]\nfram_bytes_max = 1",
                  {"unknown setting edge.fram_bytes_max", "edge.frame_bytes_max"}},
        WrongLine{"[edge]\nx = 1", {"unknown setting edge.x", "did you mean edge."}},
        WrongLine{"[edge]\nlevel = \"info\"", {"unknown setting edge.level", "did you mean log.level?"}},
        WrongLine{"\n[egde]\nheartbeat_ms = 1", {"unknown section [egde]", "did you mean [edge]?"}},
        WrongLine{"\n[egde]\n", {"unknown section [egde]", "did you mean [edge]?"}},
        WrongLine{"\ndata_dir = \"x\"", {"unknown setting data_dir", "server.data_dir"}},
        WrongLine{"\nedge = 1", {"[edge] is a section"}},
        WrongLine{"[edge]\nheartbeat_ms = \"soon\"",
                  {"edge.heartbeat_ms", "a number from 100 to", "not \"soon\""}},
        WrongLine{"[edge]\nheartbeat_ms = 1.5", {"a number from 100", "floating-point"}},
        WrongLine{"[edge]\nheartbeat_ms = 99", {"a number from 100 to 3600000", "not 99"}},
        WrongLine{"[edge]\nheartbeat_ms = 3600001", {"a number from 100 to 3600000"}},
        WrongLine{"[tcp]\ntls = 1", {"tcp.tls", "true or false"}},
        WrongLine{"[tcp]\nlisten = \"7600\"", {"tcp.listen", "127.0.0.1:7600", "not \"7600\""}},
        WrongLine{"[tcp]\nlisten = \"example.org:7600\"", {"ADDRESS:PORT"}},
        WrongLine{"[tcp]\nlisten = \"127.0.0.1:65536\"", {"ADDRESS:PORT"}},
        WrongLine{"[log]\nlevel = \"loud\"", {"one of trace, debug, info, warn, error, off", "not \"loud\""}},
        WrongLine{"[zone]\ndefault_devices = \"no\"", {"one of allow, kick, reject"}},
        WrongLine{"[http]\norigins = [1]", {"http.origins", "a list of texts"}},
        WrongLine{"[login]\nvendors = { Game = \"0123456789abcdef\" }", {"bad name \"Game\""}},
        WrongLine{"[login]\nvendors = { game = \"short\" }", {"shorter than 16 bytes"}},
        WrongLine{"[log]\nlevel = ", {""}}, WrongLine{"[log]\n[log]", {""}}));

TEST(Config, AWrongSecretIsNotInTheMessage) {
  const auto loaded = load_text("[login]\nvendors = { game = \"hunter2\" }");
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(joined(loaded.error()).find("hunter2"), std::string::npos);
}

TEST(Config, AllProblemsAreReportedAtOnce) {
  const auto loaded = load_text("[edge]\nfoo = 1\nheartbeat_ms = 1\n[logg]\nx = 1\n");
  ASSERT_FALSE(loaded.has_value());
  ASSERT_EQ(loaded.error().size(), 3U) << joined(loaded.error());
  EXPECT_NE(loaded.error()[0].find(":4: unknown section [logg]"), std::string::npos);
  EXPECT_NE(loaded.error()[1].find(":2: unknown setting edge.foo"), std::string::npos);
  EXPECT_NE(loaded.error()[2].find(":3: edge.heartbeat_ms"), std::string::npos);
}

TEST(Config, AFileThatWasNamedMustBeThere) {
  const auto loaded = load_config({.file = "/nonexistent/plaza.toml", .environment = {}, .flags = {}});
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().front(), "/nonexistent/plaza.toml: cannot read it: No such file or directory");
}

TEST(Config, AnEmptyFileIsAConfigurationOfDefaultsAndADirectoryIsNone) {
  const TempFile empty("");
  const auto loaded = load_config({.file = empty.path(), .environment = {}, .flags = {}});
  ASSERT_TRUE(loaded.has_value()) << loaded.error().front();
  EXPECT_EQ(loaded->config.server.data_dir, "plaza-data");
  const auto directory = load_config({.file = "/tmp", .environment = {}, .flags = {}});
  ASSERT_FALSE(directory.has_value());
  EXPECT_EQ(directory.error().front(), "/tmp: cannot read it: could not be read; is it a file?");
}

TEST(Config, WhatKubernetesSetsBesideAServiceCalledPlazaIsNoSetting) {
  const std::vector<const char*> theirs{"PLAZA_PORT", "PLAZA_PORT_7600_TCP_ADDR", "PLAZA_SERVICE_HOST",
                                        "PLAZA_SERVICE_PORT"};
  for (const char* name : theirs) setenv(name, "tcp://10.0.0.1:7600", 1);
  setenv("PLAZA_PORTS", "1", 1);
  std::vector<std::string> seen;
  for (const auto& [name, value] : plaza_environment()) seen.push_back(name);
  for (const char* name : theirs) {
    EXPECT_EQ(std::ranges::count(seen, name), 0) << name;
    unsetenv(name);
  }
  EXPECT_EQ(std::ranges::count(seen, "PLAZA_PORTS"), 1) << "a misspelling of ours is still found";
  unsetenv("PLAZA_PORTS");
}

TEST(Config, FlagsWinOverVariablesAndVariablesOverTheFile) {
  const TempFile file(
      "[edge]\nheartbeat_ms = 1001\nlogin_deadline_ms = 1002\n[tcp]\nlisten = \"0.0.0.0:1\"\n");
  const auto loaded = load_config(
      {.file = file.path(),
       .environment = {{"PLAZA_EDGE_LOGIN_DEADLINE_MS", "2002"}, {"PLAZA_TCP_LISTEN", "[::1]:2"}},
       .flags = {{"tcp.listen", "127.0.0.1:3", "--tcp"}}});
  ASSERT_TRUE(loaded.has_value()) << joined(loaded.error());
  EXPECT_EQ(loaded->config.edge.heartbeat_ms, 1001);
  EXPECT_EQ(loaded->config.edge.login_deadline_ms, 2002);
  EXPECT_EQ(to_string(loaded->config.tcp.listen), "127.0.0.1:3");
  const std::string shown = effective_values(*loaded);
  EXPECT_NE(shown.find(file.path() + ":2"), std::string::npos) << shown;
  EXPECT_NE(shown.find("# $PLAZA_EDGE_LOGIN_DEADLINE_MS"), std::string::npos) << shown;
  EXPECT_NE(shown.find("# --tcp"), std::string::npos) << shown;
}

TEST(Config, TheFileMayBeNamedByAVariable) {
  const TempFile file("[server]\nshards = 3\n");
  const auto loaded = load_config({.file = {}, .environment = {{"PLAZA_CONFIG", file.path()}}, .flags = {}});
  ASSERT_TRUE(loaded.has_value()) << joined(loaded.error());
  EXPECT_EQ(loaded->config.server.shards, 3);
}

TEST(Config, AnUnknownVariableIsRefusedNamingTheNearestOne) {
  const auto loaded = load_config(
      {.file = {}, .environment = {{"PLAZA_EDGE_HEARTBEET_MS", "1"}}, .flags = {}});
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().front(),
            "$PLAZA_EDGE_HEARTBEET_MS: unknown variable; did you mean PLAZA_EDGE_HEARTBEAT_MS?");
}

TEST(Config, AnUnknownKeyInAFlagIsRefusedNamingTheNearestOne) {
  const auto loaded = load_config({.file = {}, .environment = {}, .flags = {{"server.shard", "1", "--set"}}});
  ASSERT_FALSE(loaded.has_value());
  EXPECT_EQ(loaded.error().front(), "--set: unknown setting server.shard; did you mean server.shards?");
}

TEST(Config, ListsAndTablesCanBeGivenAsText) {
  const auto loaded = load_config(
      {.file = {},
       .environment = {{"PLAZA_HTTP_ORIGINS", "https://a.example,https://b.example"}},
       .flags = {{"login.vendors", "game=0123456789abcdef", "--set"}}});
  ASSERT_TRUE(loaded.has_value()) << joined(loaded.error());
  EXPECT_EQ(loaded->config.http.origins,
            (std::vector<std::string>{"https://a.example", "https://b.example"}));
  EXPECT_EQ(loaded->config.login.vendors.at("game"), "0123456789abcdef");
}

// Every integer at both ends of its range and one past each.
TEST(Config, EveryNumberIsTakenAtItsLimitsAndRefusedOnePastThem) {
  for (const auto& setting : settings()) {
    if (setting.type != SettingType::integer) continue;
    Config config;
    EXPECT_EQ(setting.set(setting, config, setting.min), "") << setting.key();
    EXPECT_EQ(setting.set(setting, config, setting.max), "") << setting.key();
    EXPECT_NE(setting.set(setting, config, setting.min - 1), "") << setting.key();
    EXPECT_NE(setting.set(setting, config, setting.max + 1), "") << setting.key();
    EXPECT_EQ(std::get<std::int64_t>(setting.get(setting, config)), setting.max) << setting.key();
  }
}

TEST(Config, EveryDefaultIsAllowedAndTheDefaultsFitEachOther) {
  const Config defaults;
  for (const auto& setting : settings()) {
    Config config;
    EXPECT_EQ(setting.set(setting, config, setting.get(setting, defaults)), "") << setting.key();
  }
  EXPECT_EQ(conflicts(defaults), std::vector<std::string>{});
}

TEST(Config, EveryKeyIsUniqueAndItsNameEndsInAUnitOrIsAThing) {
  std::set<std::string> keys;
  for (const auto& setting : settings()) {
    EXPECT_TRUE(keys.insert(setting.key()).second) << setting.key();
    EXPECT_FALSE(setting.help.empty()) << setting.key();
    EXPECT_TRUE(setting.help.ends_with('.')) << setting.key();
  }
}

TEST(Config, TheAnnotatedDefaultSaysTheDefaultsWhenItsLinesAreUncommented) {
  std::string toml = annotated_defaults();
  EXPECT_TRUE(load_text(toml).has_value());
  // "#name = value" has no blank after the #, explanations have one.
  std::size_t uncommented = 0;
  for (std::size_t at = toml.find("\n#"); at != std::string::npos; at = toml.find("\n#", at + 1)) {
    if (at + 2 < toml.size() && toml[at + 2] != ' ') {
      toml.erase(at + 1, 1);
      ++uncommented;
    }
  }
  EXPECT_EQ(uncommented, settings().size());
  const auto loaded = load_text(toml);
  ASSERT_TRUE(loaded.has_value()) << joined(loaded.error());
  EXPECT_EQ(loaded->config, Config{});
}

struct Conflict {
  const char* toml;
  const char* said;
};
void PrintTo(const Conflict& conflict, std::ostream* out) { *out << conflict.toml; }
class ConflictingFile : public testing::TestWithParam<Conflict> {};
TEST_P(ConflictingFile, IsRefusedNamingBothSettings) {
  const auto loaded = load_text(GetParam().toml);
  ASSERT_FALSE(loaded.has_value());
  EXPECT_NE(joined(loaded.error()).find(GetParam().said), std::string::npos) << joined(loaded.error());
}
INSTANTIATE_TEST_SUITE_P(
    All, ConflictingFile,
    testing::Values(
        Conflict{"[message]\nbody_bytes_max = 39489\n[edge]\nframe_bytes_max = 40000",
                 "message.body_bytes_max (39489) must be at least 512 less"},
        Conflict{"[edge]\nframe_before_login_bytes_max = 65537",
                 "must not be larger than edge.frame_bytes_max"},
        Conflict{"[edge]\nheartbeat_ms = 37501", "at least twice edge.heartbeat_ms"},
        Conflict{"[edge]\noutbound_bytes_max = 65535", "edge.outbound_bytes_max (65535)"},
        Conflict{"[edge]\nconnections_max = 100", "edge.connections_max (100)"},
        Conflict{"[login]\npassword_bytes_min = 128\npassword_bytes_max = 127",
                 "login.password_bytes_max (127)"},
        Conflict{"[login]\nthrottle_max_ms = 999", "login.throttle_max_ms (999)"},
        Conflict{"[member]\nmessage_burst = 9", "member.message_burst (9)"},
        Conflict{"[member]\nrequest_burst = 19", "member.request_burst (19)"},
        Conflict{"[room]\nmessage_burst = 49", "room.message_burst (49)"},
        Conflict{"[edge]\noutbound_bytes_max = 262143\n",
                 "message.sync_bytes_max (131072) must be at most half"},
        Conflict{"[http]\ntls = true", "http.tls needs tls.certificate and tls.key"},
        Conflict{"[file]\norigins = [\"https://a.example\", \"https://a.example/\"]",
                 "file.origins: \"https://a.example/\" is no origin"},
        Conflict{"[file]\norigins = [\"a.example\"]", "file.origins: \"a.example\""},
        Conflict{"[file]\norigins = [\"https://\"]", "file.origins: \"https://\""},
        Conflict{"[file]\norigins = [\"https://*.example\"]", "file.origins: \"https://*.example\""},
        Conflict{"[file]\norigins = [\"null\"]", "file.origins: \"null\""},
        Conflict{"[backend]\ntls = true", "backend.tls needs tls.certificate and tls.key"},
        Conflict{"[backend]\nlisten = \"127.0.0.1:7680\"",
                 "http.listen (127.0.0.1:7680) and backend.listen (127.0.0.1:7680)"},
        Conflict{"[http]\nbalancers = [\"10.0.0.0/8\", \"10.0.0.1/8\"]",
                 "http.balancers: \"10.0.0.1/8\" is no address or network"},
        Conflict{"[http]\nlisten = \"127.0.0.1:7600\"", "they need two ports"},
        Conflict{"[http]\nlisten = \"0.0.0.0:7600\"", "tcp.listen (127.0.0.1:7600) and http.listen (0.0.0.0"},
        Conflict{"[http]\nlisten = \"[::]:7600\"", "they need two ports"},
        Conflict{"[tcp]\nlisten = \"[::]:9\"\n[http]\nlisten = \"0.0.0.0:9\"", "they need two ports"},
        Conflict{"[tcp]\nlisten = \"[::]:9\"\n[http]\nlisten = \"[::1]:9\"", "they need two ports"}));

TEST(Config, OriginsAreTakenAsBrowsersWriteThem) {
  const auto loaded = load_text(
      "[file]\norigins = [\"*\", \"https://a.example\", \"http://localhost:8080\", \"http://[::1]:80\"]");
  ASSERT_TRUE(loaded.has_value()) << joined(loaded.error());
  EXPECT_EQ(loaded->config.file.origins.size(), 4u);
}

TEST(Config, TwoListenersMayHaveOnePortOnAddressesThatAreApart) {
  for (const char* addresses : {"[tcp]\nlisten = \"0.0.0.0:9\"\n[http]\nlisten = \"[::1]:9\"",
                                "[tcp]\nlisten = \"127.0.0.1:9\"\n[http]\nlisten = \"127.0.0.2:9\"",
                                "[tcp]\nlisten = \"[::]:0\"\n[http]\nlisten = \"[::]:0\""}) {
    const auto loaded = load_text(addresses);
    EXPECT_TRUE(loaded.has_value()) << joined(loaded.error());
  }
}

TEST(Config, SettingsAtTheLimitOfEachOtherAreAccepted) {
  const auto loaded = load_text(
      "[message]\nbody_bytes_max = 39488\n[edge]\nframe_bytes_max = 40000\nheartbeat_ms = 37500\n"
      "[tcp]\nlisten = \"127.0.0.1:0\"\n[http]\nlisten = \"127.0.0.1:0\"\n");
  EXPECT_TRUE(loaded.has_value()) << joined(loaded.error());
}

TEST(Config, AReloadAppliesLiveSettingsAndNamesThoseThatNeedARestart) {
  const Config running;
  Config read;
  read.edge.heartbeat_ms = 1000;
  read.log.level = LogLevel::debug;
  read.server.shards = 7;
  const auto applied = apply_live(running, read);
  ASSERT_TRUE(applied.has_value()) << joined(applied.error());
  const Reloaded& reloaded = *applied;
  EXPECT_EQ(reloaded.config.edge.heartbeat_ms, 1000);
  EXPECT_EQ(reloaded.config.log.level, LogLevel::debug);
  EXPECT_EQ(reloaded.config.server.shards, running.server.shards);
  EXPECT_EQ(reloaded.changed, (std::vector<std::string>{"edge.heartbeat_ms", "log.level"}));
  EXPECT_EQ(reloaded.needs_restart, (std::vector<std::string>{"server.shards"}));
}

TEST(Config, AReloadWhoseLiveSettingsDoNotGoWithWhatStaysChangesNothing) {
  Config running;
  running.edge.frame_bytes_max = 40'000;
  running.message.body_bytes_max = 39'488;
  Config read;
  read.message.body_bytes_max = 60'000;  // beside the new frame_bytes_max of 65536, which waits for a restart
  const auto applied = apply_live(running, read);
  ASSERT_FALSE(applied.has_value());
  EXPECT_NE(joined(applied.error()).find("at least 512 less than edge.frame_bytes_max (40000)"),
            std::string::npos)
      << joined(applied.error());
  EXPECT_NE(joined(applied.error()).find("until the next start edge.frame_bytes_max"), std::string::npos);
}

TEST(Config, NoSettingAllowsMoreThanTheProtocolTakes) {
  const std::vector<std::pair<const char*, protocol::Field>> limits{
      {"message.body_bytes_max", protocol::Field::msg},
      {"message.body_bytes_max", protocol::Field::body},
      {"login.password_bytes_max", protocol::Field::password},
      {"login.password_bytes_max", protocol::Field::new_password},
      {"member.remark_bytes_max", protocol::Field::remark},
      {"room.description_bytes_max", protocol::Field::groupdesc}};
  for (const auto& [key, field] : limits) {
    const Setting* setting = find_setting(key);
    ASSERT_NE(setting, nullptr) << key;
    EXPECT_EQ(static_cast<std::uint64_t>(setting->max), protocol::info(field).max) << key;
  }
}

TEST(EditDistance, CountsInsertedRemovedReplacedAndSwappedLetters) {
  EXPECT_EQ(edit_distance("", ""), 0U);
  EXPECT_EQ(edit_distance("edge", "edge"), 0U);
  EXPECT_EQ(edit_distance("edge", ""), 4U);
  EXPECT_EQ(edit_distance("egde", "edge"), 1U);
  EXPECT_EQ(edit_distance("edg", "edge"), 1U);
  EXPECT_EQ(edit_distance("edgee", "edge"), 1U);
  EXPECT_EQ(edit_distance("edxe", "edge"), 1U);
  EXPECT_EQ(edit_distance("kitten", "sitting"), 3U);
}

}  // namespace
}  // namespace plaza::app
