#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "ports/clock.h"
#include "ports/stream_eraser.h"

namespace plaza::sqlite {

/// Places in the writer's work at which a test may end the process.
enum class Stage : std::uint8_t {
  transaction_open,  ///< BEGIN is done
  messages_written,  ///< the message rows of a group are inserted
  flush_slice,       ///< a slice of the stored index is inserted, not committed
  flush_round_done,  ///< the last slice of a round is inserted, with indexed_upto, not committed
  before_commit,
  after_commit,  ///< durable, nobody knows yet
  after_report,
  checkpointed,
  trimmed,  ///< a piece of a trim is done, not committed
};
inline constexpr int kStages = 9;

/// Called on the writer thread at each stage. Production has none.
struct StageHook {
  void (*call)(void* context, Stage stage) = nullptr;
  void* context = nullptr;
};

struct EmbeddedStreamStoreOptions {
  std::string path;                ///< the database file; its folder exists
  std::int64_t installation = 0;   ///< for a database that has no such number yet; 0: it stays without
  std::uint8_t region = 0;         ///< in the high bits of every message id
  std::uint32_t batch_max = 1024;  ///< messages in one transaction
  std::uint32_t flush_after_messages = 65'536;  ///< so many that are not in the stored index begin a flush
  std::uint32_t flush_idle_ms = 2'000;          ///< when nothing happens for so long, flush whatever there is
  std::uint32_t flush_rows_per_commit = 1'024;  ///< index rows a group commit takes along, about 1 us each
  std::uint32_t cache_entries_max = 400'000;    ///< streams, devices and marks kept in memory, each
  std::size_t recent_bytes_max = 64U << 20U;    ///< newest messages kept in memory
  std::uint32_t retry_rows_max = 2'048;  ///< inbox entries looked at for the original of an old send_id
  std::uint32_t trim_rows_per_call = 2'000;
  std::uint32_t reader_threads = 2;
  std::uint32_t reads_waiting_max = 10'000;  ///< for the disk; a read past it gets an error
  std::uint32_t busy_timeout_ms = 2'000;     ///< for a lock that another process holds
  std::uint32_t wal_checkpoint_pages = 512;  ///< pages in the write-ahead log that start a checkpoint
  std::string vfs;                           ///< SQLite's name of the file layer; empty = the system's
  StageHook hook;
};

/// The streams in one SQLite file, for a node that has no database server.
///
/// Thread    As ports::StreamStore: any thread, nothing blocks. One writer thread owns the only connection
///           that writes and checkpoints; `reader_threads` have read-only ones. The sink is called on the
///           writer, callbacks on the writer or a reader.
/// Owner     app/ owns one per data directory, which it has locked. The clock outlives it.
/// Commit    Everything that waits is one transaction, at most batch_max messages; no timer delays it. It
///           only appends rows to `message` and carries a bounded slice of the index. What is newer than the
///           index is served from memory, and rebuilt from `message` at start.
/// Durable   WAL, synchronous=FULL: a report follows the fsync.
/// Failure   A commit that fails leaves no trace in memory; everything in it is reported `unavailable`,
///           health() says why, and the next one tries again. When COMMIT itself fails the outcome is looked
///           up before anybody is told.
/// Limit     Every cache and queue in the options; memory for what is not yet in the index is bounded because
///           a group commit takes along at least as many index rows as it makes once flush_after_messages is
///           exceeded.
/// Stop      stop() commits what waits, writes the whole index, reports, and closes.
///
/// Why the index is written later, and in runs: an entry put into the clustered index at once costs 13 us, later
/// and sorted 0.7 us, and as one of a run of its stream's entries in one row 0.03 us (with 1,000 busy inboxes).
class EmbeddedStreamStore final : public ports::StreamStore, public ports::StreamEraser {
 public:
  EmbeddedStreamStore(EmbeddedStreamStoreOptions options, const ports::Clock& clock);
  ~EmbeddedStreamStore() override;
  EmbeddedStreamStore(const EmbeddedStreamStore&) = delete;
  EmbeddedStreamStore& operator=(const EmbeddedStreamStore&) = delete;

  /// Fails, with a text for an operator, when the file cannot be opened, is not a database, is damaged,
  /// belongs to another program or has a newer schema. May be called again after a failure or after stop().
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

  /// Writes the whole index now, in slices between the commits; `true` when it is complete.
  void flush(Done<bool> done);

  [[nodiscard]] ports::StoreHealth health() const override;
  [[nodiscard]] ports::StoreStats stats() const override;

 private:
  class Impl;
  std::unique_ptr<Impl> impl_;
};

/// The schema version that this program writes.
std::uint32_t stream_schema_version();

}  // namespace plaza::sqlite
