#pragma once
#include <condition_variable>
#include <cstdint>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "ports/clock.h"
#include "ports/message_log.h"
#include "ports/stream_eraser.h"

namespace plaza::memory {

struct MemoryStreamStoreOptions {
  enum class Commits : std::uint8_t {
    own_thread,  ///< a thread of the store commits whatever waits, as a real store does
    by_step,     ///< nothing happens until step(): the simulator and tests
  };
  Commits commits = Commits::own_thread;
  std::uint8_t region = 0;             ///< in the high bits of every message id
  std::uint32_t epoch = 1;             ///< of every stream
  std::uint32_t trim_rows_max = 2000;  ///< messages and entries that one trim() removes
};

/// The twin of the stores that write to a disk: the same contract with plain maps, nothing shared with them,
/// so that a contract test which both pass says something. "Durable" is what a commit has put into the maps:
/// it survives crash().
///
/// Thread   As ports::StreamStore. With by_step everything, also the callbacks, runs in step(), on one
///          thread, and the same calls in the same order give the same results.
/// Owner    Whoever plays app/. The sink outlives stop() or crash().
/// Order    All waiting calls are one commit, taken in their order; then one report to the sink, then the
///          callbacks.
/// Limit    Memory. It is for tests, the simulator and servers that may forget everything.
class MemoryStreamStore final : public ports::StreamStore,
                                public ports::StreamEraser,
                                public ports::MessageLog {
 public:
  explicit MemoryStreamStore(const ports::Clock& clock, MemoryStreamStoreOptions options = {});
  ~MemoryStreamStore() override;
  MemoryStreamStore(const MemoryStreamStore&) = delete;
  MemoryStreamStore& operator=(const MemoryStreamStore&) = delete;

  [[nodiscard]] Result<void, ports::StoreError> start(ports::AppendSink& sink) override;
  void stop() override;
  void append(std::vector<ports::Append> batch) override;
  void read(ports::ReadRequest request, Done<ports::Page> done) override;
  void versions(ports::VersionsRequest request, Done<ports::VersionPage> done) override;
  void heads(std::vector<ports::StreamId> streams, Done<std::vector<ports::Head>> done) override;
  void places(MemberId member, std::vector<ports::StreamId> streams,
              Done<std::vector<ports::Place>> done) override;
  void open_device(MemberId member, std::string device, Done<ports::DeviceState> done) override;
  void received(MemberId member, std::string device, std::uint64_t seq, Done<std::uint64_t> done) override;
  void mark(MemberId member, ports::StreamId conversation, ports::Marks marks,
            Done<ports::Marked> done) override;
  void follow(MemberId member, ports::StreamId conversation, Done<ports::Marked> done) override;
  void unfollow(MemberId member, ports::StreamId conversation, Done<bool> done) override;
  void conversations(MemberId member, ports::StreamId after, std::uint32_t limit,
                     Done<ports::ConversationPage> done) override;
  void trim(ports::Retention retention, Done<bool> done) override;
  void erase(ports::Erasure what, Done<bool> done) override;
  [[nodiscard]] ports::StoreHealth health() const override;
  [[nodiscard]] ports::StoreStats stats() const override;

  // As MessageLog: what is committed, any thread.
  Result<ports::MessageLogPage, ports::MessageLogError> after(MessageId id, std::uint32_t limit) override;
  Result<std::vector<ports::MessagePtr>, ports::MessageLogError> find(
      const std::vector<MessageId>& ids) override;

  // by_step only ---------------------------------------------------------------------------
  /// Commits everything that waits, reports it, and calls back; false when nothing waited.
  bool step();
  [[nodiscard]] std::size_t waiting() const;
  /// The process dies: what waits is forgotten without an answer, what is committed stays. start() it again.
  void crash();
  /// The next step() commits, then dies before anybody hears of it, as crash(). start() it again.
  void crash_after_next_commit();

  // Faults, both modes ---------------------------------------------------------------------
  /// The next `count` commits fail: everything in them is `unavailable`.
  void fail_commits(std::uint32_t count);

 private:
  struct Stream {
    std::uint64_t head = 0, trimmed = 0;
    std::map<std::uint64_t, ports::MessagePtr> entries;
    std::set<std::uint64_t> quiet;  ///< places of changes of messages
  };
  struct Device {
    std::vector<std::uint64_t> accepted;  ///< accepted[i] is the message id of send_id i + 1
    std::uint64_t received = 0;
  };
  struct Mark {
    ports::Marks marks;
    bool listed = true;
  };
  /// Everything that a disk would hold.
  struct Durable {
    std::uint64_t last_counter = 0;
    std::int64_t last_time_ms = 0;
    std::map<MessageId, ports::MessagePtr> messages;
    std::map<MessageId, std::vector<ports::MessageVersion>> versions;  ///< earlier ones
    std::map<ports::StreamId, Stream> streams;
    std::map<std::pair<MemberId, std::string>, Device> devices;
    std::map<std::pair<MemberId, ports::StreamId>, Mark> marks;
    std::map<ZoneId, std::uint64_t> zone_bytes;
  };
  /// What one commit tells when it is done.
  struct Commit {
    bool fails = false;   ///< what writes gets an error
    bool closed = false;  ///< what reads as well
    std::vector<ports::Appended> outcomes;
    std::vector<std::move_only_function<void()>> callbacks;
  };
  using Job = std::move_only_function<void(Commit&)>;
  enum class Access : std::uint8_t { reads, writes };

  void submit(Job job);
  bool commit_waiting();
  void commit_until_stopped();
  /// Runs `work` in the next commit and gives its result to `done` after it; an error when it writes and the
  /// commit fails.
  template <class T, class Work>
  void call(Access access, Done<T> done, Work work);

  // In a commit: guarded by commit_mutex_.
  [[nodiscard]] ports::Appended append_one(ports::Append append);
  void store(const ports::Append& append, Device& device);
  // memory_stream_changes.cpp
  [[nodiscard]] ports::AppendRefusal refusal_of(const ports::Message& message) const;
  void carry_out(const ports::Message& change);
  void put_in_place(ports::Message message, ports::MessageExtra extra);
  [[nodiscard]] ports::VersionPage version_page(const ports::VersionsRequest& request) const;
  [[nodiscard]] ports::Head head_of(ports::StreamId stream) const;
  [[nodiscard]] ports::Page page(const ports::ReadRequest& request) const;
  ports::Marked move_marks(MemberId member, ports::StreamId conversation, ports::Marks to);
  [[nodiscard]] ports::ConversationPage list(MemberId member, ports::StreamId after,
                                             std::uint32_t limit) const;
  [[nodiscard]] std::uint64_t quiet_after(ports::StreamId stream, std::uint64_t read) const;
  bool trim_some(const ports::Retention& retention);
  bool erase_some(const ports::Erasure& what);
  bool erase_stream(ports::StreamId id);
  void count_bytes(const ports::Message& message, std::int64_t sign);
  std::vector<ports::ZoneBytes> take_changed_bytes();

  // Constant after construction.
  const ports::Clock& clock_;
  const MemoryStreamStoreOptions options_;
  // Guarded by mutex_.
  mutable std::mutex mutex_;
  std::condition_variable wake_;
  std::deque<Job> waiting_;
  ports::AppendSink* sink_ = nullptr;
  bool running_ = false;
  bool stopping_ = false;
  bool crash_after_commit_ = false;
  std::uint32_t commits_to_fail_ = 0;
  ports::StoreStats stats_;
  // Guarded by commit_mutex_, which is taken first: one commit at a time, whoever runs it.
  std::mutex commit_mutex_;
  Durable durable_;
  std::set<ZoneId> changed_bytes_;  ///< and not yet reported
  // The owner's thread.
  std::thread thread_;
};

}  // namespace plaza::memory
