#pragma once
#include <cstdint>
#include <memory>
#include <span>

#include "sqlite/connection.h"
#include "sqlite/message_rows.h"
#include "sqlite/row_sources.h"
#include "streams/index_flush.h"
#include "streams/message_changes.h"
#include "streams/original_search.h"
#include "streams/working_set.h"

namespace plaza::sqlite {

/// Where the stored data stands at start.
struct StoredState {
  std::uint32_t epoch = 0;
  std::uint64_t indexed_upto = 0;
  std::int64_t indexed_time_ms = 0;
};

/// The writer's prepared statements: one method per row that is read or written, nothing decided here.
///
/// Thread   The writer's.
/// Owner    The writer; finalised before the connection closes.
/// Failure  false or nullopt: the connection's failure() has the words.
class Tables final : public streams::StateSource, public streams::IndexRows {
 public:
  int prepare(const Connection& connection);
  void finalize();  ///< before the connection closes

  bool begin() { return begin_.run(); }
  bool commit() { return commit_.run(); }
  bool roll_back() { return roll_back_.run(); }

  [[nodiscard]] bool stored_state(StoredState& state);

  // streams::StateSource
  bool load(streams::StreamState& stream) override;
  bool load(streams::SenderState& sender) override;
  bool load(streams::MarkState& mark) override;
  bool find_entry(ports::StreamId stream, std::uint64_t seq, std::uint64_t& message_id) override;
  bool load_message(std::uint64_t id, ports::MessagePtr& message) override;

  bool insert_messages(std::span<const std::shared_ptr<ports::Message>> messages);
  bool write_cursor(const streams::SenderState& sender);
  /// What the group's recalls and edits do; after its messages.
  bool write_changes(const streams::MessageChanges& changes);

  // streams::IndexRows: each may be repeated.
  bool write_runs(std::span<const streams::IndexRun> runs) override;
  bool write_stream(const streams::StreamState& stream) override;
  bool write_sender(const streams::SenderState& sender) override;
  bool write_mark(const streams::MarkState& mark) override;
  bool write_zone_bytes(const ports::ZoneBytes& row) override;
  bool write_indexed_upto(std::uint64_t message_id, std::int64_t time_ms) override;

  /// A change that always writes, so that its commit syncs the log.
  bool count_settled() { return count_settled_.run(); }

  // Retention. A run goes when all of it may; until then `trimmed` hides its beginning.
  bool delete_messages_upto(std::uint64_t id);
  bool delete_message(std::uint64_t id);
  bool delete_quiet_upto(ports::StreamId stream, std::uint64_t seq);
  bool delete_runs_upto(ports::StreamId stream, std::uint64_t seq);

  // Erasing.
  /// Of what is removed from now on nothing is left in free pages of the file either ("ON"), or in those that are written anyway ("FAST").
  bool secure_delete(const char* how);
  bool delete_run(ports::StreamId stream, std::uint64_t first);
  /// With its quiet places.
  bool delete_stream(ports::StreamId stream);
  bool delete_mark(MemberId member, ports::StreamId stream);
  /// One of the server itself, unless it has sent after this message.
  bool delete_server_device(std::string_view device, std::uint64_t last_message);
  /// Its send_ids and its cursor.
  bool delete_device(MemberId member, std::string_view device);

  /// What stands at a place of an inbox, for the search of an old send_id of (sender.device).
  streams::StreamSend send_at(const streams::SenderState& sender, const streams::StreamState& stream,
                              std::uint64_t seq);

  [[nodiscard]] MessageLookup& lookup() { return lookup_; }
  // Ranges: bound and stepped by whoever reads them.
  Statement messages_after;   ///< message columns, id > ?1 in order of id
  Statement oldest_messages;  ///< message columns, id <= ?1 in order of id
  Statement marks_after;      ///< a, b, delivered, read, removed_at of member ?1 after (?2, ?3)
  Statement streams_after;    ///< a, b, head, trimmed after (?1, ?2)
  Statement references_of;    ///< conv_a, conv_b, conv_seq, deliveries, zone, bytes of the body of message ?1
  Statement zone_bytes;       ///< zone, bytes of all
  Statement runs_of;          ///< b, first, last, messages of ?2 runs of streams named (?1, *)
  Statement streams_of;       ///< b of ?2 streams (?1, *)
  Statement facts_of;         ///< zone, bytes of the body, sender, device of message ?1
  Statement devices_of;       ///< device, of ?2 that member ?1 has sent or received with

 private:
  bool rewrite(const ports::Message& message);
  bool write_bodies(const streams::MessageChanges& changes);

  const Connection* connection_ = nullptr;
  std::string extra_;  ///< of the row that is written
  MessageLookup lookup_;
  Statement begin_, commit_, roll_back_;
  Statement stored_state_, load_stream_, load_sender_, load_cursor_, load_mark_, send_of_;
  Statement insert_messages_, write_runs_, write_stream_, write_sender_, write_mark_, write_cursor_,
      write_zone_bytes_, delete_zone_bytes_, write_indexed_;
  Statement delete_messages_, delete_message_, delete_runs_, delete_runs_from_, count_settled_;
  Statement rewrite_message_, keep_version_, forget_versions_, forget_versions_upto_, note_quiet_,
      delete_quiet_;
  Statement delete_run_, delete_stream_, delete_mark_, delete_sender_, delete_server_device_, delete_cursor_;
  RowSources sources_;
};

}  // namespace plaza::sqlite
