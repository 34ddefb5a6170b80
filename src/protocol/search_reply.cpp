#include "protocol/search_reply.h"

#include "protocol/reply_parts.h"

namespace plaza::protocol {
namespace {

void encode_result(JsonWriter& json, const SearchResult& x) {
  json.begin_object();
  json.member("mid", x.mid.value);
  if (x.friendid) {
    json.member("friendid", x.friendid->value);
  } else {
    json.member("groupid", x.groupid.value);
  }
  json.member("cseq", x.cseq);
  json.member("id", x.id.value);
  json.member("name", x.name);
  json.member("time_ms", unix_time(x.time_ms));
  json.member("snippet", x.snippet);
  json.end_object();
}

}  // namespace

void encode(std::string& out, Rid rid, const SearchAck& x) {
  JsonWriter json(out);
  begin_ok(json, Msg::search_ack, rid);
  json.key("results");
  json.begin_array();
  for (const SearchResult& result : x.results) encode_result(json, result);
  json.end_array();
  json.member_flag("more", x.more);
  if (x.more) json.member("before", x.before);
  json.end_object();
}

}  // namespace plaza::protocol
