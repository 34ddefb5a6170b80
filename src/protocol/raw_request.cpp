#include "protocol/raw_request.h"

#include "protocol/json_writer.h"

namespace plaza::protocol {

void encode_request(std::string& out, const Request& request) {
  JsonWriter json(out);
  json.begin_object();
  json.member("msgid", static_cast<std::uint64_t>(request.msgid));
  for (std::size_t i = 0; i < kRequestFields; ++i) {
    const auto field = static_cast<Field>(i);
    if (field == Field::msgid || !request.has(field)) continue;
    json.key(kFieldTable[i].name);
    switch (kFieldTable[i].type) {
      case FieldType::integer: json.number(request.number(field)); break;
      case FieldType::boolean: json.boolean(request.flag(field)); break;
      case FieldType::string: json.string(request.text(field)); break;
      case FieldType::object: json.raw(request.text(field)); break;
      case FieldType::list: break;  // no request has one
    }
  }
  json.end_object();
}

}  // namespace plaza::protocol
