#include "streams/stored_blobs.h"
#include "streams/varint.h"

namespace plaza::streams {
namespace {

// Stored: append only.
enum class Tag : std::uint8_t { reply_to = 1, change = 2, edited = 3, recalled = 4 };

void put_tag(Tag tag, std::string& out) { out.push_back(static_cast<char>(tag)); }

bool take_change(std::string_view& bytes, std::optional<ports::MessageChange>& out) {
  std::uint64_t action = 0;
  std::uint64_t kind = 0;
  ports::MessageChange& change = out.emplace();
  if (!take_varint(bytes, action) || !take_varint(bytes, change.target) || !take_varint(bytes, kind) ||
      !take_varint(bytes, change.message.value))
    return false;
  change.action = static_cast<ports::ChangeAction>(action);
  change.kind = static_cast<ports::MessageKind>(kind);
  return true;
}

/// The ids ascend: the first, then each minus the one before.
bool take_edits(std::string_view& bytes, ports::MessageExtra& out) {
  std::uint64_t time_ms = 0;
  std::uint64_t count = 0;
  if (!take_varint(bytes, time_ms) || !take_varint(bytes, count) || count > bytes.size()) return false;
  out.edited_ms = static_cast<std::int64_t>(time_ms);
  std::uint64_t id = 0;
  for (std::uint64_t i = 0; i < count; ++i) {
    std::uint64_t step = 0;
    if (!take_varint(bytes, step)) return false;
    out.edits.push_back(id += step);
  }
  return true;
}

bool take_recall(std::string_view& bytes, ports::MessageExtra& out) {
  std::uint64_t time_ms = 0;
  if (!take_varint(bytes, time_ms) || !take_varint(bytes, out.recalled_by.value)) return false;
  out.recalled_ms = static_cast<std::int64_t>(time_ms);
  return true;
}

}  // namespace

void encode_extra(const ports::MessageExtra& extra, std::string& out) {
  out.clear();
  if (extra.reply_to != 0) {
    put_tag(Tag::reply_to, out);
    put_varint(extra.reply_to, out);
  }
  if (extra.change) {
    put_tag(Tag::change, out);
    put_varint(static_cast<std::uint64_t>(extra.change->action), out);
    put_varint(extra.change->target, out);
    put_varint(static_cast<std::uint64_t>(extra.change->kind), out);
    put_varint(extra.change->message.value, out);
  }
  if (extra.edited_ms != 0) {
    put_tag(Tag::edited, out);
    put_varint(static_cast<std::uint64_t>(extra.edited_ms), out);
    put_varint(extra.edits.size(), out);
    std::uint64_t before = 0;
    for (const std::uint64_t id : extra.edits) {
      put_varint(id - before, out);
      before = id;
    }
  }
  if (extra.recalled_ms != 0) {
    put_tag(Tag::recalled, out);
    put_varint(static_cast<std::uint64_t>(extra.recalled_ms), out);
    put_varint(extra.recalled_by.value, out);
  }
}

bool decode_extra(std::string_view bytes, ports::MessageExtra& out) {
  out = {};
  while (!bytes.empty()) {
    const auto tag = static_cast<Tag>(bytes.front());
    bytes.remove_prefix(1);
    bool good = false;
    switch (tag) {
      case Tag::reply_to: good = take_varint(bytes, out.reply_to); break;
      case Tag::change: good = take_change(bytes, out.change); break;
      case Tag::edited: good = take_edits(bytes, out); break;
      case Tag::recalled: good = take_recall(bytes, out); break;
    }
    if (!good) return false;
  }
  return true;
}

}  // namespace plaza::streams
