#include "chat/channel_requests.h"

#include <algorithm>

#include "chat/hub.h"
#include "chat/quota_refusals.h"
#include "chat/screening.h"
#include "protocol/channel_replies.h"

namespace plaza::chat {

using channels::ChannelRef;
using protocol::Errno;

namespace {

/// A name that no channel can have is simply not found.
Verdict refuse_name(Session& session, const Asked& asked) {
  return refuse(session, asked, {.error = Errno::no_such_channel, .field = "channel"});
}

protocol::ChannelEntry entry_of(const std::string& name, const ports::ChannelSettings& settings) {
  return {.channel = name,
          .persistent = settings.persistent,
          .servers_only = settings.publish == ports::PublishPolicy::servers,
          .history_max = settings.history_max,
          .history_age_ms = settings.history_age_ms};
}

/// Puts "world" where it belongs, unless it is declared or belongs to another page. `last` says that nothing follows.
void add_world(std::vector<protocol::ChannelEntry>& entries, const std::string& after, bool last,
               const ports::ChannelSettings& settings) {
  const std::string world(channels::kWorld);
  if (world <= after) return;
  const auto at = std::ranges::lower_bound(entries, world, {}, &protocol::ChannelEntry::channel);
  if (at == entries.end() ? !last : at->channel == world) return;
  entries.insert(at, entry_of(world, settings));
}

}  // namespace

ChannelAsker ChannelRequests::asker(const Session& session, const Asked& asked) const {
  return {.shard = state_.shard, .session = session.id, .login = session.login, .asked = asked};
}

Verdict ChannelRequests::subscribe(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Subscribe>(request);
  const Asked asked = Asked::from(request);
  if (!channels::valid_name(wanted.channel)) return refuse_name(session, asked);
  const ChannelRef channel{session.zone, wanted.channel};
  if (!state_.fans.begin(session, channel, state_.limits.channels_per_session_max)) {
    return refuse(session, asked,
                  {.error = Errno::limit_reached,
                   .message = "this session follows as many channels as it may",
                   .field = "channel",
                   .allowed = std::to_string(state_.limits.channels_per_session_max) + " channels"});
  }
  at_channel_home(state_.node, state_.shard, channel,
                  [ask = Subscribing{.who = asker(session, asked),
                                     .position = {wanted.epoch, wanted.since},
                                     .newest = wanted.limit.value_or(0)}](
                      ChannelHomes& homes, ChannelRef there) { homes.subscribe(there, ask); });
  return Verdict::wait;
}

Verdict ChannelRequests::unsubscribe(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Unsubscribe>(request);
  state_.fans.end(session, {session.zone, wanted.channel});
  return ok(session, Asked::from(request));
}

bool ChannelRequests::check_content(Session& session, const Asked& asked,
                                    const protocol::Content& content) const {
  const std::size_t size = content.bytes().size();
  const std::string field = content.kind == 0 ? "msg" : "body";
  if (size == 0) {
    Sending::refuse_send(session, asked,
                         {.error = Errno::bad_request,
                          .message = "an empty publication",
                          .field = field,
                          .allowed = "at least 1 byte"});
    return false;
  }
  if (size > state_.limits.publication_bytes_max) {
    const std::string allowed = "at most " + std::to_string(state_.limits.publication_bytes_max) + " bytes";
    Sending::refuse_send(session, asked, {.error = Errno::too_large, .field = field, .allowed = allowed});
    return false;
  }
  return true;
}

/// What holds for a publication that is not stored yet. `masked` is filled when something else is to be said.
bool ChannelRequests::check_new(Session& session, const Asked& asked, const protocol::Content& content,
                                std::string& masked) const {
  if (auto why = muted(state_, *session.member)) {
    Sending::refuse_send(session, asked, std::move(*why));
    return false;
  }
  if (!check_content(session, asked, content)) return false;
  std::int64_t wait_ms = 0;
  if (!session.member->rates.publications.take(state_.limits.member_publications,
                                               state_.node.executor.now_ms(), wait_ms)) {
    Sending::refuse_send(
        session, asked,
        {.error = Errno::rate_limited, .retry_after_ms = static_cast<std::uint64_t>(wait_ms)});
    return false;
  }
  auto why = message_refused(*session.member->app, state_.node.executor.now_ms());
  if (!why) why = screen(state_, session.zone, content, masked);
  if (why) Sending::refuse_send(session, asked, std::move(*why));
  return !why;
}

Verdict ChannelRequests::publish(Session& session, const protocol::Request& request) {
  auto wanted = protocol::as<protocol::Publish>(request);
  const Asked asked = Asked::from(request);
  if (!channels::valid_name(wanted.channel)) return refuse_name(session, asked);
  // As with messages: one that is stored is answered as before, whatever the rules say by now.
  const bool repeated = asked.send_id && *asked.send_id <= session.accepted_send_id;
  std::string masked;
  if (!repeated && !check_new(session, asked, wanted.content, masked)) return Verdict::done;
  if (!masked.empty()) wanted.content.msg = masked;
  if (!session.channels) session.channels = std::make_unique<SessionChannels>();
  ++session.channels->publishing;
  const MemberState& member = *session.member;
  at_channel_home(state_.node, state_.shard, ChannelRef{session.zone, wanted.channel},
                  [said = Publishing{.who = asker(session, asked),
                                     .sender = member.who.id,
                                     .name = member.who.nickname,
                                     .kind = wanted.content.kind,
                                     .content = std::string(wanted.content.bytes()),
                                     .repeated = repeated,
                                     .app = member.app}](ChannelHomes& homes, ChannelRef there) mutable {
                    homes.publish(there, std::move(said));
                  });
  // One with a send_id is in the store's hands before the session's next send: they are decided in their order.
  if (asked.send_id) return Verdict::wait;
  if (session.channels->publishing < state_.limits.send_window_max) return Verdict::done;
  session.channels->window_full = true;
  return Verdict::wait;
}

Verdict ChannelRequests::list(Session& session, const protocol::Request& request) {
  const auto wanted = protocol::as<protocol::Channels>(request);
  const Asked asked = Asked::from(request);
  const std::uint32_t limit = std::min(wanted.limit, state_.limits.list_entries_max);
  auto& directory = state_.node.channels;
  const bool started = state_.await(
      session,
      [&directory, zone = session.zone, after = std::string(wanted.after), limit] {
        return directory.channels(zone, after, limit + 1);
      },
      [this, asked, limit, after = std::string(wanted.after)](
          Session& s, const ports::DirectoryResult<std::vector<ports::Channel>>& found) {
        if (!found)
          return refuse(s, asked, refusal_of(found.error(), Errno::no_such_channel, Errno::no_such_channel));
        protocol::ChannelsAck ack;
        for (const auto& channel : *found) ack.channels.push_back(entry_of(channel.name, channel.settings));
        add_world(ack.channels, after, found->size() <= limit, state_.limits.world);
        if (ack.channels.size() > limit) {
          ack.channels.resize(limit);
          ack.more = true;
          ack.after = ack.channels.back().channel;
        }
        answer(s, asked.rid, ack);
        return Verdict::done;
      });
  return started ? Verdict::wait : refuse(session, asked, busy());
}

}  // namespace plaza::chat
