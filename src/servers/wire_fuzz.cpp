// Any bytes: a frame is understood or refused with what may be answered.
#include <boost/json/parse.hpp>
#include <cstdint>
#include <cstdlib>

#include "servers/wire.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace plaza::servers;
  const auto frame = parse_frame({reinterpret_cast<const char*>(data), size});
  if (frame) return 0;
  if (frame.error().error.code != plaza::backend::ErrorCode::bad_request) std::abort();
  boost::system::error_code error;
  const auto said = boost::json::parse(refusal(frame.error().answer, frame.error().rid, frame.error().error),
                                       error);
  if (error || !said.is_object() || !said.get_object().contains("error")) std::abort();
  return 0;
}
