#include "memory/memory_search_index.h"

#include "tests/contract/search_contract.h"

namespace plaza::contract {
namespace {

class MemorySearchHarness final : public SearchHarness {
 public:
  ports::SearchIndex& open() override { return index_; }

 private:
  memory::MemorySearchIndex index_;
};

std::unique_ptr<SearchHarness> in_a_map() { return std::make_unique<MemorySearchHarness>(); }

INSTANTIATE_TEST_SUITE_P(Memory, SearchContract, testing::Values(SearchUnderTest{"map", in_a_map}),
                         name_of_search);

}  // namespace
}  // namespace plaza::contract
