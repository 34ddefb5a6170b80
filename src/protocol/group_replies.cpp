// What is asked about groups: their rules, who asked, was invited, is banned; and what one was invited to.
#include "protocol/reply_parts.h"

namespace plaza::protocol {
void encode(std::string& out, Rid rid, const GroupInfoAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::group_info_ack, rid);
  json.member("groupid", x.groupid.value);
  json.member("groupname", x.groupname);
  json.member("groupdesc", x.groupdesc);
  json.member("avatar", x.avatar);
  json.member("join", x.join);
  json.member("speak", x.speak);
  json.member("members_max", x.members_max);
  json.member("slow_mode_ms", x.slow_mode_ms);
  json.member_flag("history_visible", x.history_visible);
  json.member("owner", x.owner.value);
  json.member("member_count", x.member_count);
  json.member("version", x.version);
  if (x.muted_until_ms != 0) json.member("muted_until_ms", unix_time(x.muted_until_ms));
  json.member("role", to_text(x.role));
  if (x.own_muted_until_ms != 0) json.member("own_muted_until_ms", unix_time(x.own_muted_until_ms));
  list(json, "pins", x.pins, [&](const PinEntry& pin) {
    json.member("cseq", pin.cseq);
    json.member("mid", pin.mid.value);
    json.member("id", pin.id.value);
    json.member("time_ms", unix_time(pin.time_ms));
  });
  json.end_object();
}

void encode(std::string& out, Rid rid, const GroupListAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::group_list_ack, rid);
  json.member("groupid", x.groupid.value);
  json.member("list", x.list);
  list(json, "entries", x.entries, [&](const ListedEntry& entry) {
    json.member("id", entry.id.value);
    json.member("name", entry.name);
    json.member("by", entry.by.value);
    json.member("time_ms", unix_time(entry.time_ms));
    if (entry.until_ms != 0) json.member("until_ms", unix_time(entry.until_ms));
  });
  json.member_flag("more", x.more);
  json.end_object();
}

void encode(std::string& out, Rid rid, const InvitationsAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::invitations_ack, rid);
  list(json, "invitations", x.invitations, [&](const InvitationEntry& entry) {
    json.member("groupid", entry.groupid.value);
    json.member("groupname", entry.groupname);
    json.member("groupdesc", entry.groupdesc);
    json.member("members", entry.members);
    json.member("by", entry.by.value);
    json.member("time_ms", unix_time(entry.time_ms));
  });
  json.end_object();
}

}  // namespace plaza::protocol
