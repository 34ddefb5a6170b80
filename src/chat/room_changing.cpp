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
  MemberId me;  ///< none: the app's server
  AppId app;    ///< the same: that it may have many at once is bounded before
  Job job;
  // On the shard: one of them, once.
  std::move_only_function<void(const ports::DirectoryError&)> refused;
  std::move_only_function<void(const ports::RoomChanged&)> done;
  std::move_only_function<void()> store_away;
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
  const auto answered = [this, id = session.id, login = session.login](auto with) {
    return [this, id, login, with = std::move(with)](const auto&... outcome) mutable {
      Session* still = state_.session(id, login);
      if (!still) return;
      with(*still, outcome...);
      still->out->resume(Resume::next);
    };
  };
  const MemberId me = session.member->who.id;
  const auto run = std::make_shared<Run>(
      Run{.me = me,
          .app = session.app,
          .job = std::move(job),
          .refused = answered(std::move(refused)),
          .done = answered(std::move(done)),
          .store_away = answered([asked](Session& s) { refuse(s, asked, storage_unavailable()); })});
  return start(run, me, std::move(find)) ? Verdict::wait : refuse(session, asked, busy());
}

void RoomChanging::run_for_server(Job job, Outcome outcome, MemberId added, Find find) {
  using Result = ports::DirectoryResult<ports::RoomChanged>;
  const auto told = std::make_shared<Outcome>(std::move(outcome));
  const auto refused = [told](const ports::DirectoryError& error) { (*told)(Result(fail(error))); };
  const auto unavailable = [refused] { refused({.code = ports::DirectoryCode::unavailable, .detail = {}}); };
  const auto run = std::make_shared<Run>(
      Run{.me = {},
          .app = {},
          .job = std::move(job),
          .refused = refused,
          .done = [told](const ports::RoomChanged& changed) { (*told)(Result(changed)); },
          .store_away = unavailable});
  if (!start(run, added, std::move(find))) finish(unavailable);
}

/// False: too much waits already.
bool RoomChanging::start(const RunPtr& run, MemberId listed, Find find) {
  return state_.node.executor.blocking(run->app.value, [this, run, listed, find = std::move(find)]() mutable {
    const RoomId listed_first = find ? find(state_.node.directory) : RoomId{};
    if (!listed_first) return carry_out(run);
    // In the member's list before it is in the room: were it the other way round, a store that is away would leave a member
    // whose list lacks the room, or a membership that others have seen would have to be taken back.
    state_.node.store.follow(listed, StreamId::room(listed_first), [this, run](auto marked) {
      if (marked && state_.node.executor.blocking(run->app.value, [this, run] { carry_out(run); })) return;
      finish([run] { run->store_away(); });
    });
  });
}

void RoomChanging::finish(std::move_only_function<void()> with) {
  state_.node.executor.post(state_.shard, std::move(with));
}

/// Where it may block.
void RoomChanging::carry_out(const RunPtr& run) {
  auto result = run->job(state_.node.directory);
  if (!result) {
    return finish([run, error = std::move(result.error())] { run->refused(error); });
  }
  in_force(run, std::make_shared<ports::RoomChanged>(std::move(*result)));
}

void RoomChanging::in_force(const RunPtr& run, const Changed& changed) {
  Node& node = state_.node;
  const RoomId room = changed->room.id;
  if (changed->events.empty()) return finish([run, changed] { run->done(*changed); });
  if (changed->move == RoomMove::came) node.store.follow(changed->member, StreamId::room(room), [](auto) {});
  const bool one_of_many = changed->room.large_from != 0 && changed->move != RoomMove::none && !changed->gone;
  on_shards_then(
      node, state_.shard, all_shards(node),
      [changed, room, member = one_of_many ? changed->member : MemberId{}](Hub& hub) {
        // What was taken for the room as it was before is stored before the event.
        hub.state().flush();
        auto& rooms = hub.state().rooms;
        member ? rooms.invalidate(room, member) : rooms.invalidate(room);
        hub.large_rooms().changed(*changed);
      },
      [this, run, changed] {
        state_.node.room_events->announce(
            changed->events, [this, run, changed](std::uint64_t cseq) { announced(run, changed, cseq); });
      });
}

/// On a worker or the store's thread.
void RoomChanging::announced(const RunPtr& run, const Changed& changed, std::uint64_t cseq) {
  Node& node = state_.node;
  changed->cseq = cseq;
  const StreamId stream = StreamId::room(changed->room.id);
  const auto unfollow = [&](MemberId member) { node.store.unfollow(member, stream, [](auto) {}); };
  if (changed->gone) {
    for (const MemberId member : changed->events.back().fanout) unfollow(member);
  } else if (changed->move == RoomMove::went) {
    unfollow(changed->member);
  }
  const bool stays = !changed->gone && !(changed->move == RoomMove::went && changed->member == run->me);
  // As with a message of one's own.
  if (run->me && stays && cseq != 0)
    node.store.mark(run->me, stream, {.delivered = cseq, .read = cseq}, [](auto) {});
  const bool visible_now = changed->events.back().effect != ports::RoomEventEffect::none;
  auto done = [this, run, changed] { finish([run, changed] { run->done(*changed); }); };
  if (!visible_now) return done();
  // What was read of the room before the event had a place does not know it.
  on_shards_then(
      node, state_.shard, all_shards(node),
      [room = changed->room.id](Hub& hub) { hub.state().rooms.invalidate(room); }, std::move(done));
}

}  // namespace plaza::chat
