#include "memory/memory_presence.h"

#include "tests/contract/presence_contract.h"

namespace plaza::contract {
namespace {

std::unique_ptr<ports::Presence> striped() { return std::make_unique<memory::MemoryPresence>(); }

INSTANTIATE_TEST_SUITE_P(Memory, PresenceContract, testing::Values(PresenceUnderTest{"striped", striped}),
                         name_of_presence);

}  // namespace
}  // namespace plaza::contract
