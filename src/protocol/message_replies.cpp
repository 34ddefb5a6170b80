// What is asked about messages that were sent.
#include "protocol/reply_parts.h"

namespace plaza::protocol {
namespace {

void version(JsonWriter& json, std::uint8_t kind, const VersionOf<std::string_view>& x) {
  json.begin_object();
  json.member("number", x.number);
  json.member("time_ms", unix_time(x.time_ms));
  if (kind == 0) {
    json.member("msg", x.content);
  } else {
    json.key("body");
    json.raw(x.content);
  }
  json.end_object();
}

}  // namespace

void encode(std::string& out, Rid rid, const VersionsAckView& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::versions_ack, rid);
  json.member("cseq", x.cseq);
  json.member("id", x.id.value);
  json.member("kind", x.kind);
  if (x.recalled_ms != 0) {
    json.member("recalled_ms", unix_time(x.recalled_ms));
    json.member("recalled_by", x.recalled_by.value);
  }
  json.key("versions");
  json.begin_array();
  for (const auto& one : x.versions) version(json, x.kind, one);
  json.end_array();
  json.member_flag("more", x.more);
  json.end_object();
}

}  // namespace plaza::protocol
