// Any bytes, cut anywhere: the decoder stays inside its buffer, keeps its limit, and says the same however
// they are cut.
#include <cstdint>
#include <cstdlib>
#include <string>

#include "net/ws_frame_builder.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plaza::net;
  if (size < 3) return 0;
  const WsRole role = (data[0] & 1) != 0 ? WsRole::server : WsRole::client;
  const std::size_t bytes_max = data[1] * 4u;
  const std::string bytes(reinterpret_cast<const char*>(data) + 3, size - 3);
  const auto whole = ws_test::run(role, bytes, bytes_max, bytes.size());
  if (whole != ws_test::run(role, bytes, bytes_max, data[2])) std::abort();
  for (const auto& event : whole) {
    const bool is_message = event.kind == WsDecoder::Kind::text || event.kind == WsDecoder::Kind::binary;
    if (event.payload.size() > (is_message ? bytes_max : 125)) std::abort();
    Utf8Validator utf8;
    if (event.kind == WsDecoder::Kind::text && !(utf8.feed(event.payload) && utf8.complete())) std::abort();
  }
  return 0;
}
