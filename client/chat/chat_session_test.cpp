#include "client/chat/chat_session.h"

#include <gtest/gtest.h>
#include <poll.h>

#include <algorithm>
#include <functional>

#include "client/fake_server.h"
#include "client/sync_client.h"

namespace plaza::client::chat {
namespace {

/// A person at a terminal without the terminal: what they were told, line by line.
class Person final : private Frontend {
 public:
  Person(const FakeServer& server, const std::string& name)
      : session_(options(server), {.name = name, .password = "password-" + name, .make_new = true}, *this,
                 queue_) {
    session_.start([](bool) {});
  }
  ~Person() { session_.stop(); }

  bool types(const std::string& text) {
    bool finished = false;
    const auto line = parse_line(text);
    if (!line) return false;
    session_.run(*line, [&](bool) { finished = true; });
    return until([&] { return finished; });
  }
  [[nodiscard]] bool told(const std::string& text) const {
    return std::any_of(told_.begin(), told_.end(),
                       [&](const std::string& one) { return one.find(text) != std::string::npos; });
  }
  bool until(const std::function<bool()>& what) {
    for (int i = 0; i < 1000 && !what(); ++i) {
      pollfd fd{queue_.fd(), POLLIN, 0};
      poll(&fd, 1, 10);
      queue_.run();
    }
    return what();
  }
  ChatSession& session() { return session_; }

 private:
  static ClientOptions options(const FakeServer& server) {
    ClientOptions options;
    options.endpoint = server.endpoint();
    options.device = "terminal";
    options.backlog_max = 5;
    return options;
  }
  void event(const Record&, const std::string& human, Line::Kind, Conversation) override {
    if (!human.empty()) told_.push_back(human);
  }
  void ask(const std::string&, Secret, Answer answer) override { answer(std::nullopt); }
  void changed() override {}
  [[nodiscard]] bool is_script() const override { return false; }
  void quit(int) override {}

  UiQueue queue_;
  std::vector<std::string> told_;
  ChatSession session_;
};

TEST(ChatSession, HistorySaysHowMuchOlderItBroughtAndWhereTheConversationBegins) {
  FakeServer server;
  ClientOptions options;
  options.endpoint = server.endpoint();
  options.device = "test";
  SyncClient bob(options), register_ann(options);
  ASSERT_TRUE(register_ann.register_account("ann", "password-ann").ok());
  ASSERT_TRUE(bob.register_and_login("bob", "password-bob").ok());
  const Reply found = bob.call(protocol::Find{.nickname = "ann", .groupname = {}, .id = {}});
  const std::uint64_t ann_id = found.get<protocol::FindAck>()->id.value;
  for (int i = 0; i < 80; ++i) bob.send_later(Conversation::peer(ann_id), std::to_string(i));
  ASSERT_TRUE(bob.flush());

  Person ann(server, "ann");
  const Conversation with_bob = Conversation::peer(bob.id());
  ASSERT_TRUE(ann.until([&] { return ann.session().model().talk(with_bob).lines.size() >= 5; }));
  ASSERT_TRUE(ann.types("/open bob"));
  ASSERT_TRUE(ann.until([&] { return ann.session().model().talk(with_bob).lines.size() >= 55; }));
  EXPECT_FALSE(ann.told("older"));
  ASSERT_TRUE(ann.types("/history 20"));
  EXPECT_TRUE(ann.told("20 older messages above (PgUp)"));
  ASSERT_TRUE(ann.types("/history 20"));
  EXPECT_TRUE(ann.told("5 older messages above (PgUp); the conversation begins there"));
  ASSERT_TRUE(ann.types("/history 20"));
  EXPECT_TRUE(ann.told("That is the beginning of the conversation."));
}

TEST(ChatSession, AnAnnouncementStandsAmongTheNoticesAndInNoTalk) {
  FakeServer server;
  Person ann(server, "ann");
  ASSERT_TRUE(ann.until([&] { return ann.session().state() == ClientState::online; }));
  server.announce("maintenance at noon");
  ASSERT_TRUE(ann.until([&] { return ann.told("Plaza announces: maintenance at noon"); }));
  EXPECT_EQ(ann.session().model().unread_total(), 0u);
  EXPECT_FALSE(ann.session().model().people().contains(0));
}

TEST(ChatSession, ReportsTheLastMessageOfSomebodyElseInTheOpenConversation) {
  FakeServer server;
  Person ann(server, "ann");
  ASSERT_TRUE(ann.until([&] { return ann.session().state() == ClientState::online; }));
  ASSERT_TRUE(ann.types("/report"));
  EXPECT_TRUE(ann.told("open the conversation first"));
  ClientOptions options;
  options.endpoint = server.endpoint();
  options.device = "test";
  SyncClient bob(options);
  ASSERT_TRUE(bob.register_and_login("bob", "password-bob").ok());
  const std::uint64_t ann_id = bob.call(protocol::Find{.nickname = "ann", .groupname = {}, .id = {}})
                                   .get<protocol::FindAck>()
                                   ->id.value;
  bob.send_later(Conversation::peer(ann_id), "first");
  bob.send_later(Conversation::peer(ann_id), "something rude");
  ASSERT_TRUE(bob.flush());
  const Conversation with_bob = Conversation::peer(bob.id());
  ASSERT_TRUE(ann.until([&] { return ann.session().model().talk(with_bob).lines.size() >= 2; }));
  ASSERT_TRUE(ann.types("/open bob"));
  ASSERT_TRUE(ann.types("mine"));
  ASSERT_TRUE(ann.types("/report this is rude"));
  EXPECT_TRUE(ann.told("Reported: bob: something rude"));
  EXPECT_EQ(server.reported(), std::vector<std::string>{"2 this is rude"});
}

TEST(ChatSession, SearchesEverywhereFromTheNoticesAndElseInTheOpenConversation) {
  FakeServer server;
  Person ann(server, "ann");
  ASSERT_TRUE(ann.until([&] { return ann.session().state() == ClientState::online; }));
  ASSERT_TRUE(ann.types("/search green tea"));
  EXPECT_TRUE(ann.told("notices | server: all about green tea"));
  ClientOptions options;
  options.endpoint = server.endpoint();
  options.device = "test";
  SyncClient bob(options);
  ASSERT_TRUE(bob.register_and_login("bob", "password-bob").ok());
  ASSERT_TRUE(ann.types("/open bob"));
  ASSERT_TRUE(ann.types("/search milk"));
  EXPECT_TRUE(ann.told("bob | server: all about milk"));
}

TEST(ChatSession, CommandsOfAMemberAreRefusedAtOnceWhenNobodyIsLoggedIn) {
  FakeServer server;
  Person ann(server, "ann");
  ASSERT_TRUE(ann.until([&] { return ann.session().state() == ClientState::online; }));
  ASSERT_TRUE(ann.types("/logout"));
  const auto begin = std::chrono::steady_clock::now();
  for (const char* command :
       {"/friends", "/who", "/tokens", "/add bob", "/msg bob hi", "/history", "/groups", "/create tea",
        "/join #tea", "/find bob", "/read", "/nick two", "/revoke all"}) {
    ASSERT_TRUE(ann.types(command));
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds(2));
  EXPECT_TRUE(ann.told("log in first"));
  EXPECT_FALSE(ann.told("no answer"));
}

}  // namespace
}  // namespace plaza::client::chat
