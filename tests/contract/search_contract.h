#pragma once
// The contract of ports::SearchIndex as tests. Every implementation runs it:
//
//   INSTANTIATE_TEST_SUITE_P(Memory, SearchContract, testing::Values(SearchUnderTest{"maps", make}), name_of_search);
//
// It is included by one source file of a test program.
#include <gtest/gtest.h>

#include <memory>
#include <ostream>
#include <string>
#include <vector>

#include "ports/search.h"

namespace plaza::contract {

/// One implementation with its storage, which is empty at first.
class SearchHarness {
 public:
  virtual ~SearchHarness() = default;
  /// Again: after what would be a restart.
  virtual ports::SearchIndex& open() = 0;
};
struct SearchUnderTest {
  std::string name;
  std::unique_ptr<SearchHarness> (*make)() = nullptr;
};
inline void PrintTo(const SearchUnderTest& search, std::ostream* out) { *out << search.name; }
inline std::string name_of_search(const testing::TestParamInfo<SearchUnderTest>& info) {
  return info.param.name;
}

class SearchContract : public testing::TestWithParam<SearchUnderTest> {
 protected:
  using Kind = ports::SearchTerm::Kind;
  using Ids = std::vector<std::uint64_t>;
  using StreamId = ports::StreamId;

  void SetUp() override {
    harness_ = GetParam().make();
    reopen();
  }
  void reopen() { index_ = &harness_->open(); }

  static ports::SearchDocument document(std::uint64_t id, ports::StreamId where, std::string words,
                                        std::string characters = "") {
    return {.id = MessageId{id},
            .conversation = where,
            .words = std::move(words),
            .characters = std::move(characters)};
  }
  void add(const std::vector<ports::SearchDocument>& documents, std::uint64_t upto = 1) {
    ASSERT_TRUE(index_->add(documents, {.log = 7, .upto = MessageId{upto}, .mark = kIdMax}).has_value());
  }
  /// What member 1, who is in these rooms, finds.
  Ids find(const std::vector<ports::SearchTerm>& terms, const std::vector<RoomId>& rooms = {},
           std::uint64_t before = 0, std::uint32_t limit = 100) {
    return find_in({.member = kAnn, .rooms = rooms, .only = {}}, terms, before, limit);
  }
  Ids find_in(ports::SearchScope scope, std::vector<ports::SearchTerm> terms, std::uint64_t before = 0,
              std::uint32_t limit = 100) {
    const auto found = index_->find(
        {.terms = std::move(terms), .scope = std::move(scope), .before = MessageId{before}, .limit = limit});
    EXPECT_TRUE(found.has_value()) << (found ? "" : found.error().detail);
    Ids ids;
    for (const MessageId id : found.value_or(std::vector<MessageId>{})) ids.push_back(id.value);
    return ids;
  }
  static ports::SearchTerm word(std::string text) { return {.kind = Kind::word, .text = std::move(text)}; }

  static constexpr MemberId kAnn{1}, kBob{2}, kCid{3};
  static constexpr StreamId kAnnBob = StreamId::pair(kAnn, kBob), kBobCid = StreamId::pair(kBob, kCid);
  static constexpr RoomId kTea{5}, kDen{6};

