#pragma once
#include <cstdint>
#include <string>
#include <string_view>

namespace plaza::client::chat {

/// One event or result as scripts read it: `message from="ann" text="hi" seq=3`. Strings are JSON strings, so a line is always
/// one line; keys keep their order and their meaning.
class Record {
 public:
  explicit Record(std::string_view kind) : text_(kind) {}
  Record& add(std::string_view key, std::string_view text);
  Record& add(std::string_view key, const char* text) { return add(key, std::string_view(text)); }
  Record& add(std::string_view key, std::uint64_t number);
  Record& add_flag(std::string_view key, bool value);
  [[nodiscard]] const std::string& text() const { return text_; }

 private:
  void key(std::string_view name);
  std::string text_;
};

}  // namespace plaza::client::chat
