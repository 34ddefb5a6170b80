#include "client/chat/script.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <chrono>
#include <thread>

#include "client/fake_server.h"

namespace plaza::client::chat {
namespace {

/// What a script prints, and how it ends.
struct ScriptRun {
  std::string output;
  int code = -1;
  [[nodiscard]] bool printed(std::string_view pattern) const { return contains_pattern(output, pattern); }
};

ScriptRun run_script(const Endpoint& server, const std::string& name, const std::string& input) {
  ChatOptions options;
  options.client.endpoint = server;
  options.client.device = "script";
  options.account = {.name = name, .password = "password-" + name, .make_new = true};
  int in[2], out[2];
  EXPECT_EQ(pipe(in), 0);
  EXPECT_EQ(pipe(out), 0);
  EXPECT_EQ(write(in[1], input.data(), input.size()), static_cast<ssize_t>(input.size()));
  close(in[1]);
  ScriptRun run;
  std::jthread reader([&] {
    char bytes[4096];
    for (ssize_t got = read(out[0], bytes, sizeof bytes); got > 0; got = read(out[0], bytes, sizeof bytes)) {
      run.output.append(bytes, static_cast<std::size_t>(got));
    }
  });
  run.code = Script(std::move(options), in[0], out[1]).run();
  close(out[1]);
  reader.join();
  close(in[0]);
  close(out[0]);
  return run;
}

ScriptRun run_script(const FakeServer& server, const std::string& name, const std::string& input) {
  return run_script(server.endpoint(), name, input);
}

TEST(Script, PatternsMatchAnywhereAndStarsMatchAnything) {
  EXPECT_TRUE(contains_pattern("message from=\"ann\" text=\"hi\"", "from=*text=\"hi\""));
  EXPECT_TRUE(contains_pattern("abc", ""));
  EXPECT_TRUE(contains_pattern("abc", "*"));
  EXPECT_FALSE(contains_pattern("abc", "c*a"));
}

TEST(Script, ACommandsOutcomeAndEventsAreLines) {
  FakeServer server;
  const ScriptRun bob = run_script(server, "bob", "/status\n");
  EXPECT_EQ(bob.code, 0);
  EXPECT_TRUE(bob.printed("status state=\"online\"*name=\"bob\""));
  const ScriptRun ann = run_script(server, "ann", "/msg bob say \"hi\"\n/find bob\n/add bob\n/friends\n");
  EXPECT_EQ(ann.code, 0) << ann.output;
  EXPECT_TRUE(ann.printed("sent to=\"bob\" text=\"say \\\"hi\\\"\" send_id=1"));
  EXPECT_TRUE(ann.printed("found name=\"bob\""));
  EXPECT_TRUE(ann.printed("friend name=\"bob\"*friendship=\"friends\""));
  EXPECT_EQ(server.inbox("bob"), std::vector<std::string>{"say \"hi\""});
}

TEST(Script, AFailedLineEndsItWithOneAndAnExclamationMarkTurnsThatAround) {
  FakeServer server;
  const ScriptRun bad = run_script(server, "bob", "/find nobody\n/status\n");
  EXPECT_EQ(bad.code, 1);
  EXPECT_TRUE(bad.printed("error errno=1"));
  EXPECT_FALSE(bad.printed("status "));
  EXPECT_EQ(run_script(server, "ann", "!/find nobody\n!/no-such-command\n").code, 0);
  EXPECT_EQ(run_script(server, "carl", "!/find ann\n").code, 1);
}

TEST(Script, WaitsForAnEventAndTellsWhenItDoesNotCome) {
  FakeServer server;
  run_script(server, "bob", "");
  const ScriptRun ann = run_script(server, "ann",
                                   "/msg bob one\n/msg bob two\n/wait sent*two 5\n/expect text=\"two\"\n");
  EXPECT_EQ(ann.code, 0) << ann.output;
  const ScriptRun carl = run_script(server, "carl", "/wait never 0\n/status\n");
  EXPECT_EQ(carl.code, 1);
  EXPECT_TRUE(carl.printed("timeout pattern=\"never\""));
  EXPECT_EQ(run_script(server, "dan", "/status\n/expect nothing-like-it\n").code, 1);
}

TEST(Script, EventsThatWereMatchedOnceDoNotMatchAgain) {
  FakeServer server;
  run_script(server, "bob", "");
  EXPECT_EQ(run_script(server, "ann", "/msg bob one\n/wait \"sent to\" 5\n/wait \"sent to\" 0\n").code, 1);
}

TEST(Script, ALineOfAnyTextStaysOneLineAndCannotSteerATerminal) {
  EXPECT_EQ(Record("x").add("text", "a\nb\x1b[2J\xC2\x9B\x7f\"").text(),
            "x text=\"a\\nb\\u001b[2J\\u009b\\u007f\\\"\"");
}

TEST(Script, ThereIsAWayBackToEachOfOnesOwnMembers) {
  FakeServer server;
  const ScriptRun first = run_script(server, "ann", "/nick ann-two\n/status\n/nick Ann\n/status\n");
  EXPECT_EQ(first.code, 0) << first.output;
  EXPECT_TRUE(first.printed("created name=\"ann-two\"*status*name=\"ann-two\"*status*name=\"ann\""))
      << first.output;
  const ScriptRun later = run_script(server, "ann", "/nick ann-two\n/status\n");
  EXPECT_EQ(later.code, 0) << later.output;
  EXPECT_FALSE(later.printed("created"));
  EXPECT_TRUE(later.printed("status*name=\"ann-two\""));
}

TEST(Script, AnHttpPortEndsItAtOnceWithTheReason) {
  FakeServer http(true);
  const auto begin = std::chrono::steady_clock::now();
  Endpoint tcp = http.endpoint();
  tcp.websocket = false;
  const ScriptRun run = run_script(tcp, "ann", "/status\n");
  EXPECT_EQ(run.code, 1);
  EXPECT_TRUE(run.printed("is no Plaza TCP port (an HTTP port? use ws://")) << run.output;
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(5));
}

TEST(Script, RegisterMeansOnlyWhenThereIsNoSuchAccount) {
  FakeServer server;
  EXPECT_TRUE(run_script(server, "ann", "").printed("registered"));
  const ScriptRun again = run_script(server, "ann", "/status\n");
  EXPECT_EQ(again.code, 0) << again.output;
  EXPECT_FALSE(again.printed("registered"));
}

TEST(Script, TakesItsPasswordFromNoArgument) {
  EXPECT_FALSE(parse_chat_options({"--password", "x"}));
  EXPECT_FALSE(parse_chat_options({"--user"}));
  EXPECT_FALSE(parse_chat_options({"a:1", "b:2"}));
  EXPECT_FALSE(parse_chat_options({"--device", std::string(33, 'x')}));
  EXPECT_TRUE(parse_chat_options({"--device", std::string(32, 'x')}));
  const auto options = parse_chat_options({"ws://h:1/ws", "--user=ann", "--register", "--script"});
  ASSERT_TRUE(options);
  EXPECT_EQ(options->client.endpoint.text(), "ws://h:1/ws");
  EXPECT_EQ(options->account.name, "ann");
  EXPECT_TRUE(options->account.make_new && options->script);
}

}  // namespace
}  // namespace plaza::client::chat
