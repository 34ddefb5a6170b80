// What is asked about messages that were sent.
#include "protocol/json_writer.h"
#include "protocol/replies.h"

namespace plaza::protocol {
namespace {

std::uint64_t unix_time(std::int64_t ms) { return ms < 0 ? 0 : static_cast<std::uint64_t>(ms); }

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
  json.begin_object();
  json.member("msgid", static_cast<std::uint64_t>(Msg::versions_ack));
  if (rid) json.member("rid", *rid);
  json.member("errno", std::uint64_t{0});
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
