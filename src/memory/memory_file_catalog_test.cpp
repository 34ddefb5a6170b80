#include "memory/memory_file_catalog.h"

#include "tests/contract/file_catalog_contract.h"

namespace plaza::contract {
namespace {

class MemoryCatalogHarness final : public FileCatalogHarness {
 public:
  ports::FileCatalog& open() override { return catalog_; }

 private:
  memory::MemoryFileCatalog catalog_;
};

std::unique_ptr<FileCatalogHarness> in_maps() { return std::make_unique<MemoryCatalogHarness>(); }

INSTANTIATE_TEST_SUITE_P(Memory, FileCatalogContract, testing::Values(FileCatalogUnderTest{"maps", in_maps}),
                         name_of_catalog);

}  // namespace
}  // namespace plaza::contract
