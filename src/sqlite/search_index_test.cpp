// The search index in its file: the contract, and what becomes of files that are not ours any more.
#include "sqlite/search_index.h"

#include <unistd.h>

#include <atomic>
#include <filesystem>
#include <fstream>
#include <thread>

#include "sqlite/connection.h"
#include "tests/contract/search_contract.h"

namespace plaza::contract {
namespace {

using sqlite::FtsSearchIndex;

class Folder {
 public:
  Folder() : path_(std::filesystem::temp_directory_path() / "plaza-search-XXXXXX") {
    std::string name = path_.string();
    EXPECT_NE(mkdtemp(name.data()), nullptr);
    path_ = name;
  }
  ~Folder() { std::filesystem::remove_all(path_); }
  Folder(const Folder&) = delete;
  Folder& operator=(const Folder&) = delete;
  [[nodiscard]] std::string file() const { return path_ / "search.db"; }

 private:
  std::filesystem::path path_;
};

class FtsSearchHarness final : public SearchHarness {
 public:
  ports::SearchIndex& open() override {
    index_.reset();
    auto opened = FtsSearchIndex::open({.path = folder_.file()});
    EXPECT_TRUE(opened.has_value()) << opened.error();
    index_ = std::move(*opened);
    return *index_;
  }

 private:
  Folder folder_;
  std::unique_ptr<FtsSearchIndex> index_;
};

std::unique_ptr<SearchHarness> in_a_file() { return std::make_unique<FtsSearchHarness>(); }

INSTANTIATE_TEST_SUITE_P(Fts, SearchContract, testing::Values(SearchUnderTest{"file", in_a_file}),
                         name_of_search);

class SearchFile : public testing::Test {
 protected:
  std::unique_ptr<FtsSearchIndex> open(std::uint32_t words_version = 1) {
    auto opened = FtsSearchIndex::open({.path = folder_.file(), .words_version = words_version});
    EXPECT_TRUE(opened.has_value()) << opened.error();
    return std::move(*opened);
  }
  static ports::SearchDocument tea(std::uint64_t id) {
    return {.id = MessageId{id}, .conversation = kNotices, .words = "tea", .characters = {}};
  }
  static std::vector<MessageId> found(FtsSearchIndex& index) {
    return index
        .find({.terms = {{.kind = ports::SearchTerm::Kind::word, .text = "tea"}},
               .scope = {.member = MemberId{1}, .rooms = {}, .only = {}},
               .before = {},
               .limit = 10})
        .value();
  }
  static constexpr ports::StreamId kNotices = ports::StreamId::notices(MemberId{1});
  const ports::SearchPosition at_ten_{.log = 3, .upto = MessageId{10}};
  Folder folder_;
};

TEST_F(SearchFile, IsThereAfterARestart) {
  ASSERT_TRUE(open()->add({tea(10)}, at_ten_).has_value());
  const auto again = open();
  EXPECT_EQ(again->position().value(), at_ten_);
  EXPECT_EQ(found(*again), std::vector{MessageId{10}});
}

/// Words in their order, so long that SQLite keeps them in pages of their own, which it would leave as they are when they become free.
TEST_F(SearchFile, HasNothingLeftOfTheTextOfWhatWasRemovedOrReplaced) {
  const auto text = [](const char* word) {
    std::string all;
    for (int i = 0; i < 3'000; ++i) all += (i == 0 ? "" : " ") + std::string(word) + std::to_string(i % 7);
    return all;
  };
  const auto bytes = [this] {
    std::ifstream file(folder_.file(), std::ios::binary);
    return std::string(std::istreambuf_iterator<char>(file), {});
  };
  const auto with = [](std::uint64_t id, std::string words) {
    return ports::SearchDocument{
        .id = MessageId{id}, .conversation = kNotices, .words = std::move(words), .characters = {}};
  };
  const auto index = [this] { return open(); };
  ASSERT_TRUE(index()->add({with(1, text("regretted")), with(2, text("mistaken"))}, at_ten_).has_value());
  ASSERT_NE(bytes().find("regretted3 regretted4"), std::string::npos);
  ASSERT_NE(bytes().find("mistaken3 mistaken4"), std::string::npos);
  ASSERT_TRUE(index()->remove({MessageId{1}}).has_value());
  EXPECT_EQ(bytes().find("regretted3 regretted4"), std::string::npos);
  ASSERT_TRUE(index()->put(with(2, "tea")).has_value());
  EXPECT_EQ(bytes().find("mistaken3 mistaken4"), std::string::npos);
  EXPECT_EQ(found(*index()), std::vector{MessageId{2}});
}

TEST_F(SearchFile, OfOtherRulesIsMadeAgain) {
  ASSERT_TRUE(open(1)->add({tea(10)}, at_ten_).has_value());
  const auto again = open(2);
  EXPECT_EQ(again->position().value(), ports::SearchPosition{});
  EXPECT_TRUE(found(*again).empty());
}

TEST_F(SearchFile, ThatIsDamagedIsMadeAgain) {
  ASSERT_TRUE(open()->add({tea(10)}, at_ten_).has_value());
  std::ofstream(folder_.file(), std::ios::trunc) << std::string(20'000, 'x');
  const auto again = open();
  EXPECT_EQ(again->position().value(), ports::SearchPosition{});
  ASSERT_TRUE(again->add({tea(11)}, at_ten_).has_value());
  EXPECT_EQ(found(*again), std::vector{MessageId{11}});
}

TEST_F(SearchFile, OfAnotherProgramIsMadeAgain) {
  {
    sqlite::Connection other;
    ASSERT_EQ(other.open(folder_.file(), sqlite::Connection::Mode::create, {}, 1000), SQLITE_OK);
    ASSERT_EQ(other.run("CREATE TABLE theirs(x)"), SQLITE_OK);
  }
  EXPECT_EQ(open()->position().value(), ports::SearchPosition{});
}

TEST_F(SearchFile, IsSearchedByMoreThreadsThanItHasReadersWhileItIsWritten) {
  const auto index = open();
  ASSERT_TRUE(index->clear(3).has_value());
  std::atomic<bool> stop{false};
  std::vector<std::thread> searchers;
  for (int i = 0; i < 4; ++i) {
    searchers.emplace_back([&] {
      std::size_t before = 0;
      while (!stop) {
        const std::size_t now = found(*index).size();
        EXPECT_GE(now, before);
        before = now;
      }
    });
  }
  for (std::uint64_t id = 1; id <= 100; ++id)
    EXPECT_TRUE(index->add({tea(id)}, {.log = 3, .upto = MessageId{id}}).has_value());
  stop = true;
  for (auto& searcher : searchers) searcher.join();
  EXPECT_EQ(found(*index).size(), 10u);
}

}  // namespace
}  // namespace plaza::contract
