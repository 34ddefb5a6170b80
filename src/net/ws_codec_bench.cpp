// How long a WebSocket message takes from bytes to text: header, unmasking, UTF-8. The copy that gives every
// round its own masked bytes is measured alone, to be subtracted.
#include <benchmark/benchmark.h>

#include <cstring>
#include <string>
#include <vector>

#include "net/ws_frame_builder.h"

namespace plaza::net {
namespace {

constexpr int kFrames = 16;

std::string masked_frames(std::size_t payload_bytes, const char* character) {
  std::string payload;
  while (payload.size() < payload_bytes) payload += character;
  std::string bytes;
  for (int i = 0; i < kFrames; ++i) bytes += ws_test::frame({.payload = payload});
  return bytes;
}

void decode(benchmark::State& state, const char* character) {
  const std::string bytes = masked_frames(static_cast<std::size_t>(state.range(0)), character);
  std::vector<char> buffer(bytes.size());
  WsDecoder decoder(WsRole::server);
  for (auto _ : state) {
    std::memcpy(buffer.data(), bytes.data(), bytes.size());
    for (std::size_t at = 0; at < buffer.size();) {
      const auto step = decoder.next(buffer.data() + at, buffer.size() - at, 64 * 1024);
      benchmark::DoNotOptimize(step.payload.data());
      at += step.consumed;
    }
  }
  state.SetItemsProcessed(state.iterations() * kFrames);
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes.size()));
}

void BM_DecodeAscii(benchmark::State& state) { decode(state, "x"); }
BENCHMARK(BM_DecodeAscii)->Arg(20)->Arg(150)->Arg(1000)->Arg(60000);
void BM_DecodeChinese(benchmark::State& state) { decode(state, "\xe4\xbd\xa0"); }
BENCHMARK(BM_DecodeChinese)->Arg(150)->Arg(1000);

void BM_CopyAlone(benchmark::State& state) {
  const std::string bytes = masked_frames(static_cast<std::size_t>(state.range(0)), "x");
  std::vector<char> buffer(bytes.size());
  for (auto _ : state) {
    std::memcpy(buffer.data(), bytes.data(), bytes.size());
    benchmark::DoNotOptimize(buffer.data());
    benchmark::ClobberMemory();
  }
  state.SetItemsProcessed(state.iterations() * kFrames);
}
BENCHMARK(BM_CopyAlone)->Arg(150)->Arg(60000);

void BM_Header(benchmark::State& state) {
  std::size_t size = 150;
  for (auto _ : state) {
    benchmark::DoNotOptimize(size);
    benchmark::DoNotOptimize(ws_header(WsOpcode::text, size));
  }
}
BENCHMARK(BM_Header);

}  // namespace
}  // namespace plaza::net
