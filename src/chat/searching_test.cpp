// A member finds the messages of its own conversations, and nothing else.
#include "chat/searching.h"

#include "chat/test_support.h"
#include "memory/memory_search_index.h"
#include "search/indexer.h"

namespace plaza::chat {
namespace {

using protocol::Errno;
using protocol::Search;

class SearchTest : public ChatTest {
 protected:
  SearchTest() {
    node.search = &search;
    set_limits([](Limits& to) { to.member_searches = {}; });
  }
  void index_all() {
    auto step = search::Indexer::Step::more;
    while (step == search::Indexer::Step::more) step = indexer.step();
    EXPECT_EQ(step, search::Indexer::Step::idle);
  }
  protocol::SearchAck ask(TestClient& client, const Search& request) {
    index_all();
    const auto reply = client.ask(request);
    EXPECT_FALSE(reply.refused()) << reply.refusal.message;
    const auto* ack = reply.get<protocol::SearchAck>();
    return ack ? *ack : protocol::SearchAck{};
  }
  std::vector<std::string> find(TestClient& client, std::string_view query) {
    return snippets(ask(client, {.query = query}));
  }
  static std::vector<std::string> snippets(const protocol::SearchAck& ack) {
    std::vector<std::string> found;
    for (const auto& result : ack.results) found.push_back(result.snippet);
    return found;
  }
  using Texts = std::vector<std::string>;

