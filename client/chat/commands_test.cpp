#include "client/chat/commands.h"

#include <gtest/gtest.h>

#include <set>

namespace plaza::client::chat {
namespace {

using Words = std::vector<std::string>;

TEST(Commands, ALineWithoutASlashIsAMessageAsItIs) {
  const auto line = parse_line("  hello  there ");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->command, Command::say);
  EXPECT_EQ(line->words, Words{"  hello  there "});
  EXPECT_EQ(parse_line("//not a command")->words, Words{"/not a command"});
}

TEST(Commands, TheTextOfAMessageIsTheRestOfTheLine) {
  const auto line = parse_line("/msg ann  hello   \"you\"");
  ASSERT_TRUE(line);
  EXPECT_EQ(line->command, Command::msg);
  EXPECT_EQ(line->words, (Words{"ann", "hello   \"you\""}));
  EXPECT_EQ(parse_line("/msg \"ann b\" hi")->words, (Words{"ann b", "hi"}));
  EXPECT_EQ(parse_line("/open ann b")->words, (Words{"ann b"}));
  EXPECT_EQ(parse_line("/open \"ann b\"")->words, (Words{"ann b"}));
}

TEST(Commands, AnUnknownCommandNamesTheNearest) {
  const auto line = parse_line("/freinds");
  ASSERT_FALSE(line);
  EXPECT_NE(line.error().find("/friends"), std::string::npos);
}

TEST(Commands, AnUnmistakableBeginningIsEnough) {
  EXPECT_EQ(parse_line("/fri")->command, Command::friends);
  EXPECT_FALSE(parse_line("/re now"));
}

TEST(Commands, TooFewOrTooManyWordsShowTheUsage) {
  for (const char* text : {"/msg ann", "/add", "/quit now", "/history 1 2", "/revoke"}) {
    const auto line = parse_line(text);
    ASSERT_FALSE(line) << text;
    EXPECT_TRUE(line.error().starts_with("usage: /")) << text;
  }
}

TEST(Commands, EveryCommandHasOneNameAndAMeaning) {
  std::set<std::string_view> names;
  for (const CommandInfo& one : commands()) {
    EXPECT_TRUE(names.insert(one.name).second) << one.name;
    EXPECT_FALSE(one.meaning.empty()) << one.name;
    EXPECT_EQ(&info(one.command), &one);
  }
}

const CompletionNames kNames{.people = {"ann", "anton", "bob", "zoë b"},
                             .friends = {"ann"},
                             .askers = {"carl"},
                             .groups = {"devs", "design"}};

TEST(Completion, CommandsCompleteToWhatTheyHaveInCommon) {
  EXPECT_EQ(complete("/fri", kNames).replacement, "/friends ");
  const auto several = complete("/re", kNames);
  EXPECT_EQ(several.replacement, "/re");
  EXPECT_EQ(several.candidates.size(), 10U);
  EXPECT_EQ(complete("/xyz", kNames).replacement, "/xyz");
}

TEST(Completion, TheNameFitsTheCommand) {
  EXPECT_EQ(complete("/msg b", kNames).replacement, "/msg bob ");
  EXPECT_EQ(complete("/msg A", kNames).replacement, "/msg an");
  EXPECT_EQ(complete("/accept ", kNames).replacement, "/accept carl ");
  EXPECT_EQ(complete("/open #dev", kNames).replacement, "/open #devs ");
  EXPECT_EQ(complete("/leave #d", kNames).replacement, "/leave #de");
  EXPECT_EQ(complete("/msg zo", kNames).replacement, "/msg \"zoë b\" ");
  EXPECT_EQ(complete("/msg bob an", kNames).replacement, "/msg bob an");
}

TEST(Completion, NamesCompleteInMessagesAtTheStartAndAfterAnAt) {
  EXPECT_EQ(complete("bo", kNames).replacement, "bob ");
  EXPECT_EQ(complete("ask @bo", kNames).replacement, "ask @bob ");
  EXPECT_EQ(complete("ask bo", kNames).replacement, "ask bo");
  EXPECT_EQ(complete("", kNames).candidates.size(), 0U);
}

}  // namespace
}  // namespace plaza::client::chat
