#include "memory/memory_apps.h"

#include "memory/memory_records.h"
#include "tests/contract/apps_contract.h"

namespace plaza::contract::apps {
namespace {

class MemoryHarness final : public AppsHarness {
 public:
  Directory& directory() override { return directory_; }
  Apps& apps() override { return apps_; }
  Idempotency& idempotency() override { return idempotency_; }
  AuditLog& audit() override { return audit_; }

 private:
  memory::MemoryDirectory directory_;
  memory::MemoryApps apps_{directory_};
  memory::MemoryIdempotency idempotency_;
  memory::MemoryAuditLog audit_{kAuditKey};
};

std::unique_ptr<AppsHarness> maps() { return std::make_unique<MemoryHarness>(); }
const auto kAll = testing::Values(AppsUnderTest{"maps", maps});

INSTANTIATE_TEST_SUITE_P(Memory, AppsContract, kAll, name_of_apps);
INSTANTIATE_TEST_SUITE_P(Memory, IdempotencyContract, kAll, name_of_apps);
INSTANTIATE_TEST_SUITE_P(Memory, AuditContract, kAll, name_of_apps);

/// A log of five entries that somebody with a right to write then changes.
class Tampering : public testing::Test {
 protected:
  Tampering() {
    for (int n = 0; n < 5; ++n) {
      EXPECT_TRUE(log_.append({.seq = 0,
                               .time_ms = n,
                               .app = AppId{1},
                               .actor = "operator:0",
                               .action = "apps.create",
                               .target = "app " + std::to_string(n),
                               .outcome = "asked",
                               .digest = "",
                               .hash = ""}));
    }
  }
  std::string wrong() { return verify_audit(log_, kAuditKey)->wrong; }
  memory::MemoryAuditLog log_{kAuditKey};
};

TEST_F(Tampering, AnyFieldOfAnyEntryThatWasChangedIsFound) {
  const std::vector<AuditEntry> good = log_.tampered();
  const std::vector<std::function<void(AuditEntry&)>> changes{
      [](AuditEntry& e) { e.time_ms += 1; },
      [](AuditEntry& e) { e.app = AppId{2}; },
      [](AuditEntry& e) { e.actor += "1"; },
      [](AuditEntry& e) { e.action += "1"; },
      [](AuditEntry& e) { e.target += "1"; },
      [](AuditEntry& e) { e.outcome = "refused"; },
      [](AuditEntry& e) { e.digest = "1"; },
      [](AuditEntry& e) { e.hash[5] = e.hash[5] == '0' ? '1' : '0'; },
      [](AuditEntry& e) { std::swap(e.actor, e.action); }};
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const auto& change : changes) {
      log_.tampered() = good;
      change(log_.tampered()[at]);
      EXPECT_EQ(wrong(), "entry " + std::to_string(at + 1) + " is not as it was written");
    }
  }
}

TEST_F(Tampering, AnEntryIsBoundToTheOneBeforeIt) {
  const AuditEntry& entry = log_.tampered()[2];
  EXPECT_EQ(audit_hash(kAuditKey, entry, log_.tampered()[1].hash), entry.hash);
  EXPECT_NE(audit_hash(kAuditKey, entry, log_.tampered()[0].hash), entry.hash);
}

TEST_F(Tampering, AMovedCharacterBetweenTwoFieldsIsFound) {
  AuditEntry& entry = log_.tampered()[2];
  entry.target = entry.action.back() + entry.target;
  entry.action.pop_back();
  EXPECT_EQ(wrong(), "entry 3 is not as it was written");
}

TEST_F(Tampering, AnyRemovedEntryIsFoundTheLastOnesToo) {
  const std::vector<AuditEntry> good = log_.tampered();
  for (std::size_t at = 0; at < good.size(); ++at) {
    log_.tampered() = good;
    log_.tampered().erase(log_.tampered().begin() + static_cast<std::ptrdiff_t>(at));
    EXPECT_EQ(wrong(), "entry " + std::to_string(at + 1) + " is missing");
  }
  log_.tampered().clear();
  EXPECT_EQ(wrong(), "entry 1 is missing");
}

TEST_F(Tampering, RemovingTheLastOneWithItsHeadNeedsTheHeadOfTheOneBeforeWhichIsThenAllThatIsKnown) {
  log_.tampered().pop_back();
  log_.tampered_head().seq = 4;
  EXPECT_EQ(wrong(), "the head is not that of entry 4");
  // With the right one it is the log of before: only a head noted elsewhere tells.
  log_.tampered_head().hash = log_.tampered().back().hash;
  EXPECT_EQ(wrong(), "");
}

TEST_F(Tampering, ReorderedRenumberedAndInventedEntriesAreFound) {
  const std::vector<AuditEntry> good = log_.tampered();
  std::swap(log_.tampered()[1], log_.tampered()[2]);
  EXPECT_NE(wrong(), "");
  log_.tampered() = good;
  std::swap(log_.tampered()[1], log_.tampered()[2]);
  std::swap(log_.tampered()[1].seq, log_.tampered()[2].seq);
  EXPECT_EQ(wrong(), "entry 2 is not as it was written");
  log_.tampered() = good;
  AuditEntry invented = good.back();
  invented.seq = 6;
  invented.hash = audit_hash("not the key", invented, good.back().hash);
  log_.tampered().push_back(invented);
  EXPECT_EQ(wrong(), "entry 6 is behind the head");
  log_.tampered_head() = {6, invented.hash};
  EXPECT_EQ(wrong(), "entry 6 is not as it was written");
}

}  // namespace
}  // namespace plaza::contract::apps
