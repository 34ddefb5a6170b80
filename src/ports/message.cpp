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

bool same_send(const Message& sent, const Message& stored) {
  if (sent.conversation != stored.conversation || sent.kind != stored.kind) return false;
  if (sent.reply_to() != stored.reply_to()) return false;
  MessageKind content = sent.kind;
  if (const MessageChange* const change = sent.change()) {
    const MessageChange* const other = stored.change();
    if (other == nullptr || change->action != other->action || change->target != other->target) return false;
    if (change->action == ChangeAction::edit && change->kind != other->kind) return false;
    content = change->kind;
  }
  if (stored.recalled() || stored.edited() || sent.body == stored.body) return true;
  return content == MessageKind::text && same_but_for_masks(sent.body, stored.body);
}

}  // namespace plaza::ports
