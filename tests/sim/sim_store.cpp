#include "tests/sim/sim_store.h"

#include <utility>
#include <vector>

#include "memory/memory_stream_store.h"

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
  void heads(std::vector<ports::StreamId> streams, Done<std::vector<ports::Head>> done) override {
    inner().heads(std::move(streams), std::move(done));
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

std::unique_ptr<MemoryStreamStore> memory_store(const ports::Clock& clock) {
  return std::make_unique<MemoryStreamStore>(
      clock, MemoryStreamStoreOptions{.commits = MemoryStreamStoreOptions::Commits::by_step});
}

class GoodStore : public SimStore {
 public:
  explicit GoodStore(const ports::Clock& clock) : store_(memory_store(clock)) {}
  ports::StreamStore& port() override { return *store_; }
  bool step() override { return store_->step(); }
  [[nodiscard]] bool idle() const override { return store_->waiting() == 0; }
  void crash() override { store_->crash(); }
  void crash_after_next_commit() override { store_->crash_after_next_commit(); }
  void fail_commits(std::uint32_t count) override { store_->fail_commits(count); }

 protected:
  std::unique_ptr<MemoryStreamStore> store_;
};

/// "Delete the dedupe": a retry is a new message.
class ForgetfulStore final : public GoodStore, private Decorator {
 public:
  using GoodStore::GoodStore;
  ports::StreamStore& port() override { return *this; }

 private:
  void append(std::vector<ports::Append> batch) override {
    for (ports::Append& append : batch)
      append.message->send_id = 0;  // "the next one", whatever the client said
    store_->append(std::move(batch));
  }
  [[nodiscard]] ports::StreamStore& inner() const override { return *store_; }
};

/// "Ack before commit": what was reported is durable only after a later step; a crash before that loses it.
class HastyStore final : public SimStore, private Decorator {
 public:
  explicit HastyStore(const ports::Clock& clock) : clock_(clock), store_(memory_store(clock)) {}
  ports::StreamStore& port() override { return *this; }

  bool step() override {
    const bool worked = store_->step();
    // The disk is some steps behind the acknowledgements.
    if (++steps_ % 4 == 0) durable_ = journal_.size();
    return worked;
  }
  [[nodiscard]] bool idle() const override { return store_->waiting() == 0; }
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
    store_->append(std::move(batch));
  }
  static ports::Append copy_of(const ports::Append& append) {
    ports::Append copy = append;
    copy.message = std::make_shared<ports::Message>(*append.message);
    return copy;
  }
  /// A store that has seen only what reached the disk.
  void recover() {
    journal_.resize(durable_);
    store_ = memory_store(clock_);
    Nobody nobody;
    static_cast<void>(store_->start(nobody));
    std::vector<ports::Append> again;
    for (const ports::Append& append : journal_) again.push_back(copy_of(append));
    if (!again.empty()) store_->append(std::move(again));
    store_->step();
    store_->crash();
  }
  [[nodiscard]] ports::StreamStore& inner() const override { return *store_; }

  const ports::Clock& clock_;
  std::unique_ptr<MemoryStreamStore> store_;
  std::vector<ports::Append> journal_;  ///< what was handed in, in order
  std::size_t durable_ = 0;             ///< so many of them are on the disk
  std::uint64_t steps_ = 0;
};

}  // namespace

std::unique_ptr<SimStore> make_store(StoreKind kind, const ports::Clock& clock) {
  switch (kind) {
    case StoreKind::good: return std::make_unique<GoodStore>(clock);
    case StoreKind::forgets_send_ids: return std::make_unique<ForgetfulStore>(clock);
    case StoreKind::acks_before_commit: return std::make_unique<HastyStore>(clock);
  }
  return nullptr;
}

}  // namespace plaza::sim
