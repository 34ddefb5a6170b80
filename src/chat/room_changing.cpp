#include "chat/room_changing.h"

#include <utility>

#include "chat/hub.h"
#include "chat/notices.h"
#include "chat/room_events.h"

namespace plaza::chat {

using ports::RoomMove;
using ports::StreamId;

/// A change on its way: what the callbacks of both databases share until it is answered.
struct RoomChanging::Run {
  SessionId session = 0;
  std::uint64_t login = 0;
  MemberId me;
  Asked asked;
  Job job;
  Refused refused;
  Done done;
};

RoomChanging::Job RoomChanging::changing(const Session& session, RoomId room,
                                         ports::RoomChange change) const {
  return [zone = session.zone, me = session.member->who.id, room, change = std::move(change),
          &clock = state_.node.clock](ports::Directory& directory) {
    return directory.change(zone, me, room, change, clock.wall_ms());
  };
}

Verdict RoomChanging::run(Session& session, const Asked& asked, Job job, Refused refused, Done done,
                          Find find) {
  auto run = std::make_shared<Run>(Run{.session = session.id,
                                       .login = session.login,
                                       .me = session.member->who.id,
                                       .asked = asked,
                                       .job = std::move(job),
                                       .refused = std::move(refused),
                                       .done = std::move(done)});
  const bool started = state_.node.executor.blocking([this, run, find = std::move(find)]() mutable {
    const RoomId listed_first = find ? find(state_.node.directory) : RoomId{};
    if (!listed_first) return carry_out(run);
    // In the member's list before it is in the room: were it the other way round, a store that is away would leave a member
    // whose list lacks the room, or a membership that others have seen would have to be taken back.
    state_.node.store.follow(run->me, StreamId::room(listed_first), [this, run](auto marked) {
      if (marked && state_.node.executor.blocking([this, run] { carry_out(run); })) return;
      finish(run, [run](Session& s) { refuse(s, run->asked, storage_unavailable()); });
    });
  });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

void RoomChanging::finish(const RunPtr& run, std::move_only_function<void(Session&)> with) {
  state_.node.executor.post(state_.shard, [this, run, with = std::move(with)]() mutable {
    Session* still = state_.session(run->session, run->login);
    if (!still) return;
    with(*still);
    still->out->resume(Resume::next);
  });
}

/// Where it may block.
void RoomChanging::carry_out(const RunPtr& run) {
  auto result = run->job(state_.node.directory);
  if (!result) {
    return finish(run, [run, error = std::move(result.error())](Session& s) { run->refused(s, error); });
  }
  in_force(run, std::make_shared<const ports::RoomChanged>(std::move(*result)));
}

void RoomChanging::in_force(const RunPtr& run, const Changed& changed) {
  Node& node = state_.node;
  const RoomId room = changed->room.id;
  if (changed->events.empty()) return finish(run, [run, changed](Session& s) { run->done(s, *changed); });
  if (changed->move == RoomMove::came) node.store.follow(changed->member, StreamId::room(room), [](auto) {});
  const bool one_of_many = changed->room.large_from != 0 && changed->move != RoomMove::none && !changed->gone;
  on_shards_then(
      node, state_.shard, all_shards(node),
      [room, member = one_of_many ? changed->member : MemberId{}](Hub& hub) {
        auto& rooms = hub.state().rooms;
        member ? rooms.invalidate(room, member) : rooms.invalidate(room);
      },
      [this, run, changed] {
        state_.node.room_events->announce(
            changed->events, [this, run, changed](std::uint64_t cseq) { announced(run, changed, cseq); });
      });
}

/// On a worker or the store's thread.
void RoomChanging::announced(const RunPtr& run, const Changed& changed, std::uint64_t cseq) {
  Node& node = state_.node;
  const StreamId stream = StreamId::room(changed->room.id);
  const auto unfollow = [&](MemberId member) { node.store.unfollow(member, stream, [](auto) {}); };
  if (changed->gone) {
    for (const MemberId member : changed->events.back().fanout) unfollow(member);
  } else if (changed->move == RoomMove::went) {
    unfollow(changed->member);
  }
  const bool stays = !changed->gone && !(changed->move == RoomMove::went && changed->member == run->me);
  // As with a message of one's own.
  if (stays && cseq != 0) node.store.mark(run->me, stream, {.delivered = cseq, .read = cseq}, [](auto) {});
  const bool visible_now = changed->events.back().effect != ports::RoomEventEffect::none;
  auto done = [this, run, changed] { finish(run, [run, changed](Session& s) { run->done(s, *changed); }); };
  if (!visible_now) return done();
  // What was read of the room before the event had a place does not know it.
  on_shards_then(
      node, state_.shard, all_shards(node),
      [room = changed->room.id](Hub& hub) { hub.state().rooms.invalidate(room); }, std::move(done));
}

}  // namespace plaza::chat
