// How long it takes to find a frame. bytes_per_second is the scan's speed.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "net/json_framer.h"

namespace plaza::net {
namespace {

std::string message(std::size_t body_bytes) {
  return R"({"msgid":5,"toid":1234567,"send_id":42,"rid":42,"msg":")" + std::string(body_bytes, 'x') +
         "\"}\n";
}

/// Sixteen messages as one read brings them.
void frames_of(benchmark::State& state, const std::string& one) {
  constexpr int kFrames = 16;
  std::string text;
  for (int i = 0; i < kFrames; ++i) text += one;
  const std::size_t size = text.size();
  text.append(JsonFramer::kReadAhead, ' ');
  for (auto _ : state) {
    JsonFramer framer;
    std::size_t at = 0;
    while (at < size) {
      const auto step = framer.next(text.data() + at, size - at, 64 * 1024, 32);
      if (step.kind != JsonFramer::Kind::frame) break;
      benchmark::DoNotOptimize(step.begin);
      at += step.end;
    }
  }
  state.SetItemsProcessed(state.iterations() * kFrames);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(size));
}

void BM_Messages(benchmark::State& state) {
  frames_of(state, message(static_cast<std::size_t>(state.range(0))));
}
BENCHMARK(BM_Messages)->Arg(10)->Arg(100)->Arg(1000)->Arg(60000);

void BM_MessageOfEscapes(benchmark::State& state) {
  std::string body;
  for (int i = 0; i < 500; ++i) body += "\\\"";
  frames_of(state, "{\"msg\":\"" + body + "\"}");
}
BENCHMARK(BM_MessageOfEscapes);

void BM_DenseStructure(benchmark::State& state) {
  std::string body;
  for (int i = 0; i < 250; ++i) body += "[{}],";
  frames_of(state, "{\"a\":[" + body + "0]}");
}
BENCHMARK(BM_DenseStructure);

}  // namespace
}  // namespace plaza::net
