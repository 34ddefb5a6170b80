#include "protocol/group_change.h"

#include <simdjson.h>

namespace plaza::protocol {
namespace {

using simdjson::dom::object;

void get(object from, std::string_view name, std::uint64_t& out) {
  std::uint64_t value = 0;
  if (from.at_key(name).get(value) == simdjson::SUCCESS) out = value;
}
void get(object from, std::string_view name, std::string& out) {
  std::string_view value;
  if (from.at_key(name).get(value) == simdjson::SUCCESS) out = value;
}
void get_person(object from, std::string_view name, MemberId& id, std::string& text) {
  object person;
  if (from.at_key(name).get(person) != simdjson::SUCCESS) return;
  get(person, "id", id.value), get(person, "name", text);
}

}  // namespace

std::optional<GroupChange> read_group_change(std::string_view body) {
  simdjson::dom::parser parser;
  object root;
  // Copies the body to where there is padding.
  if (parser.parse(body.data(), body.size(), true).get(root) != simdjson::SUCCESS) return std::nullopt;
  GroupChange change;
  get(root, "event", change.event);
  if (change.event.empty()) return std::nullopt;
  get(root, "version", change.version);
  get_person(root, "by", change.by, change.by_name);
  get_person(root, "member", change.member, change.member_name);
  get(root, "groupname", change.groupname);
  get(root, "cseq", change.cseq);
  get(root, "until_ms", change.until_ms);
  object set;
  if (root.at_key("set").get(set) == simdjson::SUCCESS) get(set, "groupname", change.groupname);
  return change;
}

}  // namespace plaza::protocol
