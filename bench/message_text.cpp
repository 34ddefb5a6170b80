#include "bench/message_text.h"

#include <algorithm>
#include <charconv>

#include "base/check.h"

namespace plaza::bench {

namespace {

void append_number(std::string& out, std::uint64_t number) {
  char digits[20];
  const auto end = std::to_chars(digits, digits + sizeof digits, number).ptr;
  out.append(digits, end);
}

void append_send(std::string& out, std::string_view head, std::uint64_t to, std::uint64_t send_id,
                 const MessageText& text, std::uint64_t number) {
  out.append(head);
  append_number(out, to);
  out.append(",\"send_id\":");
  append_number(out, send_id);
  out.append(",\"msg\":\"");
  text.append(out, number);
  out.append("\"}");
}

}  // namespace

MessageText::MessageText(std::size_t bytes) {
  PLAZA_CHECK(bytes >= kNumberDigits);
  static constexpr std::string_view kWords = " the quick brown fox jumps over the lazy dog;";
  while (filler_.size() < bytes - kNumberDigits) filler_ += kWords;
  filler_.resize(bytes - kNumberDigits);
}

void MessageText::append(std::string& out, std::uint64_t number) const {
  char digits[kNumberDigits];
  for (std::size_t i = kNumberDigits; i-- > 0; number >>= 4) digits[i] = "0123456789abcdef"[number & 15];
  out.append(digits, kNumberDigits);
  out.append(filler_);
}

std::optional<std::uint64_t> MessageText::number_of(std::string_view text) const {
  if (text.size() != bytes() || text.substr(kNumberDigits) != filler_) return std::nullopt;
  std::uint64_t number = 0;
  for (const char c : text.substr(0, kNumberDigits)) {
    const int digit = c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
    if (digit < 0) return std::nullopt;
    number = number << 4 | static_cast<std::uint64_t>(digit);
  }
  return number;
}

void append_send(std::string& out, MemberId to, std::uint64_t send_id, const MessageText& text,
                 std::uint64_t number) {
  append_send(out, R"({"msgid":5,"toid":)", to.value, send_id, text, number);
}

void append_send(std::string& out, RoomId to, std::uint64_t send_id, const MessageText& text,
                 std::uint64_t number) {
  append_send(out, R"({"msgid":12,"groupid":)", to.value, send_id, text, number);
}

}  // namespace plaza::bench