  std::unique_ptr<SearchHarness> harness_;
  ports::SearchIndex* index_ = nullptr;
};

TEST_P(SearchContract, FindsTheWordsOfAMessageNewestFirst) {
  add({document(10, kAnnBob, "green tea"), document(11, kAnnBob, "black coffee"),
       document(12, kAnnBob, "black tea")});
  EXPECT_EQ(find({word("tea")}), (Ids{12, 10}));
  EXPECT_EQ(find({word("black"), word("tea")}), (Ids{12}));
  EXPECT_EQ(find({word("te")}), (Ids{}));
  EXPECT_EQ(find({word("ea")}), (Ids{}));
}

TEST_P(SearchContract, ABeginningFindsEveryWordThatBeginsSo) {
  add({document(10, kAnnBob, "tea teapot"), document(11, kAnnBob, "teapots"), document(12, kAnnBob, "steam"),
       document(13, kAnnBob, "te")});
  EXPECT_EQ(find({{.kind = Kind::beginning, .text = "tea"}}), (Ids{11, 10}));
  EXPECT_EQ(find({{.kind = Kind::beginning, .text = "teapots"}}), (Ids{11}));
  EXPECT_EQ(find({{.kind = Kind::beginning, .text = "teapotss"}}), (Ids{}));
}

TEST_P(SearchContract, ARunStandsInOnePiece) {
  // "ni hao ma" as pairs of characters.
  add({document(10, kAnnBob, "\xe4\xbd\xa0\xe5\xa5\xbd \xe5\xa5\xbd\xe5\x90\x97",
                "\xe4\xbd\xa0 \xe5\xa5\xbd \xe5\x90\x97"),
       document(11, kAnnBob, "\xe5\xa5\xbd\xe5\x90\x97 x \xe4\xbd\xa0\xe5\xa5\xbd",
                "\xe5\xa5\xbd \xe5\x90\x97 \xe4\xbd\xa0")});
  EXPECT_EQ(find({{.kind = Kind::run, .text = "\xe4\xbd\xa0\xe5\xa5\xbd \xe5\xa5\xbd\xe5\x90\x97"}}),
            (Ids{10}));
  EXPECT_EQ(find({{.kind = Kind::run, .text = "\xe4\xbd\xa0\xe5\xa5\xbd"}}), (Ids{11, 10}));
  EXPECT_EQ(find({{.kind = Kind::character, .text = "\xe5\x90\x97"}}), (Ids{11, 10}));
  EXPECT_EQ(find({{.kind = Kind::character, .text = "\xe5\x95\x8a"}}), (Ids{}));
  EXPECT_EQ(find({word("\xe5\x90\x97")}), (Ids{})) << "a character is no word";
}

TEST_P(SearchContract, FindsOnlyWhatIsInTheScope) {
  const StreamId herself = StreamId::pair(kAnn, kAnn);
  add({document(10, kAnnBob, "tea"), document(11, kBobCid, "tea"), document(12, StreamId::room(kTea), "tea"),
       document(13, StreamId::room(kDen), "tea"), document(14, StreamId::notices(kAnn), "tea"),
       document(15, StreamId::notices(kBob), "tea"), document(16, herself, "tea"),
       document(17, StreamId::room(RoomId{kAnn.value}), "tea"),
       document(18, StreamId::pair(MemberId{11}, kBob), "tea")});
  EXPECT_EQ(find({word("tea")}), (Ids{16, 14, 10}));
  EXPECT_EQ(find({word("tea")}, {kTea}), (Ids{16, 14, 12, 10}));
  EXPECT_EQ(find({word("tea")}, {kTea, kDen}), (Ids{16, 14, 13, 12, 10}));
  const auto only = [&](StreamId where) {
    return find_in({.member = kAnn, .rooms = {kTea}, .only = where}, {word("tea")});
  };
  EXPECT_EQ(only(kAnnBob), (Ids{10}));
  EXPECT_EQ(only(StreamId::room(kTea)), (Ids{12}));
  EXPECT_EQ(only(StreamId::notices(kAnn)), (Ids{14}));
  EXPECT_EQ(only(herself), (Ids{16}));
  EXPECT_EQ(only(StreamId::pair(kAnn, kCid)), (Ids{}));
}

TEST_P(SearchContract, AMemberOfManyRoomsFindsWhatIsInAllOfThem) {
  std::vector<ports::SearchDocument> documents;
  std::vector<RoomId> rooms;
  for (std::uint64_t i = 1; i <= 1000; ++i) {
    documents.push_back(document(i, StreamId::room(RoomId{i}), "tea"));
    if (i % 2 == 0) rooms.push_back(RoomId{i});
  }
  add(documents, 1000);
  const Ids found = find({word("tea")}, rooms, 0, 1000);
  ASSERT_EQ(found.size(), 500u);
  EXPECT_EQ(found.front(), 1000u);
  EXPECT_EQ(found.back(), 2u);
}

TEST_P(SearchContract, PagesGoBackwardsWithoutAHole) {
  std::vector<ports::SearchDocument> documents;
  for (std::uint64_t i = 1; i <= 25; ++i) documents.push_back(document(i, kAnnBob, "tea"));
  add(documents, 25);
  EXPECT_EQ(find({word("tea")}, {}, 0, 3), (Ids{25, 24, 23}));
  EXPECT_EQ(find({word("tea")}, {}, 23, 3), (Ids{22, 21, 20}));
  EXPECT_EQ(find({word("tea")}, {}, 3, 3), (Ids{2, 1}));
  EXPECT_EQ(find({word("tea")}, {}, 1, 3), (Ids{}));
  EXPECT_EQ(find({word("tea")}, {}, kIdMax, 1), (Ids{25}));
}

TEST_P(SearchContract, WhatClientsTypeIsNeverReadAsALanguage) {
  add({document(10, kAnnBob, "tea"), document(11, kBobCid, "secret")});
  for (const char* text :
       {"\"", "\"\"", "tea\" OR place:\"m2", "*", "tea*", "NEAR(tea secret)", "-tea", "^tea", "tea NOT x",
        "place:m2", "(", ")", "{words}:secret", "secret\" OR \"tea", "'", ";", "AND", "OR", "NOT"}) {
    for (const Kind kind : {Kind::word, Kind::beginning, Kind::run, Kind::character})
      EXPECT_EQ(find({{.kind = kind, .text = text}, word("nowhere")}), (Ids{})) << text;
  }
  EXPECT_EQ(find({word("tea\" OR \"tea")}), (Ids{}));
  EXPECT_EQ(find({word("secret")}), (Ids{}));
}

TEST_P(SearchContract, AddingAgainReplaces) {
  add({document(10, kAnnBob, "tea")});
  add({document(10, kAnnBob, "coffee")});
  EXPECT_EQ(find({word("tea")}), (Ids{}));
  EXPECT_EQ(find({word("coffee")}), (Ids{10}));
  ASSERT_TRUE(index_->put(document(10, kAnnBob, "milk")).has_value());
  EXPECT_EQ(find({word("coffee")}), (Ids{}));
  EXPECT_EQ(find({word("milk")}), (Ids{10}));
}

TEST_P(SearchContract, WhatIsRemovedIsNotFound) {
  add({document(10, kAnnBob, "tea"), document(11, kAnnBob, "tea")});
  ASSERT_TRUE(index_->remove({MessageId{10}, MessageId{99}}).has_value());
  EXPECT_EQ(find({word("tea")}), (Ids{11}));
}

TEST_P(SearchContract, OldOnesAreDroppedABoundedPieceAtATime) {
  std::vector<ports::SearchDocument> documents;
  for (std::uint64_t i = 1; i <= 10; ++i) documents.push_back(document(i, kAnnBob, "tea"));
  add(documents, 10);
  EXPECT_EQ(index_->drop_below(MessageId{6}, 3).value(), 3u);
  EXPECT_EQ(find({word("tea")}), (Ids{10, 9, 8, 7, 6, 5, 4}));
  EXPECT_EQ(index_->drop_below(MessageId{6}, 3).value(), 2u);
  EXPECT_EQ(index_->drop_below(MessageId{6}, 3).value(), 0u);
  EXPECT_EQ(find({word("tea")}), (Ids{10, 9, 8, 7, 6}));
}

TEST_P(SearchContract, WhatIsInAScopeIsDroppedABoundedPieceAtATimeAndNothingElse) {
  const MemberId bob{2}, cem{3};
  const auto room = StreamId::room(RoomId{5}), other_room = StreamId::room(RoomId{55});
  add({document(1, StreamId::pair(kAnn, bob), "tea"), document(2, StreamId::pair(bob, cem), "tea"),
       document(3, StreamId::notices(bob), "tea"), document(4, room, "tea"), document(5, other_room, "tea"),
       document(6, StreamId::pair(kAnn, cem), "tea"),
       document(7, StreamId::pair(kAnn, MemberId{22}), "tea")});
  const ports::SearchScope of_bob{.member = bob, .rooms = {}, .only = {}};
  EXPECT_EQ(index_->drop_in(of_bob, 2), 2U);
  EXPECT_EQ(index_->drop_in(of_bob, 2), 1U);
  EXPECT_EQ(index_->drop_in(of_bob, 2), 0U);
  EXPECT_EQ(index_->drop_in({.member = {}, .rooms = {}, .only = room}, 9), 1U);
  reopen();
  EXPECT_EQ(find({{Kind::word, "tea"}}, {RoomId{5}, RoomId{55}}), (Ids{7, 6, 5}));
  EXPECT_EQ(find_in(of_bob, {{Kind::word, "tea"}}, 0, 9), (Ids{}));
}

TEST_P(SearchContract, ThePositionMovesWithWhatIsAdded) {
  EXPECT_EQ(index_->position().value(), ports::SearchPosition{});
  ASSERT_TRUE(index_->clear(7).has_value());
  EXPECT_EQ(index_->position().value(), (ports::SearchPosition{.log = 7, .upto = {}}));
  add({document(10, kAnnBob, "tea")}, 12);
  add({}, 15);
  EXPECT_EQ(index_->position().value(),
            (ports::SearchPosition{.log = 7, .upto = MessageId{15}, .mark = kIdMax}));
  ASSERT_TRUE(index_->put(document(11, kAnnBob, "tea")).has_value());
  ASSERT_TRUE(index_->remove({MessageId{11}}).has_value());
  EXPECT_EQ(index_->position().value().upto, MessageId{15});
  ASSERT_TRUE(index_->clear(8).has_value());
  EXPECT_EQ(index_->position().value(), (ports::SearchPosition{.log = 8, .upto = {}}));
  EXPECT_EQ(find({word("tea")}), (Ids{}));
  add({document(10, kAnnBob, "tea")}, 10);
  EXPECT_EQ(find({word("tea")}), (Ids{10}));
}

}  // namespace plaza::contract
