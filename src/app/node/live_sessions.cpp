#include "app/node/live_sessions.h"

#include <algorithm>
#include <mutex>

#include "app/node/awaited.h"
#include "chat/member_changes.h"
#include "tenancy/quota_metrics.h"

namespace plaza::app {

using backend::OnlineMember;
using backend::RoomOutcome;
using backend::RoomSend;
using backend::Stored;

namespace {

std::optional<Stored> stored(const ports::Appended& outcome) {
  using ports::AppendCode;
  const bool again = outcome.code == AppendCode::duplicate || outcome.code == AppendCode::duplicate_trimmed;
  if (outcome.code != AppendCode::accepted && !again) return std::nullopt;
  Stored out{.duplicate = again};
  if (outcome.message) {
    out.id = outcome.message->id;
    out.conversation_seq = outcome.message->conversation_seq;
    out.time_ms = outcome.message->time_ms;
  }
  return out;
}

}  // namespace

std::optional<Stored> LiveSessions::send(ports::Message message) {
  const auto awaited = std::make_shared<Awaited<std::optional<Stored>>>();
  auto shared = std::make_shared<ports::Message>(std::move(message));
  // Any does; those of one conversation go the same way, so that their order is that of the calls.
  const std::uint32_t shard = home_shard(MemberId{shared->conversation.second()},
                                         edge_.parts().shards.size());
  edge_.parts().shards.at(shard).post([&hub = edge_.shard(shard).hub(), shared, awaited]() mutable {
    hub.send_for_server(std::move(shared), [awaited](const ports::Appended& o) { awaited->give(stored(o)); });
  });
  return awaited->take().value_or(std::nullopt);
}

std::optional<RoomSend> LiveSessions::send_to_room(ports::Message message) {
  // Nothing: it is not known.
  const auto awaited = std::make_shared<Awaited<std::optional<RoomSend>>>();
  auto shared = std::make_shared<ports::Message>(std::move(message));
  const auto shard = static_cast<std::uint32_t>(shared->conversation.first() % edge_.parts().shards.size());
  edge_.parts().shards.at(shard).post([&hub = edge_.shard(shard).hub(), shared, awaited]() mutable {
    hub.server_rooms().say(
        std::move(shared),
        [awaited](const ports::DirectoryError& why) { awaited->give(RoomSend(fail(why))); },
        [awaited](const ports::Appended& outcome) {
          const auto known = stored(outcome);
          awaited->give(known ? std::optional(RoomSend(*known)) : std::nullopt);
        });
  });
  return awaited->take().value_or(std::nullopt);
}

std::optional<ports::Page> LiveSessions::read(ports::StreamId stream, std::uint64_t after,
                                              std::uint32_t limit) {
  const auto awaited = std::make_shared<Awaited<Result<ports::Page, ports::StoreError>>>();
  ports::ReadRequest request;
  request.stream = stream;
  request.from = after;
  request.entries_max = limit;
  edge_.parts().store.read(
      request, [awaited](Result<ports::Page, ports::StoreError> page) { awaited->give(std::move(page)); });
  auto page = awaited->take();
  if (!page || !*page) return std::nullopt;
  return std::move(**page);
}

std::optional<std::uint32_t> LiveSessions::kick(MemberId member, const std::string& device,
                                                const std::string& reason) {
  const auto awaited = std::make_shared<Awaited<std::uint32_t>>();
  const std::uint32_t shard = home_shard(member, edge_.parts().shards.size());
  edge_.parts().shards.at(shard).post([&hub = edge_.shard(shard).hub(), member, device, reason, awaited] {
    awaited->give(hub.end_sessions(
        member, {.error = protocol::Errno::session_ended, .message = {}, .reason = reason}, device));
  });
  return awaited->take();
}

std::optional<std::vector<OnlineMember>> LiveSessions::online(ZoneId zone, MemberId after,
                                                              std::uint32_t limit) {
  std::mutex mutex;
  std::vector<OnlineMember> all;
  edge_.on_every_shard([&](edge::EdgeShard& shard) {
    std::vector<const chat::MemberState*> here;
    for (const auto& [id, member] : shard.hub().state().members) {
      if (member->who.zone == zone && id > after) here.push_back(member.get());
    }
    const auto by_id = [](const auto* a, const auto* b) { return a->who.id < b->who.id; };
    const std::size_t count = std::min<std::size_t>(limit, here.size());
    std::ranges::partial_sort(here, here.begin() + static_cast<std::ptrdiff_t>(count), by_id);
    const std::lock_guard lock(mutex);
    for (std::size_t i = 0; i < count; ++i) {
      OnlineMember& member = all.emplace_back(here[i]->who.id, here[i]->who.nickname,
                                              std::vector<std::string>{});
      for (const chat::Session* session : here[i]->sessions) member.devices.push_back(session->device);
    }
  });
  std::ranges::sort(all, {}, &OnlineMember::id);
  if (all.size() > limit) all.resize(limit);
  return all;
}

bool LiveSessions::is_online(MemberId member) const { return edge_.parts().presence.online(member); }

bool LiveSessions::member_changed(const ports::Member& member, bool shown) {
  struct InForce {};
  const auto awaited = std::make_shared<Awaited<InForce>>();
  chat::put_in_force(edge_.chat(), 0, chat::read_member_news(edge_.parts().directory, member, shown), 0,
                     [awaited] { awaited->give({}); });
  return awaited->take().has_value();
}

bool LiveSessions::close_zones(const std::vector<ZoneId>& zones, bool closed) {
  edge_.close_zones(zones, closed);
  return true;
}

void LiveSessions::end_sessions(AccountId account, const std::vector<ports::Token>& revoked) {
  std::vector<TokenId> tokens;
  for (const auto& token : revoked) tokens.push_back(token.id);
  edge_.close_account(account, std::move(tokens));
}

std::optional<backend::OverQuota> LiveSessions::count_message(const ports::Zone& zone, backend::Kept kept) {
  const auto app = edge_.chat().apps.of(zone);
  using ports::Quota;
  backend::OverQuota over{.quota = Quota::stored_bytes};
  if (kept == backend::Kept::not_stored || !app->full()) {
    if (app->send(edge_.parts().clock.steady_ms(), over.wait_ms)) return std::nullopt;
    over.quota = Quota::message_rate;
  }
  tenancy::count_refusal(over.quota);
  return over;
}

void LiveSessions::set_quotas(AppId app, const ports::OwnQuotas& own) { edge_.chat().apps.set_own(app, own); }

backend::AppFigures LiveSessions::figures(AppId app) {
  const auto meter = edge_.chat().apps.of(app);
  backend::AppFigures figures{.sessions = meter->sessions(), .stored_bytes = meter->stored_bytes()};
  for (std::size_t i = 0; i < ports::kQuotas; ++i)
    figures.quotas.amounts[i] = meter->quota(static_cast<ports::Quota>(i));
  return figures;
}

std::optional<RoomOutcome> LiveSessions::on_shard(
    std::uint32_t shard, std::move_only_function<void(chat::ServerRooms&, chat::ServerRooms::Outcome)> ask) {
  const auto awaited = std::make_shared<Awaited<RoomOutcome>>();
  edge_.parts().shards.at(shard).post(
      [&hub = edge_.shard(shard).hub(), awaited, ask = std::move(ask)]() mutable {
        ask(hub.server_rooms(), [awaited](const RoomOutcome& outcome) { awaited->give(outcome); });
      });
  return awaited->take();
}

std::optional<RoomOutcome> LiveSessions::create_room(ZoneId zone, MemberId owner,
                                                     const ports::NewRoom& wanted) {
  return on_shard(home_shard(owner, edge_.parts().shards.size()),
                  [zone, owner, wanted](chat::ServerRooms& rooms, auto outcome) {
                    rooms.create(zone, owner, wanted, std::move(outcome));
                  });
}

std::optional<RoomOutcome> LiveSessions::change_room(ZoneId zone, RoomId room,
                                                     const ports::RoomChange& change) {
  return on_shard(static_cast<std::uint32_t>(room.value % edge_.parts().shards.size()),
                  [zone, room, change](chat::ServerRooms& rooms, auto outcome) {
                    rooms.change(zone, room, change, std::move(outcome));
                  });
}

}  // namespace plaza::app
