#include "memory/memory_file_contents.h"

#include "tests/contract/file_contents_contract.h"

namespace plaza::contract {
namespace {

class MemoryContentsHarness final : public FileContentsHarness {
 public:
  ports::FileContents& contents() override { return contents_; }

 private:
  memory::MemoryFileContents contents_;
};

std::unique_ptr<FileContentsHarness> in_maps() { return std::make_unique<MemoryContentsHarness>(); }

INSTANTIATE_TEST_SUITE_P(Memory, FileContentsContract,
                         testing::Values(FileContentsUnderTest{"maps", in_maps}), name_of_contents);

}  // namespace
}  // namespace plaza::contract
