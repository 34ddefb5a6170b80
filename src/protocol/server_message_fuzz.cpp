// Any bytes into the client's decoders: glance() and the parser stay inside the frame, and where both
// understand a frame they agree on its msgid.
#include <cstdlib>
#include <string>
#include <vector>

#include "protocol/server_message.h"

extern "C" int LLVMFuzzerTestOneInput(const unsigned char* data, std::size_t size) {
  using namespace plaza::protocol;
  static ServerMessageParser parser;
  const std::vector<char> exact(data, data + size);  // of exactly this size: reading beyond it is found
  const std::string_view frame(exact.data(), exact.size());
  ServerGlance seen;
  const bool glanced = glance(frame, seen);
  const auto parsed = parser.parse(frame);
  if (!parsed) return 0;
  // A doubled or escaped key may be read in two ways; the server sends neither.
  const bool plain = frame.find("msgid") == frame.rfind("msgid") &&
                     frame.find('\\') == std::string_view::npos;
  if (plain && (!glanced || seen.msgid != parsed->raw_msgid)) std::abort();
  return 0;
}
