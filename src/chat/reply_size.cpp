#include "chat/reply_size.h"

namespace plaza::chat {

namespace {
// Names and numbers of all fields of a listed message, each as long as it can be.
constexpr std::size_t kMessageFieldsBytes = 272;
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
  const bool text = message.kind == ports::MessageKind::text;
  return kMessageFieldsBytes + (text ? json_bytes(message.body) : message.body.size()) +
         json_bytes(message.sender_name) + json_bytes(message.device);
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
