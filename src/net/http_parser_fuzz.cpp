// Any bytes, cut anywhere: the same requests come out.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "net/http_parser.h"
#include "net/ws_handshake.h"

namespace {

std::vector<std::string> parse(const std::string& text, std::size_t piece) {
  using namespace plaza::net;
  HttpRequestParser parser(512, 256);
  std::vector<std::string> seen;
  std::size_t from = 0;
  for (std::size_t to = 0; to < text.size();) {
    to = std::min(text.size(), to + std::max<std::size_t>(piece, 1));
    for (;;) {
      const HttpStep step = parser.next(text.data() + from, to - from);
      if (step.consumed > to - from) std::abort();
      from += step.consumed;
      if (step.kind == HttpStep::Kind::need_more) break;
      if (step.kind == HttpStep::Kind::error) {
        seen.emplace_back("error");
        return seen;
      }
      const HttpRequest request = parser.take();
      if (asks_for_websocket(request)) (void)answer_websocket_request(request, {"https://good.example"});
      seen.push_back(request.method + " " + request.target + " " + request.body);
    }
  }
  return seen;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 1) return 0;
  const std::string text(reinterpret_cast<const char*>(data) + 1, size - 1);
  auto whole = parse(text, text.size());
  auto pieces = parse(text, data[0]);
  // An error may be seen earlier or later (a header too long before its end is here), what came before it may
  // not differ.
  if (!whole.empty() && whole.back() == "error") whole.pop_back();
  if (!pieces.empty() && pieces.back() == "error") pieces.pop_back();
  const std::size_t common = std::min(whole.size(), pieces.size());
  if (!std::equal(whole.begin(), whole.begin() + static_cast<std::ptrdiff_t>(common), pieces.begin()))
    std::abort();
  return 0;
}
