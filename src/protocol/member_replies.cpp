// Replies and pushes about one member.
#include "protocol/reply_parts.h"

namespace plaza::protocol {
void encode(std::string& out, Rid rid, const CreateMemberAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::create_member_ack, rid);
  json.member("id", x.id.value);
  json.member("name", x.name);
  json.member("avatar", x.avatar);
  json.end_object();
}

void encode(std::string& out, Rid rid, const FindAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::find_ack, rid);
  if (x.groupid) {
    json.member("groupid", x.groupid.value);
    json.member("groupname", x.groupname);
    json.member("groupdesc", x.groupdesc);
  } else {
    json.member("id", x.id.value);
    json.member("name", x.name);
    json.member("avatar", x.avatar);
    custom(json, x.custom);
    json.member("state", state_text(x.online));
  }
  json.end_object();
}

void encode(std::string& out, const MemberEventPush& x) {
  JsonWriter json(out);
  begin(json, Msg::member_event);
  json.member("id", x.id.value);
  json.member("name", x.name);
  json.member("avatar", x.avatar);
  custom(json, x.custom);
  json.end_object();
}

}  // namespace plaza::protocol
