#include "tests/sim/sim_store.h"

#include <map>
#include <string>
#include <tuple>
#include <utility>
#include <vector>

#include "memory/memory_stream_store.h"
#include "tests/sim/rules_store.h"

namespace plaza::sim {
namespace {

using memory::MemoryStreamStore;
using memory::MemoryStreamStoreOptions;

/// Passes everything on to another store. Mutations override what they break.
class Decorator : public ports::StreamStore {
 public:
  [[nodiscard]] Result<void, ports::StoreError> start(ports::AppendSink& sink) override {
    return inner().start(sink);
  }
  void stop() override { inner().stop(); }
  void append(std::vector<ports::Append> batch) override { inner().append(std::move(batch)); }
  void read(ports::ReadRequest request, Done<ports::Page> done) override {
    inner().read(request, std::move(done));
  }
  void versions(ports::VersionsRequest request, Done<ports::VersionPage> done) override {
    inner().versions(request, std::move(done));
  }
  void heads(std::vector<ports::StreamId> streams, Done<std::vector<ports::Head>> done) override {
    inner().heads(std::move(streams), std::move(done));
  }
  void places(MemberId member, std::vector<ports::StreamId> streams,
              Done<std::vector<ports::Place>> done) override {
    inner().places(member, std::move(streams), std::move(done));
  }
  void open_device(MemberId member, std::string device, Done<ports::DeviceState> done) override {
    inner().open_device(member, std::move(device), std::move(done));
  }
  void received(MemberId member, std::string device, std::uint64_t seq, Done<std::uint64_t> done) override {
    inner().received(member, std::move(device), seq, std::move(done));
  }
  void mark(MemberId member, ports::StreamId conversation, ports::Marks marks,
            Done<ports::Marked> done) override {
    inner().mark(member, conversation, marks, std::move(done));
  }
  void follow(MemberId member, ports::StreamId conversation, Done<ports::Marked> done) override {
    inner().follow(member, conversation, std::move(done));
  }
  void unfollow(MemberId member, ports::StreamId conversation, Done<bool> done) override {
    inner().unfollow(member, conversation, std::move(done));
  }
  void conversations(MemberId member, ports::StreamId after, std::uint32_t limit,
                     Done<ports::ConversationPage> done) override {
    inner().conversations(member, after, limit, std::move(done));
  }
  void trim(ports::Retention retention, Done<bool> done) override {
    inner().trim(retention, std::move(done));
  }
  [[nodiscard]] ports::StoreHealth health() const override { return inner().health(); }
  [[nodiscard]] ports::StoreStats stats() const override { return inner().stats(); }

 protected:
  [[nodiscard]] virtual ports::StreamStore& inner() const = 0;
};

class TwinStore final : public SimStore {
 public:
  explicit TwinStore(const ports::Clock& clock)
      : store_(clock, MemoryStreamStoreOptions{.commits = MemoryStreamStoreOptions::Commits::by_step}) {}
  ports::StreamStore& port() override { return store_; }
  bool step() override { return store_.step(); }
  [[nodiscard]] bool idle() const override { return store_.waiting() == 0; }
  void crash() override { store_.crash(); }
  void crash_after_next_commit() override { store_.crash_after_next_commit(); }
  void fail_commits(std::uint32_t count) override { store_.fail_commits(count); }

 private:
  MemoryStreamStore store_;
};

std::unique_ptr<SimStore> good_store(StoreRules rules, const ports::Clock& clock, std::uint64_t seed) {
  if (rules == StoreRules::production) return std::make_unique<RulesStore>(clock, seed);
  return std::make_unique<TwinStore>(clock);
}

/// "Delete the dedupe": a retry is a new message.
class ForgetfulStore final : public SimStore, private Decorator {
 public:
  explicit ForgetfulStore(std::unique_ptr<SimStore> store) : store_(std::move(store)) {}
  ports::StreamStore& port() override { return *this; }
  bool step() override { return store_->step(); }
  [[nodiscard]] bool idle() const override { return store_->idle(); }
  void crash() override { store_->crash(); }
  void crash_after_next_commit() override { store_->crash_after_next_commit(); }
  void fail_commits(std::uint32_t count) override { store_->fail_commits(count); }

 private:
  void append(std::vector<ports::Append> batch) override {
    for (ports::Append& append : batch)
      append.message->send_id = 0;  // "the next one", whatever the client said
    inner().append(std::move(batch));
  }
  [[nodiscard]] ports::StreamStore& inner() const override { return store_->port(); }

