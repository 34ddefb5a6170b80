// Replies and pushes about one member.
#include "protocol/json_writer.h"
#include "protocol/replies.h"

namespace plaza::protocol {
namespace {

void begin(JsonWriter& json, Msg msg, Rid rid) {
  json.begin_object();
  json.member("msgid", static_cast<std::uint64_t>(msg));
  if (rid) json.member("rid", *rid);
  json.member("errno", std::uint64_t{0});
}

void custom(JsonWriter& json, std::string_view compact) {
  if (compact.empty()) return;
  json.key("custom");
  json.raw(compact);
}

}  // namespace

void encode(std::string& out, Rid rid, const CreateMemberAck& x) {
  JsonWriter json(out);
  begin(json, Msg::create_member_ack, rid);
  json.member("id", x.id.value);
  json.member("name", x.name);
  json.member("avatar", x.avatar);
  json.end_object();
}

void encode(std::string& out, Rid rid, const FindAck& x) {
  JsonWriter json(out);
  begin(json, Msg::find_ack, rid);
  if (x.groupid) {
    json.member("groupid", x.groupid.value);
    json.member("groupname", x.groupname);
    json.member("groupdesc", x.groupdesc);
  } else {
    json.member("id", x.id.value);
    json.member("name", x.name);
    json.member("avatar", x.avatar);
    custom(json, x.custom);
    json.member("state", std::string_view(x.online ? "online" : "offline"));
  }
  json.end_object();
}

void encode(std::string& out, const MemberEventPush& x) {
  JsonWriter json(out);
  json.begin_object();
  json.member("msgid", static_cast<std::uint64_t>(Msg::member_event));
  json.member("id", x.id.value);
  json.member("name", x.name);
  json.member("avatar", x.avatar);
  custom(json, x.custom);
  json.end_object();
}

}  // namespace plaza::protocol
