#include "ports/message.h"

#include <algorithm>

namespace plaza::ports {

std::uint64_t Message::inbox_seq(MemberId member) const {
  const StreamId inbox = StreamId::inbox(member);
  const auto at = std::lower_bound(deliveries.begin(), deliveries.end(), inbox,
                                   [](const Delivery& d, const StreamId& id) { return d.stream < id; });
  return at != deliveries.end() && at->stream == inbox ? at->seq : 0;
}

bool same_send(const Message& one, const Message& other) {
  return one.conversation == other.conversation && one.kind == other.kind && one.body == other.body;
}

}  // namespace plaza::ports
