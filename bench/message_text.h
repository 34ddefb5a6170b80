#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "base/ids.h"

namespace plaza::bench {

inline constexpr std::size_t kNumberDigits = 16;

/// What the messages of a run say: their number as 16 hexadecimal digits, then filler up to the wanted length, so that the
/// receiver knows which message it is and that all of it arrived.
///
/// Thread   One.
/// Limit    At least 16 bytes.
class MessageText {
 public:
  explicit MessageText(std::size_t bytes);

  void append(std::string& out, std::uint64_t number) const;
  /// The number in a text, when it is exactly what append() makes of some number.
  [[nodiscard]] std::optional<std::uint64_t> number_of(std::string_view text) const;
  [[nodiscard]] std::size_t bytes() const { return kNumberDigits + filler_.size(); }

 private:
  std::string filler_;
};

/// `{"msgid":5,"toid":7,"send_id":9,"msg":"..."}`: ONE_CHAT, and GROUP_CHAT for a room.
void append_send(std::string& out, MemberId to, std::uint64_t send_id, const MessageText& text,
                 std::uint64_t number);
void append_send(std::string& out, RoomId to, std::uint64_t send_id, const MessageText& text,
                 std::uint64_t number);

}  // namespace plaza::bench
