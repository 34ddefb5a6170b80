#include "chat/sanctions.h"

#include "chat/hub.h"

namespace plaza::chat {

using ports::Sanction;
using ports::SanctionKind;
using protocol::Errno;

Refusal refusal_of(const Sanction& sanction) {
  Refusal why{.error = sanction.kind == SanctionKind::ban ? Errno::banned : Errno::muted};
  why.reason = sanction.reason;
  why.until_ms = static_cast<std::uint64_t>(sanction.until_ms);
  return why;
}

protocol::GoodbyePush goodbye_of(const Sanction& sanction) {
  protocol::GoodbyePush goodbye{.error = Errno::banned, .message = {}};
  goodbye.reason = sanction.reason;
  goodbye.until_ms = static_cast<std::uint64_t>(sanction.until_ms);
  return goodbye;
}

void Hub::set_sanctions(MemberId member, const std::vector<Sanction>& sanctions) {
  const std::int64_t now_ms = state_.node.clock.wall_ms();
  state_.sanctions.set(member, sanctions, now_ms);
  MemberState* online = state_.member(member);
  if (!online) return;
  online->mute = state_.sanctions.find(member, SanctionKind::mute, now_ms);
  if (const auto ban = state_.sanctions.find(member, SanctionKind::ban, now_ms))
    end_sessions(member, goodbye_of(*ban));
}

std::uint32_t Hub::end_sessions(MemberId member, const protocol::GoodbyePush& goodbye,
                                std::string_view device) {
  const MemberState* online = state_.member(member);
  if (!online) return 0;
  std::vector<Session*> sessions = online->sessions;  // each takes itself out, and the last the member
  if (!device.empty()) std::erase_if(sessions, [device](const Session* s) { return s->device != device; });
  for (Session* session : sessions) {
    entering_.leave(*session);
    session->out->close(goodbye);
  }
  return static_cast<std::uint32_t>(sessions.size());
}

}  // namespace plaza::chat
