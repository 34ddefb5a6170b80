#include "ports/message.h"

#include <algorithm>

namespace plaza::ports {

std::uint64_t Message::inbox_seq(MemberId member) const {
  const StreamId inbox = StreamId::inbox(member);
  const auto at = std::lower_bound(deliveries.begin(), deliveries.end(), inbox,
                                   [](const Delivery& d, const StreamId& id) { return d.stream < id; });
  return at != deliveries.end() && at->stream == inbox ? at->seq : 0;
}

namespace {

bool continues(char c) { return (static_cast<unsigned char>(c) & 0xc0) == 0x80; }

/// Behind the character that begins at `at`.
std::size_t next_character(const std::string& text, std::size_t at) {
  do ++at;
  while (at < text.size() && continues(text[at]));
  return at;
}

/// Character by character; a `*` on either side is as good as whatever stands there on the other.
bool same_but_for_masks(const std::string& one, const std::string& other) {
  std::size_t i = 0, k = 0;
  while (i < one.size() && k < other.size()) {
    const std::size_t i_end = next_character(one, i), k_end = next_character(other, k);
    const bool masked = one[i] == '*' || other[k] == '*';
    if (!masked && one.compare(i, i_end - i, other, k, k_end - k) != 0) return false;
    i = i_end;
    k = k_end;
  }
  return i == one.size() && k == other.size();
}

}  // namespace

bool same_send(const Message& one, const Message& other) {
  if (one.conversation != other.conversation || one.kind != other.kind) return false;
  return one.body == other.body ||
         (one.kind == MessageKind::text && same_but_for_masks(one.body, other.body));
}

}  // namespace plaza::ports
