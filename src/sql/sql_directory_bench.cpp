// What the directory's hot calls cost. The file is in /dev/shm, so that the disk's fsync is not what is measured:
//   build/release/src/sql/sql_directory_bench
#include <benchmark/benchmark.h>

#include <filesystem>

#include "sql/sql_directory.h"

namespace plaza::sql {
namespace {

/// A directory with 1,000 members; the first has 100 friends, 20 rooms and 2 tokens; each room has 100 members.
struct Filled {
  std::filesystem::path folder = "/dev/shm/plaza-sql-bench";
  std::unique_ptr<SqlDirectory> directory;
  ZoneId zone;
  ports::Member first;
  RoomId room;
  std::string hash = std::string(32, '\x7f');

  Filled() {
    std::filesystem::remove_all(folder);
    std::filesystem::create_directories(folder);
    directory = std::move(*SqlDirectory::open((folder / "d.db").string()));
    ports::Zone wanted;
    wanted.app_name = wanted.zone_name = "default";
    zone = directory->put_zone(wanted)->id;
    std::vector<MemberId> members;
    for (int i = 0; i < 1'000; ++i) {
      const std::string name = "member" + std::to_string(i);
      const auto member = directory->register_account(name, name, "hash", zone);
      if (i == 0) first = *member;
      members.push_back(member->id);
    }
    for (std::size_t i = 1; i <= 100; ++i)
      static_cast<void>(directory->add_friend(zone, first.id, members[i]));
    for (int r = 0; r < 20; ++r) {
      const std::string name = "room" + std::to_string(r);
      room = directory->create_room(zone, first.id, first.id, {.name = name, .name_key = name}, 1)->room.id;
      for (std::size_t i = 1; i < 100; ++i) {
        const auto joined = directory->change(zone, members[i], room, ports::change::Join{}, 1);
        if (joined) static_cast<void>(directory->events_stored({{.room = room, .version = joined->version}}));
      }
    }
    static_cast<void>(directory->put_token(token(hash)));
  }
  ~Filled() {
    directory.reset();
    std::filesystem::remove_all(folder);
  }
  [[nodiscard]] ports::Token token(const std::string& text) const {
    return {.id = {},
            .kind = ports::TokenKind::member,
            .hash = text,
            .account = first.account,
            .member = first.id,
            .zone = zone,
            .device = "web",
            .created_ms = 0,
            .expires_ms = 1'000'000};
  }
};

Filled& filled() {
  static Filled f;
  return f;
}

void token(benchmark::State& state) {
  Filled& f = filled();
  for (auto _ : state) benchmark::DoNotOptimize(f.directory->token(f.hash, 0));
}
void member(benchmark::State& state) {
  Filled& f = filled();
  for (auto _ : state) benchmark::DoNotOptimize(f.directory->member(f.zone, f.first.id));
}
void members_of(benchmark::State& state) {
  Filled& f = filled();
  for (auto _ : state) benchmark::DoNotOptimize(f.directory->members_of(f.first.account, f.zone));
}
void relations_of_100_friends(benchmark::State& state) {
  Filled& f = filled();
  for (auto _ : state) benchmark::DoNotOptimize(f.directory->relations(f.zone, f.first.id));
}
void rooms_of_20(benchmark::State& state) {
  Filled& f = filled();
  for (auto _ : state) benchmark::DoNotOptimize(f.directory->rooms_of(f.zone, f.first.id));
}
void relations_of_none(benchmark::State& state) {
  Filled& f = filled();
  const MemberId last{f.first.id.value + 999};
  for (auto _ : state) benchmark::DoNotOptimize(f.directory->relations(f.zone, last));
}
void first_page_of_100_members(benchmark::State& state) {
  Filled& f = filled();
  for (auto _ : state) benchmark::DoNotOptimize(f.directory->members(f.zone, f.room, {}, 100));
}
void put_and_take_token(benchmark::State& state) {
  Filled& f = filled();
  const ports::Token t = f.token(std::string(32, 'x'));
  for (auto _ : state) {
    benchmark::DoNotOptimize(f.directory->put_token(t));
    benchmark::DoNotOptimize(f.directory->take_token(t.hash, 0));
  }
}

BENCHMARK(token);
BENCHMARK(member);
BENCHMARK(members_of);
BENCHMARK(relations_of_100_friends);
BENCHMARK(relations_of_none);
BENCHMARK(rooms_of_20);
BENCHMARK(first_page_of_100_members);
BENCHMARK(put_and_take_token);

}  // namespace
}  // namespace plaza::sql
