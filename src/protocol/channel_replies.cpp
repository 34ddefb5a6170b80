#include "protocol/channel_replies.h"

#include "protocol/reply_parts.h"

namespace plaza::protocol {
namespace {

void position(JsonWriter& json, std::string_view channel, std::uint32_t epoch) {
  json.member("channel", channel);
  json.member("epoch", epoch);
}

}  // namespace

void encode(std::string& out, Rid rid, const SubscribeAckView& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::subscribe_ack, rid);
  position(json, x.channel, x.epoch);
  json.member("head", x.head);
  json.member_flag("recovered", x.recovered);
  json.member_flag("more", x.more);
  json.key("publications");
  json.begin_array();
  for (const std::string_view frame : x.publications) json.raw(frame);
  json.end_array();
  json.end_object();
}

void encode(std::string& out, Rid rid, const PublishAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::publish_ack, rid);
  position(json, x.channel, x.epoch);
  json.member("seq", x.seq);
  if (x.send_id != 0) {
    json.member("send_id", x.send_id);
    json.member_flag("dup", x.dup);
    if (x.mid) json.member("mid", x.mid.value);
  }
  json.end_object();
}

void encode(std::string& out, Rid rid, const ChannelsAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::channels_ack, rid);
  list(json, "channels", x.channels, [&](const ChannelEntry& entry) {
    json.member("channel", entry.channel);
    json.member_flag("persistent", entry.persistent);
    json.member("publish", entry.servers_only ? "servers" : "everyone");
    json.member("history_max", entry.history_max);
    json.member("history_age_ms", unix_time(entry.history_age_ms));
  });
  json.member_flag("more", x.more);
  if (x.more) json.member("after", x.after);
  json.end_object();
}

void encode(std::string& out, Rid rid, const WatchPresenceAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::watch_presence_ack, rid);
  json.member("groupid", x.groupid.value);
  json.member_flag("watch", x.watch);
  json.key("presence");
  json.begin_array();
  for (const MemberId id : x.online) {
    json.begin_object();
    json.member("id", id.value);
    json.member("state", "online");
    json.end_object();
  }
  json.end_array();
  json.end_object();
}

void encode(std::string& out, const PublicationView& x) {
  JsonWriter json(out);
  begin(json, Msg::publication);
  position(json, x.channel, x.epoch);
  json.member("seq", x.seq);
  json.member("id", x.id.value);
  json.member("name", x.name);
  if (x.kind == 0) {
    json.member("msg", x.content);
  } else {
    json.key("body");
    json.raw(x.content);
    json.member("kind", x.kind);
  }
  json.member("time_ms", unix_time(x.time_ms));
  if (x.mid) json.member("mid", x.mid.value);
  json.end_object();
}

void encode(std::string& out, const ChannelHeadPush& x) {
  JsonWriter json(out);
  begin(json, Msg::channel_head);
  position(json, x.channel, x.epoch);
  json.member("head", x.head);
  json.end_object();
}

void encode(std::string& out, const TypingPush& x) {
  JsonWriter json(out);
  begin(json, Msg::typing);
  json.member("id", x.id.value);
  if (x.groupid) {
    json.member("groupid", x.groupid.value);
  } else {
    json.member("friendid", x.friendid.value);
  }
  json.member_flag("typing", x.typing);
  json.end_object();
}

void encode(std::string& out, const WatchEndedPush& x) {
  JsonWriter json(out);
  begin(json, Msg::watch_ended);
  json.member("groupid", x.groupid.value);
  json.end_object();
}

}  // namespace plaza::protocol