  std::unique_ptr<SimStore> store_;
};

/// "Change the conversation and leave the inboxes": a message that was edited or recalled is shown there as it was sent.
class StaleStore final : public SimStore, private Decorator {
 public:
  explicit StaleStore(std::unique_ptr<SimStore> store) : store_(std::move(store)) {}
  ports::StreamStore& port() override { return *this; }
  bool step() override { return store_->step(); }
  [[nodiscard]] bool idle() const override { return store_->idle(); }
  void crash() override { store_->crash(); }
  void crash_after_next_commit() override { store_->crash_after_next_commit(); }
  void fail_commits(std::uint32_t count) override { store_->fail_commits(count); }

 private:
  using Send = std::tuple<MemberId, std::string, std::uint64_t>;

  void append(std::vector<ports::Append> batch) override {
    for (const ports::Append& append : batch) {
      const ports::Message& message = *append.message;
      said_.try_emplace({message.sender, message.device, message.send_id}, message.body);
    }
    inner().append(std::move(batch));
  }
  void read(ports::ReadRequest request, Done<ports::Page> done) override {
    if (request.stream.kind() != ports::StreamKind::inbox) return inner().read(request, std::move(done));
    inner().read(request,
                 [this, done = std::move(done)](Result<ports::Page, ports::StoreError> page) mutable {
                   for (std::size_t i = 0; page && i < page->entries.size(); ++i)
                     restore(page->entries[i].message);
                   done(std::move(page));
                 });
  }
  void restore(ports::MessagePtr& message) const {
    if (message->change() != nullptr || !(message->edited() || message->recalled())) return;
    auto before = std::make_shared<ports::Message>(*message);
    before->extra.reset();
    before->body = said_.at({message->sender, message->device, message->send_id});
    message = std::move(before);
  }
  [[nodiscard]] ports::StreamStore& inner() const override { return store_->port(); }

  std::unique_ptr<SimStore> store_;
  std::map<Send, std::string> said_;
};

/// "Ack before commit": what was reported is durable only after a later step; a crash before that loses it.
class HastyStore final : public SimStore, private Decorator {
 public:
  HastyStore(StoreRules rules, const ports::Clock& clock, std::uint64_t seed)
      : rules_(rules), clock_(clock), seed_(seed), store_(good_store(rules, clock, seed)) {}
  ports::StreamStore& port() override { return *this; }

  bool step() override {
    const bool worked = store_->step();
    // The disk is some steps behind the acknowledgements.
    if (++steps_ % 12 == 0) durable_ = journal_.size();
    return worked;
  }
  [[nodiscard]] bool idle() const override { return store_->idle(); }
  void crash() override {
    store_->crash();
    recover();
  }
  void crash_after_next_commit() override { store_->crash_after_next_commit(); }
  void fail_commits(std::uint32_t count) override { store_->fail_commits(count); }

 private:
  struct Nobody final : ports::AppendSink {
    void appended(std::vector<ports::Appended>) override {}
  };

  void append(std::vector<ports::Append> batch) override {
    for (const ports::Append& append : batch) journal_.push_back(copy_of(append));
    inner().append(std::move(batch));
  }
  static ports::Append copy_of(const ports::Append& append) {
    ports::Append copy = append;
    copy.message = std::make_shared<ports::Message>(*append.message);
    return copy;
  }
  /// A store that has seen only what reached the disk.
  void recover() {
    journal_.resize(durable_);
    store_ = good_store(rules_, clock_, seed_);
    Nobody nobody;
    static_cast<void>(inner().start(nobody));
    std::vector<ports::Append> again;
    for (const ports::Append& append : journal_) again.push_back(copy_of(append));
    if (!again.empty()) inner().append(std::move(again));
    while (!store_->idle()) store_->step();
    store_->crash();
  }
  [[nodiscard]] ports::StreamStore& inner() const override { return store_->port(); }

  const StoreRules rules_;
  const ports::Clock& clock_;
  const std::uint64_t seed_;
  std::unique_ptr<SimStore> store_;
  std::vector<ports::Append> journal_;  ///< what was handed in, in order
  std::size_t durable_ = 0;             ///< so many of them are on the disk
  std::uint64_t steps_ = 0;
};

}  // namespace

std::unique_ptr<SimStore> make_store(StoreKind kind, StoreRules rules, const ports::Clock& clock,
                                     std::uint64_t seed) {
  switch (kind) {
    case StoreKind::good: return good_store(rules, clock, seed);
    case StoreKind::forgets_send_ids: return std::make_unique<ForgetfulStore>(good_store(rules, clock, seed));
    case StoreKind::changes_no_inbox: return std::make_unique<StaleStore>(good_store(rules, clock, seed));
    case StoreKind::acks_before_commit: return std::make_unique<HastyStore>(rules, clock, seed);
  }
  return nullptr;
}

}  // namespace plaza::sim
