#include "memory/memory_app_events.h"

#include "tests/contract/app_events_contract.h"

namespace plaza::contract::events {
namespace {

class MemoryHarness final : public EventsHarness {
 public:
  MemoryHarness() {
    chess = AppId{1};
    go = AppId{2};
    one = ZoneId{1};
    two = ZoneId{2};
    other = ZoneId{3};
  }
  AppEvents& events() override { return events_; }
  Webhooks& webhooks() override { return events_; }

 private:
  memory::MemoryAppEvents events_;
};

std::unique_ptr<EventsHarness> maps() { return std::make_unique<MemoryHarness>(); }
INSTANTIATE_TEST_SUITE_P(Memory, AppEventsContract, testing::Values(EventsUnderTest{"maps", maps}),
                         name_of_events);

}  // namespace
}  // namespace plaza::contract::events