  memory::MemorySearchIndex index;
  search::Indexer indexer{store, index};
  search::MemberSearch search{{.rooms = directory, .index = index, .log = store}, 2};
  ports::Member ann = member("ann"), bob = member("bob"), eve = member("eve");
  TestClient &anns = online(ann), &bobs = online(bob), &eves = online(eve);
};

TEST_F(SearchTest, AResultSaysWhereTheMessageIs) {
  bobs.say(ann.id, "milk");
  clock.advance_ms(10);
  const auto sent = bobs.say(ann.id, "Green tea");
  const auto ack = ask(anns, {.query = "tea"});
  ASSERT_EQ(ack.results.size(), 1u);
  EXPECT_EQ(ack.results.front(), (protocol::SearchResult{.mid = sent.get<protocol::SendAck>()->mid,
                                                         .friendid = bob.id,
                                                         .groupid = {},
                                                         .cseq = 2,
                                                         .id = bob.id,
                                                         .name = "bob",
                                                         .time_ms = clock.wall_ms(),
                                                         .snippet = "Green tea"}));
  EXPECT_FALSE(ack.more);
  EXPECT_EQ(ask(bobs, {.query = "tea"}).results.front().friendid, ann.id)
      << "the other side names it by its peer";
}

TEST_F(SearchTest, OnesOwnConversationsAreSearchedAndNoOthers) {
  const RoomId tea = room("tea", bob, {ann}), den = room("den", bob);
  bobs.say(ann.id, "tea for two");
  bobs.say(eve.id, "tea for eve");
  bobs.say(tea, "tea in the room");
  bobs.say(den, "tea in the den");
  anns.say(ann.id, "tea for me");
  EXPECT_EQ(find(anns, "tea"), (Texts{"tea for me", "tea in the room", "tea for two"}));
  EXPECT_EQ(find(eves, "tea"), (Texts{"tea for eve"}));
  EXPECT_EQ(find(bobs, "tea"), (Texts{"tea in the den", "tea in the room", "tea for eve", "tea for two"}));
}

TEST_F(SearchTest, OneConversationIsSearchedWhenItIsNamed) {
  const RoomId tea = room("tea", bob, {ann});
  bobs.say(ann.id, "tea for two");
  bobs.say(tea, "tea in the room");
  EXPECT_EQ(snippets(ask(anns, {.query = "tea", .of = {.friendid = bob.id, .groupid = {}}})),
            (Texts{"tea for two"}));
  EXPECT_EQ(snippets(ask(anns, {.query = "tea", .of = {.friendid = {}, .groupid = tea}})),
            (Texts{"tea in the room"}));
  EXPECT_EQ(snippets(ask(anns, {.query = "tea", .of = {.friendid = MemberId{0}, .groupid = {}}})), Texts{});
  EXPECT_EQ(eves.ask(Search{.query = "tea", .of = {.friendid = {}, .groupid = tea}}).refusal.error,
            Errno::not_in_group);
  EXPECT_EQ(anns.ask(Search{.query = "tea", .of = {.friendid = {}, .groupid = RoomId{999}}}).refusal.error,
            Errno::no_such_group);
  EXPECT_EQ(anns.ask(Search{.query = "tea", .of = {.friendid = MemberId{999}, .groupid = {}}}).refusal.error,
            Errno::no_such_peer);
}

TEST_F(SearchTest, WhoLeavesAGroupFindsNothingOfItAnyMore) {
  const RoomId tea = room("tea", bob, {ann});
  bobs.say(tea, "tea");
  EXPECT_EQ(find(anns, "tea"), (Texts{"tea"}));
  EXPECT_FALSE(anns.ask(protocol::LeaveGroup{.groupid = tea}).refused());
  EXPECT_EQ(find(anns, "tea"), Texts{});
}

TEST_F(SearchTest, WhoJoinsFindsWhatHistoryShows) {
  const auto wanted = [](const std::string& name, bool visible) {
    return ports::NewRoom{.name = name,
                          .name_key = name,
                          .description = {},
                          .avatar = {},
                          .settings = {.history_visible = visible}};
  };
  const RoomId open = room_with(wanted("open", true), bob), closed = room_with(wanted("closed", false), bob);
  bobs.say(open, "tea before in open");
  bobs.say(closed, "tea before in closed");
  for (const RoomId id : {open, closed})
    EXPECT_FALSE(anns.ask(protocol::AddGroup{.groupid = id, .groupname = {}, .id = {}}).refused());
  bobs.say(closed, "tea after in closed");
  EXPECT_EQ(find(anns, "tea"), (Texts{"tea after in closed", "tea before in open"}));
  EXPECT_EQ(snippets(ask(anns, {.query = "tea", .of = {.friendid = {}, .groupid = closed}})),
            (Texts{"tea after in closed"}));
}

TEST_F(SearchTest, ChineseIsFoundFromOneCharacterOn) {
  bobs.say(ann.id, "\xe4\xbb\x8a\xe5\xa4\xa9\xe5\xa4\xa9\xe6\xb0\x94\xe5\xbe\x88\xe5\xa5\xbd");
  for (const char* query :
       {"\xe5\xa4\xa9", "\xe5\xa4\xa9\xe6\xb0\x94", "\xe5\xa4\xa9\xe6\xb0\x94\xe5\xbe\x88\xe5\xa5\xbd",
        "\xe4\xbb\x8a\xe5\xa4\xa9 \xe5\xbe\x88\xe5\xa5\xbd"})
    EXPECT_EQ(find(anns, query).size(), 1u) << query;
  EXPECT_EQ(find(anns, "\xe4\xbb\x8a\xe6\xb0\x94").size(), 0u);
}

TEST_F(SearchTest, PagesGoBackwards) {
  for (int i = 1; i <= 7; ++i) bobs.say(ann.id, "tea " + std::to_string(i));
  auto ack = ask(anns, {.query = "tea", .limit = 3});
  EXPECT_EQ(snippets(ack), (Texts{"tea 7", "tea 6", "tea 5"}));
  EXPECT_TRUE(ack.more);
  ack = ask(anns, {.query = "tea", .before = ack.before, .limit = 3});
  EXPECT_EQ(snippets(ack), (Texts{"tea 4", "tea 3", "tea 2"}));
  EXPECT_TRUE(ack.more);
  ack = ask(anns, {.query = "tea", .before = ack.before, .limit = 3});
  EXPECT_EQ(snippets(ack), (Texts{"tea 1"}));
  EXPECT_FALSE(ack.more);
  ack = ask(anns, {.query = "tea", .limit = 7});
  EXPECT_EQ(ack.results.size(), 7u);
  EXPECT_FALSE(ack.more);
}

TEST_F(SearchTest, APageEndsWhereItWouldBeTooLarge) {
  set_limits([](Limits& to) { to.page_bytes_max = 3'000; });
  const std::string text = "tea " + std::string(200, 'x');
  for (int i = 0; i < 5; ++i) bobs.say(ann.id, text);
  std::uint64_t before = 0;
  std::size_t found = 0, pages = 0;
  for (bool more = true; more; ++pages) {
    const auto ack = ask(anns, {.query = "tea", .before = before});
    EXPECT_EQ(ack.results.empty(), false);
    found += ack.results.size();
    before = ack.before, more = ack.more;
  }
  EXPECT_EQ(found, 5u);
  EXPECT_EQ(pages, 3u);
}

TEST_F(SearchTest, ASearchThatFindsOnlyWhatIsHiddenEndsAndCanBeGoneOnWith) {
  const RoomId closed = room_with({.name = "closed",
                                   .name_key = "closed",
                                   .description = {},
                                   .avatar = {},
                                   .settings = {.history_visible = false}},
                                  bob);
  set_limits([](Limits& to) { to.member_messages = to.room_messages = {0, 1}; });
  bobs.say(ann.id, "tea for two");
  for (std::uint32_t i = 0; i < search::MemberSearch::kLooked; ++i)
    bobs.post(TestClient::chat(closed, "tea"));
  settle();
  anns.ask(protocol::AddGroup{.groupid = closed, .groupname = {}, .id = {}});
  auto ack = ask(anns, {.query = "tea"});
  EXPECT_TRUE(ack.results.empty());
  ASSERT_TRUE(ack.more);
  ack = ask(anns, {.query = "tea", .before = ack.before});
  EXPECT_EQ(snippets(ack), (Texts{"tea for two"}));
  EXPECT_FALSE(ack.more);
}

TEST_F(SearchTest, WhatIsNotThereAnyMoreIsNotFoundAndLeavesTheIndex) {
  bobs.say(ann.id, "old tea");
  clock.advance_ms(10'000);
  bobs.say(ann.id, "new tea");
  index_all();
  store.trim({.message_age_max_ms = 5'000}, [](auto) {});
  settle();
  EXPECT_EQ(index.size(), 2u);
  const auto reply = anns.ask(Search{.query = "tea"});
  EXPECT_EQ(snippets(*reply.get<protocol::SearchAck>()), (Texts{"new tea"}));
  EXPECT_EQ(index.size(), 1u);
}

TEST_F(SearchTest, WhatWasChangedIsFoundByTheWordsThatItHas) {
  const auto sent = bobs.say(ann.id, "tea");
  index_all();
  // As an index is that has not heard of a change yet.
  ASSERT_TRUE(index.put({.id = sent.get<protocol::SendAck>()->mid,
                         .conversation = ports::StreamId::pair(ann.id, bob.id),
                         .words = "coffee",
                         .characters = {}}));
  EXPECT_EQ(find(anns, "coffee"), Texts{});
  EXPECT_EQ(find(anns, "tea"), (Texts{"tea"})) << "and the index is right again";
}

TEST_F(SearchTest, OtherZonesHaveTheirOwn) {
  bobs.say(ann.id, "tea");
  ports::Zone other = *zone;
  other.zone_name = "two";
  set_zone(other);
  const ports::Member ann2 = directory.register_account("ann2", "ann2", "", zone->id).value();
  TestClient& there = online(ann2);
  EXPECT_EQ(find(there, "tea"), Texts{});
  EXPECT_EQ(there.ask(Search{.query = "tea", .of = {.friendid = bob.id, .groupid = {}}}).refusal.error,
            Errno::no_such_peer);
}

TEST_F(SearchTest, AQueryNeedsAWordAndNotTooMany) {
  const auto none = anns.ask(Search{.query = "\"*-("}).refusal;
  EXPECT_EQ(none.error, Errno::bad_request);
  EXPECT_EQ(none.field, "query");
  std::string words;
  for (std::size_t i = 0; i < Searching::kTermsMax; ++i) words += " w" + std::to_string(i);
  EXPECT_FALSE(anns.ask(Search{.query = words}).refused());
  EXPECT_FALSE(anns.ask(Search{.query = words + " w0"}).refused()) << "one that is there already";
  EXPECT_EQ(anns.ask(Search{.query = words + " more"}).refusal.error, Errno::too_large);
}

TEST_F(SearchTest, SearchesHaveARateOfTheirOwn) {
  set_limits([](Limits& to) { to.member_searches = {.per_min = 1, .burst = 2}; });
  EXPECT_FALSE(anns.ask(Search{.query = "tea"}).refused());
  EXPECT_FALSE(anns.ask(Search{.query = "tea"}).refused());
  const auto refused = anns.ask(Search{.query = "tea"}).refusal;
  EXPECT_EQ(refused.error, Errno::rate_limited);
  EXPECT_GT(refused.retry_after_ms, 0u);
  EXPECT_FALSE(bobs.ask(Search{.query = "tea"}).refused());
}

TEST_F(SearchTest, AsManyAsAllowedRunAtOnce) {
  executor.hold_jobs = true;
  anns.post(Search{.query = "tea"}, 1);
  bobs.post(Search{.query = "tea"}, 2);
  eves.post(Search{.query = "tea"}, 3);
  settle();
  ASSERT_EQ(eves.frames.size(), 1u);
  EXPECT_EQ(eves.take().front().refusal.error, Errno::try_again);
  executor.hold_jobs = false;
  settle();
  EXPECT_FALSE(anns.take().front().refused());
  EXPECT_FALSE(bobs.take().front().refused());
  EXPECT_FALSE(eves.ask(Search{.query = "tea"}).refused()) << "their turns are over";
}

TEST_F(SearchTest, WhatCannotBeReadIsSaid) {
  index.set_unavailable(true);
  EXPECT_EQ(anns.ask(Search{.query = "tea"}).refusal.error, Errno::unavailable);
  index.set_unavailable(false);
  EXPECT_FALSE(anns.ask(Search{.query = "tea"}).refused());
  node.search = nullptr;
  EXPECT_EQ(anns.ask(Search{.query = "tea"}).refusal.error, Errno::not_permitted);
}

}  // namespace
}  // namespace plaza::chat
