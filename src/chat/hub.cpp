#include "chat/hub.h"

namespace plaza::chat {

using protocol::Errno;
using protocol::Msg;

Verdict Hub::request(Session& session, const protocol::Request& request) {
  // Sends have a rate of their own.
  switch (request.msgid) {
    case Msg::one_chat: return sending_.one_chat(session, request);
    case Msg::group_chat: return sending_.group_chat(session, request);
    case Msg::recall: return changing_.recall(session, request);
    case Msg::edit: return changing_.edit(session, request);
    case Msg::publish: return channel_requests_.publish(session, request);
    case Msg::ready: return entering_.ready(session, request);
    case Msg::heartbeat:
      answer(session, request.rid(),
             protocol::HeartbeatAck{.epoch = session.member->epoch,
                                    .head = session.member->head,
                                    .time_ms = state_.node.clock.wall_ms()});
      return Verdict::done;
    default: break;
  }
  if (!within_rate(session, request)) return Verdict::done;
  switch (request.msgid) {
    case Msg::sync: return reading_.sync(session, request);
    case Msg::history: return reading_.history(session, request);
    case Msg::versions: return changing_.versions(session, request);
    case Msg::received: return reading_.received(session, request);
    case Msg::mark: return reading_.mark(session, request);
    case Msg::conversations: return reading_.conversations(session, request);
    case Msg::add_friend: return friends_.add(session, request);
    case Msg::answer_friend: return friends_.answer_request(session, request);
    case Msg::remove_friend: return friends_.remove(session, request);
    case Msg::block: return friends_.block(session, request);
    case Msg::remark: return friends_.remark(session, request);
    case Msg::friends: return friends_.list(session, request);
    case Msg::find: return friends_.find(session, request);
    case Msg::create_group: return groups_.create(session, request);
    case Msg::add_group: return groups_.join(session, request);
    case Msg::leave_group: return groups_.leave(session, request);
    case Msg::groups: return groups_.list(session, request);
    case Msg::report: return reporting_.report(session, request);
    case Msg::search: return searching_.search(session, request);
    case Msg::group_members: return groups_.members(session, request);
    case Msg::subscribe: return channel_requests_.subscribe(session, request);
    case Msg::unsubscribe: return channel_requests_.unsubscribe(session, request);
    case Msg::typing: return presence_requests_.typing(session, request);
    case Msg::watch_presence: return presence_requests_.watch(session, request);
    case Msg::channels: return channel_requests_.list(session, request);
    case Msg::set_group: return group_admin_.set(session, request);
    case Msg::group_info: return group_admin_.info(session, request);
    case Msg::change_group_member: return group_admin_.change_member(session, request);
    case Msg::group_list: return group_admin_.list(session, request);
    case Msg::invitations: return group_admin_.invitations(session, request);
    case Msg::pin: return group_admin_.pin(session, request);
    case Msg::dissolve_group: return group_admin_.dissolve(session, request);
    case Msg::mute_group: return group_admin_.mute(session, request);
    default: break;
  }
  return refuse(session, Asked::from(request), {.error = Errno::unknown_msgid});
}

bool Hub::within_rate(Session& session, const protocol::Request& request) {
  std::int64_t wait_ms = 0;
  if (session.member->rates.requests.take(state_.limits.member_requests, state_.node.executor.now_ms(),
                                          wait_ms))
    return true;
  refuse(session, Asked::from(request),
         {.error = Errno::rate_limited, .retry_after_ms = static_cast<std::uint64_t>(wait_ms)});
  return false;
}

void Hub::send_for_server(std::shared_ptr<ports::Message> message, ServerSends::Done done) {
  ports::Append append;
  // A notice is the server's own, so that its one reader has to be named.
  if (message->conversation.kind() == ports::StreamKind::notices) {
    append.fanout = std::make_shared<const std::vector<MemberId>>(1, MemberId{message->conversation.first()});
  }
  append.message = std::move(message);
  append.origin_shard = state_.shard;
  append.origin_session = state_.server_sends.expect(std::move(done));
  state_.outbox.push_back(std::move(append));
}

void Hub::heartbeat(Session& session) {
  if (!session.member || session.classic) return;
  std::string& frame = frame_buffer();
  protocol::encode(frame,
                   protocol::HeartbeatPush{.epoch = session.member->epoch, .head = session.member->head});
  session.out->send(frame);
}

}  // namespace plaza::chat
