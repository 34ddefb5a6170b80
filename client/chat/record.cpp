#include "client/chat/record.h"

#include "protocol/json_writer.h"

namespace plaza::client::chat {

void Record::key(std::string_view name) {
  text_ += ' ';
  text_ += name;
  text_ += '=';
}

Record& Record::add(std::string_view name, std::string_view text) {
  key(name);
  std::string quoted;
  protocol::JsonWriter writer(quoted);
  writer.string(text);
  writer.finish();
  // JSON escapes the ASCII controls and the line feed with them; DEL and the C1 controls (U+0080..9F) would still steer some
  // terminals.
  constexpr char kHex[] = "0123456789abcdef";
  for (std::size_t i = 0; i < quoted.size(); ++i) {
    const auto byte = static_cast<unsigned char>(quoted[i]);
    const auto next = i + 1 < quoted.size() ? static_cast<unsigned char>(quoted[i + 1]) : 0U;
    const bool c1 = byte == 0xC2 && next >= 0x80 && next < 0xA0;
    if (byte != 0x7F && !c1) {
      text_ += quoted[i];
      continue;
    }
    const unsigned code = c1 ? next : byte;
    text_ += "\\u00";
    text_ += kHex[code >> 4];
    text_ += kHex[code & 15];
    if (c1) ++i;
  }
  return *this;
}
Record& Record::add(std::string_view name, std::uint64_t number) {
  key(name);
  text_ += std::to_string(number);
  return *this;
}
Record& Record::add_flag(std::string_view name, bool value) {
  key(name);
  text_ += value ? "true" : "false";
  return *this;
}

}  // namespace plaza::client::chat
