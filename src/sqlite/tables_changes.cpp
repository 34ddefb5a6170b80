// What recalls and edits do to the rows of messages.
#include <algorithm>

#include "sqlite/tables.h"
#include "streams/stored_blobs.h"

namespace plaza::sqlite {

bool Tables::rewrite(const ports::Message& message) {
  streams::encode_extra(*message.extra, extra_);
  rewrite_message_.bind(1, message.id.value);
  rewrite_message_.bind_text(2, message.body);
  rewrite_message_.bind_blob(3, extra_);
  return rewrite_message_.run();
}

bool Tables::secure_delete(const char* how) {
  const std::string pragma = std::string("PRAGMA secure_delete = ") + how;
  return sqlite3_exec(connection_->raw(), pragma.c_str(), nullptr, nullptr, nullptr) == SQLITE_OK;
}

/// What is removed here is gone from the pages of the file as well, from overflow pages too: by default (FAST) SQLite leaves the
/// content of pages that become free where it is.
bool Tables::write_changes(const streams::MessageChanges& changes) {
  if (changes.empty()) return true;
  if (!secure_delete("ON")) return false;
  const bool written = write_bodies(changes);
  if (!secure_delete("FAST") || !written) return false;
  for (const ports::Delivery& place : changes.quiet()) {
    note_quiet_.bind(1, place.stream.a);
    note_quiet_.bind(2, place.stream.b);
    note_quiet_.bind(3, place.seq);
    if (!note_quiet_.run()) return false;
  }
  const auto rows = changes.zone_rows();
  return std::ranges::all_of(rows, [this](const ports::ZoneBytes& row) { return write_zone_bytes(row); });
}

bool Tables::write_bodies(const streams::MessageChanges& changes) {
  for (const std::uint64_t id : changes.forgotten()) {
    forget_versions_.bind(1, id);
    if (!forget_versions_.run()) return false;
  }
  for (const auto& kept : changes.kept()) {
    keep_version_.bind(1, kept.message);
    keep_version_.bind(2, std::uint64_t{kept.version.number});
    keep_version_.bind_signed(3, kept.version.time_ms);
    keep_version_.bind_text(4, kept.version.body);
    if (!keep_version_.run()) return false;
  }
  for (const auto& [id, message] : changes.rewritten()) {
    if (!rewrite(*message)) return false;
  }
  return true;
}

}  // namespace plaza::sqlite
