// What a login by a warm token costs the thread that asks, and what a password costs:
//   build/release/src/login/local_login_service_bench
#include <benchmark/benchmark.h>

#include "login/local_login_service.h"
#include "memory/memory_directory.h"
#include "memory/system_clock.h"

namespace plaza::login {
namespace {

struct Filled {
  memory::SystemClock clock;
  memory::MemoryDirectory directory;
  PasswordHasher hasher;
  LocalLoginService service{directory, hasher, clock};
  std::vector<LoginRequest> requests;

  Filled() {
    ports::Zone wanted;
    wanted.app_name = wanted.zone_name = "default";
    const ZoneId zone = directory.put_zone(wanted)->id;
    for (int i = 0; i < 10'000; ++i) {
      const std::string name = "member" + std::to_string(i);
      const auto member = directory.register_account(name, name, "hash", zone);
      const auto entered = service.enter(
          {.account = member->account, .zone = zone, .device = "web", .member = member->id});
      requests.push_back({.proof = TokenProof{entered->token},
                          .place = {},
                          .device = "web",
                          .address = "10.0.0.1",
                          .mode = LoginMode::account});
      static_cast<void>(service.login(requests.back()));
    }
  }
};
Filled& filled() {
  static Filled f;
  return f;
}

void warm_token(benchmark::State& state) {
  Filled& f = filled();
  std::size_t i = 0;
  for (auto _ : state) benchmark::DoNotOptimize(f.service.try_cached(f.requests[i++ % f.requests.size()]));
}
void password(benchmark::State& state) {
  PasswordHasher hasher;
  const std::string hash = *hasher.hash("123");
  for (auto _ : state) benchmark::DoNotOptimize(hasher.verify(hash, "123"));
}
BENCHMARK(warm_token);
BENCHMARK(password)->UseRealTime();

}  // namespace
}  // namespace plaza::login
