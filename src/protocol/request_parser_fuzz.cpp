// Any bytes into RequestParser: nothing is read or written where it should not be (ASan), and what is
// accepted says the same after being encoded and parsed again.
#include <cstdlib>
#include <string>

#include "protocol/replies.h"
#include "protocol/request_oracle.h"
#include "protocol/request_parser.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace plaza::protocol;
  static RequestParser parser, again;
  static std::string buffer, encoded;
  buffer.assign(reinterpret_cast<const char*>(data), size);
  buffer.append(RequestParser::kPadding, '\0');
  const auto parsed = parser.parse(std::span(buffer.data(), size));
  static RequestOracle oracle;
  const std::string complaint = size <= kFrameBytesMax
                                    ? oracle.complaint(std::string_view(buffer).substr(0, size), parsed)
                                    : std::string();
  if (!complaint.empty()) {
    std::fprintf(stderr, "%s\n", complaint.c_str());
    std::abort();
  }
  encoded.clear();
  if (!parsed) {
    encode_refusal(encoded, parsed.error());
    return 0;
  }
  const Request& request = **parsed;
  encode_request(encoded, request);
  const auto second = again.parse_copy(encoded);
  if (!second) std::abort();  // never for its size: encoding takes the shortest escapes
  if ((*second)->present() != request.present() || (*second)->msgid != request.msgid) std::abort();
  for (std::size_t i = 0; i < kRequestFields; ++i) {
    const auto field = static_cast<Field>(i);
    if (!request.has(field)) continue;
    const FieldType type = info(field).type;
    const bool same = type == FieldType::string || type == FieldType::object
                          ? request.text(field) == (*second)->text(field)
                          : request.number(field) == (*second)->number(field);
    if (!same) std::abort();
  }
  return 0;
}
