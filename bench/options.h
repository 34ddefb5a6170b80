#pragma once
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bench/cpu_list.h"

namespace plaza::bench {

enum class Workload : std::uint8_t {
  direct,
  group,
  room,
  channel,
  presence,
  idle,
  login,
  fakewechat,
  raw_relay
};
enum class Transport : std::uint8_t { tcp, ws };
enum class LoginBy : std::uint8_t { token, password };
enum class LoginOver : std::uint8_t { new_connections, kept_connections };

std::string_view name_of(Workload workload);
std::string_view name_of(Transport transport);

/// What was asked for on the command line. The numbers are within the ranges of the option table (options.cpp).
struct Options {
  Workload workload = Workload::direct;

  // What to do.
  std::uint64_t pairs = 500, window = 16, payload = 100;
  bool both_ways = false;
  std::uint64_t groups = 20, members = 50, senders = 5;
  std::uint64_t rooms = 0;  ///< login: each user is in so many
  std::uint64_t joins = 0;  ///< room: 0: its members talk
  std::uint64_t subscribers = 1000;
  std::uint64_t connections = 10000;
  std::uint64_t users = 1000, friends = 30, messages = 5;
  std::uint64_t parallel = 64;
  LoginBy login_by = LoginBy::token;
  LoginOver login_over = LoginOver::new_connections;
  Transport transport = Transport::tcp;
  std::uint64_t seconds = 10, warmup_ms = 1000;
  std::uint64_t rate_per_s = 0;  ///< 0: as fast as the window allows
  bool rate_half = false;        ///< first as fast as possible, then at half of that
  std::uint64_t burst = 1;       ///< with a rate: so many of one sender are due at once
  bool floor = true;

  // Against what.
  std::string connect, http;         ///< empty: a private node
  std::uint64_t server_pid = 0;      ///< with connect, to measure its CPU time and memory
  std::string server_binary;         ///< empty: this program
  std::string tmp_dir;               ///< where the private node's folder is made; empty: $TMPDIR or /tmp
  std::vector<std::string> set;      ///< more settings of the private node: section.key=value
  CpuList server_cpus, client_cpus;  ///< empty: default_placement()

  // How to tell.
  bool json = false;

  // raw-relay.
  std::string listen = "127.0.0.1:0";
};

/// Why the arguments are not good, or the help that was asked for.
struct BadOptions {
  std::string text;
  bool help = false;  ///< asked for: not an error
};

/// `args` begins with the workload's name.
[[nodiscard]] Result<Options, BadOptions> parse_options(std::span<const char* const> args);

/// All workloads, or one with its options.
[[nodiscard]] std::string help_text(std::optional<Workload> workload);

}  // namespace plaza::bench
