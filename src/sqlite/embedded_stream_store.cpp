#include "sqlite/embedded_stream_store.h"

#include <atomic>
#include <mutex>
#include <thread>
#include <utility>

#include "base/check.h"
#include "sqlite/figures.h"
#include "sqlite/jobs.h"
#include "sqlite/writer.h"

namespace plaza::sqlite {

using ports::StoreError;

/// The gate before the writer: calls pass while it is open, and are refused with an answer when it is not.
class EmbeddedStreamStore::Impl {
 public:
  Impl(EmbeddedStreamStoreOptions options, const ports::Clock& clock)
      : options_(std::move(options)), clock_(clock) {}

  Result<void, StoreError> start(ports::AppendSink& sink) {
    PLAZA_CHECK(!open_);
    auto writer = std::make_unique<Writer>(options_, clock_, figures_);
    if (auto opened = writer->open(); !opened) return fail(unavailable(std::move(opened.error())));
    {
      const std::lock_guard lock(sink_mutex_);
      sink_ = &sink;
    }
    writer_ = std::move(writer);
    writer_->start(sink, sink_mutex_);
    open_ = true;
    return {};
  }

  void stop() {
    if (!open_.exchange(false)) return;
    while (inside_ != 0) std::this_thread::yield();  // calls that passed the gate are posting
    writer_->stop();
    writer_.reset();
  }

  void post(JobKind job) {
    ++inside_;
    if (open_) {
      writer_->post(std::make_unique<Job>(std::move(job)));
      --inside_;
      return;
    }
    --inside_;
    std::visit([this](auto& refused) { this->refuse(refused); }, job);
  }

  Figures figures_;

 private:
  template <class Call>
  void refuse(Call& call) {
    call.done(fail(unavailable("the store is not running")));
  }
  void refuse(AppendJob& job) {
    std::vector<ports::Appended> outcomes(job.batch.size());
    for (std::size_t i = 0; i < job.batch.size(); ++i) outcomes[i].append = std::move(job.batch[i]);
    const std::lock_guard lock(sink_mutex_);
    if (sink_ != nullptr && !outcomes.empty()) sink_->appended(std::move(outcomes));
  }

  // Constant after construction.
  const EmbeddedStreamStoreOptions options_;
  const ports::Clock& clock_;
  // Any thread (atomic).
  std::atomic<bool> open_{false};
  std::atomic<std::uint32_t> inside_{0};
  // Guarded by sink_mutex_.
  std::mutex sink_mutex_;
  ports::AppendSink* sink_ = nullptr;
  // Set while the gate is closed.
  std::unique_ptr<Writer> writer_;
};

EmbeddedStreamStore::EmbeddedStreamStore(EmbeddedStreamStoreOptions options, const ports::Clock& clock)
    : impl_(std::make_unique<Impl>(std::move(options), clock)) {}

EmbeddedStreamStore::~EmbeddedStreamStore() { impl_->stop(); }

Result<void, StoreError> EmbeddedStreamStore::start(ports::AppendSink& sink) { return impl_->start(sink); }
void EmbeddedStreamStore::stop() { impl_->stop(); }

void EmbeddedStreamStore::append(std::vector<ports::Append> batch) {
  impl_->post(AppendJob{.batch = std::move(batch)});
}

void EmbeddedStreamStore::read(ports::ReadRequest request, Done<ports::Page> done) {
  impl_->post(ReadJob{.request = request, .done = std::move(done)});
}

void EmbeddedStreamStore::versions(ports::VersionsRequest request, Done<ports::VersionPage> done) {
  impl_->post(VersionsJob{.request = request, .done = std::move(done)});
}

void EmbeddedStreamStore::heads(std::vector<ports::StreamId> streams, Done<std::vector<ports::Head>> done) {
  impl_->post(HeadsJob{.streams = std::move(streams), .done = std::move(done)});
}

void EmbeddedStreamStore::places(MemberId member, std::vector<ports::StreamId> streams,
                                 Done<std::vector<ports::Place>> done) {
  impl_->post(PlacesJob{.member = member, .streams = std::move(streams), .done = std::move(done)});
}

void EmbeddedStreamStore::open_device(MemberId member, std::string device, Done<ports::DeviceState> done) {
  impl_->post(DeviceJob{.member = member, .device = std::move(device), .done = std::move(done)});
}

void EmbeddedStreamStore::received(MemberId member, std::string device, std::uint64_t seq,
                                   Done<std::uint64_t> done) {
  impl_->post(
      ReceivedJob{.member = member, .device = std::move(device), .seq = seq, .done = std::move(done)});
}

void EmbeddedStreamStore::mark(MemberId member, ports::StreamId conversation, ports::Marks marks,
                               Done<ports::Marked> done) {
  impl_->post(MarkJob{.member = member, .conversation = conversation, .to = marks, .done = std::move(done)});
}

void EmbeddedStreamStore::follow(MemberId member, ports::StreamId conversation, Done<ports::Marked> done) {
  impl_->post(
      MarkJob{.member = member, .conversation = conversation, .to = std::nullopt, .done = std::move(done)});
}

void EmbeddedStreamStore::unfollow(MemberId member, ports::StreamId conversation, Done<bool> done) {
  impl_->post(UnfollowJob{.member = member, .conversation = conversation, .done = std::move(done)});
}

void EmbeddedStreamStore::conversations(MemberId member, ports::StreamId after, std::uint32_t limit,
                                        Done<ports::ConversationPage> done) {
  impl_->post(ConversationsJob{.member = member, .after = after, .limit = limit, .done = std::move(done)});
}

void EmbeddedStreamStore::trim(ports::Retention retention, Done<bool> done) {
  impl_->post(TrimJob{.retention = retention, .done = std::move(done)});
}

void EmbeddedStreamStore::erase(ports::Erasure what, Done<bool> done) {
  impl_->post(EraseJob{.what = std::move(what), .done = std::move(done)});
}

void EmbeddedStreamStore::flush(Done<bool> done) { impl_->post(FlushJob{.done = std::move(done)}); }

ports::StoreHealth EmbeddedStreamStore::health() const { return impl_->figures_.health(); }
ports::StoreStats EmbeddedStreamStore::stats() const { return impl_->figures_.stats(); }

}  // namespace plaza::sqlite
