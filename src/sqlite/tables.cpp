#include "sqlite/tables.h"

#include <utility>

namespace plaza::sqlite {

using streams::MarkState;
using streams::SenderState;
using streams::StreamState;

int Tables::prepare(const Connection& connection) {
  if (const int code = sources_.add_to(connection); code != SQLITE_OK) return code;
  connection_ = &connection;
  // Upserts keep the larger value: a flush that begins anew after a crash writes rows that are there already.
  const std::pair<Statement*, const char*> all[] = {
      {&begin_, "BEGIN IMMEDIATE"},
      {&commit_, "COMMIT"},
      {&roll_back_, "ROLLBACK"},
      {&stored_state_,
       "SELECT (SELECT value FROM meta WHERE key = 'epoch'), (SELECT value FROM meta WHERE key = "
       "'indexed_upto'), "
       "(SELECT value FROM meta WHERE key = 'indexed_time_ms')"},
      {&load_stream_, "SELECT head, epoch, trimmed, quiet FROM stream WHERE a = ?1 AND b = ?2"},
      {&load_sender_, "SELECT last_send_id, last_message FROM sender WHERE member = ?1 AND device = ?2"},
      {&load_cursor_, "SELECT received FROM cursor WHERE member = ?1 AND device = ?2"},
      {&load_mark_, "SELECT delivered, read, removed_at FROM mark WHERE member = ?1 AND a = ?2 AND b = ?3"},
      {&send_of_, "SELECT sender, device, send_id FROM message WHERE id = ?1"},
      {&insert_messages_, "INSERT INTO message SELECT * FROM plaza_messages"},
      {&write_runs_, "INSERT OR REPLACE INTO stream_run SELECT * FROM plaza_runs"},
      {&write_stream_,
       "INSERT INTO stream VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(a, b) DO UPDATE SET "
       "head = max(head, excluded.head), epoch = excluded.epoch, trimmed = max(trimmed, excluded.trimmed), "
       "quiet = max(ifnull(quiet, 0), excluded.quiet)"},
      {&write_sender_,
       "INSERT INTO sender VALUES(?1, ?2, ?3, ?4) ON CONFLICT(member, device) DO UPDATE SET "
       "last_send_id = max(last_send_id, excluded.last_send_id), last_message = max(last_message, "
       "excluded.last_message)"},
      {&write_mark_,
       "INSERT INTO mark VALUES(?1, ?2, ?3, ?4, ?5, ?6) ON CONFLICT(member, a, b) DO UPDATE SET "
       "delivered = max(delivered, excluded.delivered), read = max(read, excluded.read), removed_at = "
       "excluded.removed_at"},
      {&write_cursor_,
       "INSERT INTO cursor VALUES(?1, ?2, ?3) ON CONFLICT(member, device) DO UPDATE SET "
       "received = max(received, excluded.received)"},
      {&delete_zone_bytes_, "DELETE FROM zone_bytes WHERE zone = ?1"},
      {&write_zone_bytes_, "INSERT OR REPLACE INTO zone_bytes VALUES(?1, ?2)"},
      {&runs_of, "SELECT b, first, last, messages FROM stream_run WHERE a = ?1 ORDER BY b, first LIMIT ?2"},
      {&streams_of, "SELECT b FROM stream WHERE a = ?1 ORDER BY b LIMIT ?2"},
      {&facts_of, "SELECT zone, length(CAST(body AS BLOB)), sender, device FROM message WHERE id = ?1"},
      {&devices_of,
       "SELECT device FROM sender WHERE member = ?1 UNION SELECT device FROM cursor WHERE member = ?1 LIMIT "
       "?2"},
      {&delete_run_, "DELETE FROM stream_run WHERE a = ?1 AND b = ?2 AND first = ?3"},
      {&delete_stream_, "DELETE FROM stream WHERE a = ?1 AND b = ?2"},
      {&delete_mark_, "DELETE FROM mark WHERE member = ?1 AND a = ?2 AND b = ?3"},
      {&delete_sender_, "DELETE FROM sender WHERE member = ?1 AND device = ?2"},
      {&delete_server_device_, "DELETE FROM sender WHERE member = 0 AND device = ?1 AND last_message <= ?2"},
      {&delete_cursor_, "DELETE FROM cursor WHERE member = ?1 AND device = ?2"},
      {&zone_bytes, "SELECT zone, bytes FROM zone_bytes"},
      {&write_indexed_,
       "UPDATE meta SET value = CASE key WHEN 'indexed_upto' THEN ?1 ELSE ?2 END "
       "WHERE key IN ('indexed_upto', 'indexed_time_ms')"},
      {&count_settled_,
       "INSERT INTO meta VALUES('settled', 1) ON CONFLICT(key) DO UPDATE SET value = value + 1"},
      {&delete_messages_, "DELETE FROM message WHERE id <= ?1"},
      {&delete_message_, "DELETE FROM message WHERE id = ?1"},
      {&delete_runs_, "DELETE FROM stream_run WHERE a = ?1 AND b = ?2 AND first <= ?3 AND last <= ?3"},
      {&delete_runs_from_, "DELETE FROM stream_run WHERE a = ?1 AND b = ?2 AND first >= ?3"},
      {&rewrite_message_, "UPDATE message SET body = ?2, extra = ?3 WHERE id = ?1"},
      {&keep_version_, "INSERT INTO version VALUES(?1, ?2, ?3, ?4)"},
      {&forget_versions_, "DELETE FROM version WHERE message = ?1"},
      {&forget_versions_upto_, "DELETE FROM version WHERE message <= ?1"},
      {&note_quiet_, "INSERT INTO quiet VALUES(?1, ?2, ?3)"},
      {&delete_quiet_, "DELETE FROM quiet WHERE a = ?1 AND b = ?2 AND seq <= ?3"},
      {&messages_after, "SELECT " PLAZA_MESSAGE_COLUMNS " FROM message m WHERE m.id > ?1 ORDER BY m.id"},
      {&oldest_messages, "SELECT " PLAZA_MESSAGE_COLUMNS " FROM message m WHERE m.id <= ?1 ORDER BY m.id"},
      {&marks_after,
       "SELECT a, b, delivered, read, removed_at FROM mark WHERE member = ?1 AND (a, b) > (?2, ?3) ORDER BY "
       "a, b"},
      {&references_of,
       "SELECT conv_a, conv_b, conv_seq, deliveries, zone, length(CAST(body AS BLOB)) FROM message WHERE id "
       "= ?1"},
      {&streams_after, "SELECT a, b, head, trimmed FROM stream WHERE (a, b) > (?1, ?2) ORDER BY a, b"},
  };
  for (const auto& [statement, sql] : all) {
    if (const int code = statement->prepare(connection, sql); code != SQLITE_OK) return code;
  }
  return lookup_.prepare(connection);
}

void Tables::finalize() {
  for (Statement* const statement : {&begin_,
                                     &commit_,
                                     &roll_back_,
                                     &stored_state_,
                                     &load_stream_,
                                     &load_sender_,
                                     &load_cursor_,
                                     &load_mark_,
                                     &send_of_,
                                     &insert_messages_,
                                     &write_runs_,
                                     &write_stream_,
                                     &write_sender_,
                                     &write_mark_,
                                     &write_cursor_,
                                     &write_indexed_,
                                     &delete_messages_,
                                     &delete_runs_,
                                     &delete_runs_from_,
                                     &count_settled_,
                                     &messages_after,
                                     &oldest_messages,
                                     &marks_after,
                                     &streams_after,
                                     &references_of,
                                     &delete_message_,
                                     &rewrite_message_,
                                     &keep_version_,
                                     &forget_versions_,
                                     &forget_versions_upto_,
                                     &note_quiet_,
                                     &delete_quiet_,
                                     &write_zone_bytes_,
                                     &zone_bytes,
                                     &runs_of,
                                     &streams_of,
                                     &facts_of,
                                     &devices_of,
                                     &delete_run_,
                                     &delete_stream_,
                                     &delete_mark_,
                                     &delete_sender_,
                                     &delete_server_device_,
                                     &delete_cursor_,
                                     &delete_zone_bytes_}) {
    statement->finalize();
  }
  lookup_.finalize();
}

bool Tables::stored_state(StoredState& state) {
  const Rewind rewind(stored_state_);
  if (stored_state_.step() != SQLITE_ROW || stored_state_.is_null(0)) return false;
  state.epoch = static_cast<std::uint32_t>(stored_state_.uint(0));
  state.indexed_upto = stored_state_.uint(1);
  state.indexed_time_ms = stored_state_.sint(2);
  return true;
}

// ---- loading ------------------------------------------------------------------------------------

bool Tables::load(StreamState& stream) {
  const Rewind rewind(load_stream_);
  load_stream_.bind(1, stream.id.a);
  load_stream_.bind(2, stream.id.b);
  const int code = load_stream_.step();
  if (code != SQLITE_ROW) return code == SQLITE_DONE;
  stream.head = load_stream_.uint(0);
  stream.epoch = static_cast<std::uint32_t>(load_stream_.uint(1));
  stream.trimmed = load_stream_.uint(2);
  stream.quiet = load_stream_.uint(3);
  return true;
}

bool Tables::load(SenderState& sender) {
  {
    const Rewind rewind(load_sender_);
    load_sender_.bind(1, sender.member.value);
    load_sender_.bind_text(2, sender.device);
    const int code = load_sender_.step();
    if (code != SQLITE_ROW && code != SQLITE_DONE) return false;
    if (code == SQLITE_ROW) {
      sender.last_send_id = load_sender_.uint(0);
      sender.last_message = load_sender_.uint(1);
    }
  }
  const Rewind rewind(load_cursor_);
  load_cursor_.bind(1, sender.member.value);
  load_cursor_.bind_text(2, sender.device);
  const int code = load_cursor_.step();
  if (code == SQLITE_ROW) sender.received = load_cursor_.uint(0);
  return code == SQLITE_ROW || code == SQLITE_DONE;
}

bool Tables::load(MarkState& mark) {
  const Rewind rewind(load_mark_);
  load_mark_.bind(1, mark.member.value);
  load_mark_.bind(2, mark.stream.a);
  load_mark_.bind(3, mark.stream.b);
  const int code = load_mark_.step();
  if (code != SQLITE_ROW) return code == SQLITE_DONE;
  mark.marks = {.delivered = load_mark_.uint(0), .read = load_mark_.uint(1)};
  mark.listing = load_mark_.is_null(2) ? MarkState::Listing::listed : MarkState::Listing::removed;
  mark.removed_at = load_mark_.uint(2);
  mark.in_table = true;
  return true;
}

bool Tables::find_entry(ports::StreamId stream, std::uint64_t seq, std::uint64_t& message_id) {
  message_id = 0;
  return lookup_.entry(stream, seq, message_id) != MessageLookup::Found::failed;
}

bool Tables::load_message(std::uint64_t id, ports::MessagePtr& message) {
  return lookup_.message(id, message) != MessageLookup::Found::failed;
}

// ---- writing ------------------------------------------------------------------------------------

bool Tables::insert_messages(std::span<const std::shared_ptr<ports::Message>> messages) {
  if (messages.empty()) return true;
  sources_.messages.offer(messages);
  return insert_messages_.run();
}

bool Tables::write_cursor(const SenderState& sender) {
  write_cursor_.bind(1, sender.member.value);
  write_cursor_.bind_text(2, sender.device);
  write_cursor_.bind(3, sender.received);
  return write_cursor_.run();
}

bool Tables::write_runs(std::span<const streams::IndexRun> runs) {
  for (const streams::IndexRun& run : runs) {
    if (!run.replaces) continue;
    delete_runs_from_.bind(1, run.stream.a);
    delete_runs_from_.bind(2, run.stream.b);
    delete_runs_from_.bind(3, run.first);
    if (!delete_runs_from_.run()) return false;
  }
  sources_.runs.offer(runs);
  return write_runs_.run();
}

bool Tables::write_stream(const StreamState& stream) {
  write_stream_.bind(1, stream.id.a);
  write_stream_.bind(2, stream.id.b);
  write_stream_.bind(3, stream.head);
  write_stream_.bind(4, stream.epoch);
  write_stream_.bind(5, stream.trimmed);
  write_stream_.bind(6, stream.quiet);
  return write_stream_.run();
}

bool Tables::write_sender(const SenderState& sender) {
  write_sender_.bind(1, sender.member.value);
  write_sender_.bind_text(2, sender.device);
  write_sender_.bind(3, sender.last_send_id);
  write_sender_.bind(4, sender.last_message);
  return write_sender_.run();
}

bool Tables::write_mark(const MarkState& mark) {
  write_mark_.bind(1, mark.member.value);
  write_mark_.bind(2, mark.stream.a);
  write_mark_.bind(3, mark.stream.b);
  write_mark_.bind(4, mark.marks.delivered);
  write_mark_.bind(5, mark.marks.read);
  if (mark.listing == MarkState::Listing::removed) {
    write_mark_.bind(6, mark.removed_at);
  } else {
    write_mark_.bind_null(6);
  }
  return write_mark_.run();
}

bool Tables::write_zone_bytes(const ports::ZoneBytes& row) {
  if (row.bytes == 0) {
    delete_zone_bytes_.bind(1, row.zone.value);
    return delete_zone_bytes_.run();
  }
  write_zone_bytes_.bind(1, row.zone.value);
  write_zone_bytes_.bind(2, row.bytes);
  return write_zone_bytes_.run();
}

bool Tables::write_indexed_upto(std::uint64_t message_id, std::int64_t time_ms) {
  write_indexed_.bind(1, message_id);
  write_indexed_.bind_signed(2, time_ms);
  return write_indexed_.run();
}

bool Tables::delete_messages_upto(std::uint64_t id) {
  forget_versions_upto_.bind(1, id);
  delete_messages_.bind(1, id);
  return forget_versions_upto_.run() && delete_messages_.run();
}

bool Tables::delete_message(std::uint64_t id) {
  forget_versions_.bind(1, id);
  delete_message_.bind(1, id);
  return forget_versions_.run() && delete_message_.run();
}

bool Tables::delete_quiet_upto(ports::StreamId stream, std::uint64_t seq) {
  delete_quiet_.bind(1, stream.a);
  delete_quiet_.bind(2, stream.b);
  delete_quiet_.bind(3, seq);
  return delete_quiet_.run();
}

bool Tables::delete_runs_upto(ports::StreamId stream, std::uint64_t seq) {
  delete_runs_.bind(1, stream.a);
  delete_runs_.bind(2, stream.b);
  delete_runs_.bind(3, seq);
  return delete_runs_.run();
}

streams::StreamSend Tables::send_at(const SenderState& sender, const StreamState& stream, std::uint64_t seq) {
  std::uint64_t id = stream.in_tail(seq);
  using Look = streams::StreamSend::Look;
  if (id == 0) {
    const auto found = lookup_.entry(stream.id, seq, id);
    if (found != MessageLookup::Found::yes)
      return {.look = found == MessageLookup::Found::no ? Look::gone : Look::failed};
  }
  const Rewind rewind(send_of_);
  send_of_.bind(1, id);
  const int code = send_of_.step();
  if (code != SQLITE_ROW) return {.look = code == SQLITE_DONE ? Look::gone : Look::failed};
  const bool own = send_of_.uint(0) == sender.member.value && send_of_.bytes(1) == sender.device;
  return {.send_id = own ? send_of_.uint(2) : 0, .message_id = id};
}

}  // namespace plaza::sqlite
