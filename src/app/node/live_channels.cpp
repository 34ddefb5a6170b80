#include "app/node/live_channels.h"

#include <memory>

#include "app/node/awaited.h"
#include "channels/channel_key.h"

namespace plaza::app {

using backend::Published;
using Outcome = ports::DirectoryResult<Published>;
using Refusal = chat::Refusal;
using chat::ServerPublishing;

namespace {

std::optional<Outcome> outcome_of(const Refusal& why) {
  if (why.error == protocol::Errno::no_such_channel)
    return fail(ports::DirectoryError{ports::DirectoryCode::not_found, "channel"});
  return fail(ports::DirectoryError{ports::DirectoryCode::unavailable, why.message});
}

std::optional<Outcome> outcome_of(const ServerPublishing::Decided& decided) {
  using ports::AppendCode;
  Published out{.epoch = decided.epoch, .seq = decided.seq, .message = {}, .duplicate = false};
  if (!decided.stored) return out;
  const AppendCode code = decided.stored->code;
  out.duplicate = code == AppendCode::duplicate || code == AppendCode::duplicate_trimmed;
  if (code != AppendCode::accepted && !out.duplicate) return std::nullopt;
  if (decided.stored->message) out.message = decided.stored->message->id;
  return out;
}

}  // namespace

template <class Act>
void LiveChannels::at_home(ZoneId zone, const std::string& channel, Act act) {
  const channels::ChannelRef ref{zone, channel};
  const std::uint32_t shard = channels::home_shard(ref, edge_.parts().shards.size());
  edge_.parts().shards.at(shard).post(
      [&hub = edge_.shard(shard).hub(), key = channels::ChannelKey(ref), act = std::move(act)]() mutable {
        act(hub.channel_homes(), key.ref());
      });
}

std::optional<Outcome> LiveChannels::publish(const std::string& channel, ports::Message message) {
  const auto awaited = std::make_shared<Awaited<std::optional<Outcome>>>();
  const ZoneId zone = message.zone;
  ServerPublishing said{.message = std::make_shared<ports::Message>(std::move(message)),
                        .answer = std::make_shared<ServerPublishing::Answer>()};
  said.answer->refused = [awaited](const Refusal& why) { awaited->give(outcome_of(why)); };
  said.answer->decided = [awaited](const ServerPublishing::Decided& one) { awaited->give(outcome_of(one)); };
  at_home(zone, channel, [said = std::move(said)](chat::ChannelHomes& homes, channels::ChannelRef there) {
    homes.publish(there, said);
  });
  return awaited->take().value_or(std::nullopt);
}

bool LiveChannels::redeclared(ZoneId zone, const std::string& channel) {
  const auto awaited = std::make_shared<Awaited<bool>>();
  at_home(zone, channel, [awaited](chat::ChannelHomes& homes, channels::ChannelRef there) {
    homes.redeclared(there);
    awaited->give(true);
  });
  return awaited->take().has_value();
}

}  // namespace plaza::app
