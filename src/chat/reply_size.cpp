#include "chat/reply_size.h"

#include "chat/message_view.h"

namespace plaza::chat {

namespace {
// Names and numbers of all fields of a listed message, each as long as it can be.
constexpr std::size_t kMessageFieldsBytes = 272;
// Those of an answer, of an edited or recalled message, of a change.
constexpr std::size_t kMoreFieldsBytes = 256;
}  // namespace

std::size_t json_bytes(std::string_view text) {
  std::size_t bytes = text.size() + 2;
  for (const char c : text) {
    if (static_cast<unsigned char>(c) < 0x20) {
      bytes += 5;
    } else if (c == '"' || c == '\\') {
      bytes += 1;
    }
  }
  return bytes;
}

std::size_t listed_bytes(const ports::Message& message) {
  const bool text = content_kind(message) == ports::MessageKind::text;
  return kMessageFieldsBytes + (message.extra ? kMoreFieldsBytes : 0) +
         (text ? json_bytes(message.body) : message.body.size()) + json_bytes(message.sender_name) +
         json_bytes(message.device);
}

bool keep_what_fits(std::vector<ports::Entry>& entries, std::size_t bytes_max) {
  std::size_t bytes = 0, kept = 0;
  while (kept < entries.size()) {
    bytes += listed_bytes(*entries[kept].message);
    if (bytes > bytes_max && kept > 0) break;
    ++kept;
  }
  if (kept == entries.size()) return true;
  entries.resize(kept);
  return false;
}

}  // namespace plaza::chat
