// Whatever a client writes into Range and Upload-Offset: what is served lies in the file. The first byte says how large that is.
#include <cstdint>
#include <cstdlib>
#include <string_view>

#include "base/ids.h"
#include "files/byte_range.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const std::uint64_t file = data[0] < 128 ? data[0] : plaza::kIdMax - data[0];
  const std::string_view text(reinterpret_cast<const char*>(data + 1), size - 1);
  const auto range = plaza::files::parse_range(text, file);
  using Kind = plaza::files::ByteRange::Kind;
  if (range.kind == Kind::all && (range.first != 0 || range.count != file)) std::abort();
  if (range.kind == Kind::part &&
      (range.count == 0 || range.first >= file || range.count > file - range.first))
    std::abort();
  if (range.kind == Kind::unsatisfiable && range.count != 0) std::abort();
  if (const auto number = plaza::files::parse_number(text); number && *number > plaza::kIdMax) std::abort();
  return 0;
}
