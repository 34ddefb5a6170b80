// Channels: which there are, and what is said in them.
#include "backend/content.h"

namespace plaza::backend {

namespace json = boost::json;

namespace {

constexpr std::array<std::string_view, 2> kPublish{"everyone", "servers"};

json::object shown(const ports::Channel& channel) {
  const auto& settings = channel.settings;
  return {{"channel", channel.name},
          {"persistent", settings.persistent},
          {"publish", word_of(kPublish, settings.publish)},
          {"history_max", settings.history_max},
          {"history_age_ms", settings.history_age_ms},
          {"rate_per_s", settings.rate.per_s},
          {"rate_burst", settings.rate.burst}};
}

/// What is not said stays as it was.
ports::ChannelSettings settings_of(const Call& call, ports::ChannelSettings settings) {
  const auto number = [&](std::string_view name, auto& to) {
    to = static_cast<std::remove_reference_t<decltype(to)>>(
        call.args.number(name, static_cast<std::uint64_t>(to)));
  };
  settings.persistent = call.args.flag("persistent").value_or(settings.persistent);
  settings.publish = chosen(call, "publish", kPublish, settings.publish);
  number("history_max", settings.history_max);
  number("history_age_ms", settings.history_age_ms);
  number("rate_per_s", settings.rate.per_s);
  number("rate_burst", settings.rate.burst);
  return settings;
}

}  // namespace

Answer list_channels(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto limit = page_limit(call);
  const auto found = call.services.channels.channels(zone->id, call.args.text("after"), limit);
  if (!found) return fail(of_directory(found.error()));
  json::array list;
  for (const auto& channel : *found) list.emplace_back(shown(channel));
  json::object answer{{"channels", std::move(list)}};
  if (found->size() >= limit) answer["next"] = found->back().name;
  return answer;
}

Answer put_channel(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const std::string name = call.args.text("channel");
  const auto before = call.services.channels.channel(zone->id, name);
  if (!before && before.error().code != ports::DirectoryCode::not_found)
    return fail(of_directory(before.error()));
  const auto put = call.services.channels.put_channel(
      zone->id, name, settings_of(call, before ? before->settings : ports::ChannelSettings{}));
  if (!put) {
    const bool changed = put.error().code == ports::DirectoryCode::conflict;
    return fail(of_directory(put.error(), changed ? "persistent" : "channel"));
  }
  if (!call.services.live_channels.redeclared(zone->id, name)) return refuse(ErrorCode::unavailable);
  return shown(*put);
}

Answer remove_channel(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const std::string name = call.args.text("channel");
  const auto removed = call.services.channels.remove_channel(zone->id, name);
  if (!removed) return fail(of_directory(removed.error(), "channel"));
  if (!call.services.live_channels.redeclared(zone->id, name)) return refuse(ErrorCode::unavailable);
  return shown(*removed);
}

Answer publish(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  auto message = message_of(call, *zone);
  if (!message) return fail(message.error());
  if (message->body.size() > call.services.limits.publication_bytes_max) {
    return refuse(ErrorCode::too_large, {}, call.args.has("msg") ? "msg" : "body",
                  "at most " + std::to_string(call.services.limits.publication_bytes_max) + " bytes");
  }
  // One that is not declared ("world") is not stored.
  const auto channel = call.services.channels.channel(zone->id, call.args.text("channel"));
  const bool stored = channel && channel->settings.persistent;
  if (auto within = within_quota(call, *zone, stored ? Kept::stored : Kept::not_stored); !within)
    return fail(within.error());
  const auto published = call.services.live_channels.publish(call.args.text("channel"), std::move(*message));
  if (!published) return refuse(ErrorCode::unavailable);
  if (!*published) return fail(of_directory(published->error(), "channel"));
  json::object answer{
      {"epoch", (*published)->epoch}, {"seq", (*published)->seq}, {"duplicate", (*published)->duplicate}};
  if ((*published)->message) answer["message"] = (*published)->message.value;
  return answer;
}

Answer channel_messages(Call& call) {
  const auto zone = open_zone(call);
  if (!zone) return fail(zone.error());
  const auto channel = call.services.channels.channel(zone->id, call.args.text("channel"));
  if (!channel) return fail(of_directory(channel.error(), "channel"));
  if (!channel->settings.persistent)
    return refuse(ErrorCode::conflict, "nothing that is said in it is stored", "channel",
                  "a persistent channel");
  return messages_page(call, ports::StreamId::channel(channel->id));
}

}  // namespace plaza::backend
