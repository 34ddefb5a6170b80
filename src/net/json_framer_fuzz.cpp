// Any bytes, cut anywhere, with any limits: the framer says what a plain loop over the bytes says.
#include <cstdint>
#include <cstdlib>
#include <string>
#include <vector>

#include "net/json_framer_reference.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size < 6) return 0;
  const std::size_t bytes_max = 1 + (data[0] | (data[1] & 3) << 8);
  const std::uint32_t depth_max = 1 + data[2] % 40;
  std::vector<std::size_t> cuts{data[3], std::size_t{data[3]} + data[4],
                                std::size_t{data[3]} + data[4] + data[5]};
  const std::string text(reinterpret_cast<const char*>(data) + 6, size - 6);
  const auto outcome = plaza::net::framer_test::run(text, cuts, bytes_max, depth_max);
  if (outcome != plaza::net::framer_test::reference(text, bytes_max, depth_max)) std::abort();
  return 0;
}
