#include "bench/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <charconv>
#include <limits>
#include <variant>

namespace plaza::bench {

namespace {

struct Number {
  std::uint64_t Options::* to;
  std::uint64_t min, max;
};
struct Flag {
  bool Options::* to;
  bool value;
};
struct Text {
  std::string Options::* to;
};
struct Texts {
  std::vector<std::string> Options::* to;
};
struct Cpus {
  CpuList Options::* to;
};
/// A word that stands for a setting of its own.
struct Word {
  bool (*set)(Options&, std::string_view);
};

using Set = unsigned;
constexpr Set in(Workload workload) { return 1u << static_cast<unsigned>(workload); }
template <class... More>
constexpr Set in(Workload workload, More... more) {
  return in(workload) | in(more...);
}

constexpr Set kMessages = in(Workload::direct, Workload::group, Workload::room, Workload::fakewechat,
                             Workload::channel);
constexpr Set kTimed = in(Workload::direct, Workload::group, Workload::room, Workload::channel,
                          Workload::presence, Workload::login);
constexpr Set kServer = kMessages | in(Workload::presence, Workload::idle, Workload::login);

struct Option {
  std::string_view name, value;
  Set workloads;
  std::variant<Number, Flag, Text, Texts, Cpus, Word> kind;
  std::string_view help;
};

bool set_transport(Options& o, std::string_view word) {
  if (word != "tcp" && word != "ws") return false;
  o.transport = word == "tcp" ? Transport::tcp : Transport::ws;
  return true;
}
bool set_login_by(Options& o, std::string_view word) {
  if (word != "token" && word != "password") return false;
  o.login_by = word == "token" ? LoginBy::token : LoginBy::password;
  return true;
}
bool set_login_over(Options& o, std::string_view word) {
  if (word != "new" && word != "kept") return false;
  o.login_over = word == "new" ? LoginOver::new_connections : LoginOver::kept_connections;
  return true;
}
bool set_rate(Options& o, std::string_view word) {
  o.rate_half = word == "half";
  if (o.rate_half) return true;
  const auto [end, error] = std::from_chars(word.data(), word.data() + word.size(), o.rate_per_s);
  return error == std::errc{} && end == word.data() + word.size() && o.rate_per_s >= 1 &&
         o.rate_per_s <= 10'000'000;
}

// clang-format off
constexpr std::array kOptions = {
  Option{"--pairs", "N", in(Workload::direct), Number{&Options::pairs, 1, 20000}, "pairs of members, one writes to the other"},
  Option{"--both-ways", "", in(Workload::direct), Flag{&Options::both_ways, true}, "both of a pair write"},
  Option{"--groups", "N", in(Workload::group), Number{&Options::groups, 1, 10000}, "groups; everybody is in one"},
  Option{"--members", "N", in(Workload::group, Workload::room), Number{&Options::members, 2, 5000}, "members of each"},
  Option{"--joins", "N", in(Workload::room), Number{&Options::joins, 1, 100000}, "instead: so many members join one room"},
  Option{"--senders", "N", in(Workload::group, Workload::room), Number{&Options::senders, 1, 5000}, "of them write"},
  Option{"--subscribers", "N", in(Workload::channel, Workload::presence), Number{&Options::subscribers, 1, 10000}, "members that follow the channel, friends that are told"},
  Option{"--users", "N", in(Workload::fakewechat, Workload::login), Number{&Options::users, 2, 100000}, "users"},
  Option{"--rooms", "N", in(Workload::login), Number{&Options::rooms, 0, 500}, "rooms that every user is in"},
  Option{"--friends", "N", in(Workload::fakewechat), Number{&Options::friends, 2, 1000}, "friends of each user (even)"},
  Option{"--messages", "N", in(Workload::fakewechat), Number{&Options::messages, 1, 10000}, "messages to each friend"},
  Option{"--window", "N", kMessages, Number{&Options::window, 1, 256}, "messages of one sender that are under way"},
  Option{"--payload", "BYTES", kMessages, Number{&Options::payload, 16, 32768}, "length of each message's text"},
  Option{"--connections", "N", in(Workload::idle), Number{&Options::connections, 10, 1000000}, "logged-in connections"},
  Option{"--parallel", "N", in(Workload::login, Workload::room), Number{&Options::parallel, 1, 10000}, "logins, or joins, under way at once"},
  Option{"--by", "token|password", in(Workload::login), Word{&set_login_by}, "what they log in with"},
  Option{"--over", "new|kept", in(Workload::login), Word{&set_login_over}, "a new connection for each login, or log out and in again"},
  Option{"--transport", "tcp|ws", kServer, Word{&set_transport}, "TCP or WebSocket"},
  Option{"--seconds", "S", kTimed | in(Workload::idle), Number{&Options::seconds, 1, 86400}, "how long is measured"},
  Option{"--warmup-ms", "MS", kTimed, Number{&Options::warmup_ms, 0, 600000}, "running before that"},
  Option{"--rate", "R|half", in(Workload::direct), Word{&set_rate}, "sends a second at fixed times, or half of what was possible"},
  Option{"--burst", "N", in(Workload::direct), Number{&Options::burst, 1, 256}, "with --rate: so many of one member are due at once"},
  Option{"--no-floor", "", in(Workload::direct, Workload::channel), Flag{&Options::floor, false}, "leave out the bare relay"},
  Option{"--connect", "ADDR:PORT", kServer, Text{&Options::connect}, "a running server's TCP address; otherwise a private node is started"},
  Option{"--http", "ADDR:PORT", kServer, Text{&Options::http}, "its HTTP address, for --transport ws"},
  Option{"--server-pid", "PID", kServer, Number{&Options::server_pid, 1, 4194304}, "its process, to measure CPU time and memory"},
  Option{"--server-binary", "PATH", kServer, Text{&Options::server_binary}, "program of the private node; otherwise this one"},
  Option{"--tmp", "DIR", kServer, Text{&Options::tmp_dir}, "where the private node's folder is made"},
  Option{"--set", "KEY=VALUE", kServer, Texts{&Options::set}, "another setting of the private node; may be repeated"},
  Option{"--server-cpus", "LIST", kServer, Cpus{&Options::server_cpus}, "processors of the private node; otherwise the first one"},
  Option{"--client-cpus", "LIST", kServer, Cpus{&Options::client_cpus}, "processors of the load; otherwise the second one"},
  Option{"--json", "", kServer, Flag{&Options::json, true}, "one JSON object instead of the table"},
  Option{"--listen", "ADDR:PORT", in(Workload::raw_relay), Text{&Options::listen}, "where the relay listens"},
};

struct WorkloadInfo {
  Workload workload;
  std::string_view name, help;
};
constexpr std::array kWorkloads = {
  WorkloadInfo{Workload::direct, "direct", "pairs write to each other; every message is checked"},
  WorkloadInfo{Workload::group, "group", "groups; everybody must see the same order"},
  WorkloadInfo{Workload::room, "room", "one room: its members talk, or many join it"},
  WorkloadInfo{Workload::channel, "channel", "one publishes to many; every delivery is checked"},
  WorkloadInfo{Workload::presence, "presence", "one comes and goes, and all its friends are told"},
  WorkloadInfo{Workload::idle, "idle", "logged-in connections that are quiet: memory of each"},
  WorkloadInfo{Workload::login, "login", "a storm of logins"},
  WorkloadInfo{Workload::fakewechat, "fakewechat", "1,000 users, 30 friends each, 5 messages to each friend"},
  WorkloadInfo{Workload::raw_relay, "raw-relay", "the bare relay that `direct` and `channel` compare with"},
};
// clang-format on

std::unexpected<BadOptions> bad(std::string text) { return fail(BadOptions{std::move(text)}); }

template <class... Ts>
struct Overloaded : Ts... {
  using Ts::operator()...;
};

/// Empty when the value is good, else what would be.
std::string apply(Options& options, const Option& option, std::string_view value) {
  return std::visit(
      Overloaded{
          [&](const Number& number) -> std::string {
            std::uint64_t parsed = 0;
            const auto [end, error] = std::from_chars(value.data(), value.data() + value.size(), parsed);
            if (error == std::errc{} && end == value.data() + value.size() && parsed >= number.min &&
                parsed <= number.max) {
              options.*number.to = parsed;
              return {};
            }
            return fmt::format("{}..{}", number.min, number.max);
          },
          [&](const Flag& flag) -> std::string { return options.*flag.to = flag.value, std::string{}; },
          [&](const Text& text) -> std::string { return options.*text.to = value, std::string{}; },
          [&](const Texts& texts) -> std::string {
            if (value.find('=') == std::string_view::npos) return "section.key=value";
            (options.*texts.to).emplace_back(value);
            return {};
          },
          [&](const Cpus& cpus) -> std::string {
            auto parsed = parse_cpu_list(value);
            if (!parsed) return "a list of processors like 0 or 0,2 or 0-3";
            options.*cpus.to = std::move(*parsed);
            return {};
          },
          [&](const Word& word) -> std::string {
            if (word.set(options, value)) return {};
            return option.value == "R|half" ? std::string("half, or 1..10000000 a second")
                                            : std::string(option.value);
          },
      },
      option.kind);
}

/// What single ranges cannot say.
std::string check_together(const Options& o) {
  if ((o.workload == Workload::group || o.workload == Workload::room) && o.senders > o.members)
    return "--senders must not be more than --members";
  if (o.workload == Workload::room && o.members > 500)
    return "--members must not be more than 500: a larger room has no copies in inboxes";
  if (o.burst != 1 && o.rate_per_s == 0 && !o.rate_half) return "--burst goes with --rate";
  if (o.workload == Workload::fakewechat && o.friends % 2 != 0) return "--friends must be even";
  if (o.workload == Workload::fakewechat && o.friends >= o.users)
    return "--friends must be less than --users";
  if (!o.connect.empty() && o.transport == Transport::ws && o.http.empty())
    return "--connect with --transport ws needs --http";
  if (o.connect.empty() && (!o.http.empty() || o.server_pid != 0))
    return "--http and --server-pid go with --connect";
  if (!o.connect.empty() && (!o.set.empty() || !o.server_binary.empty())) {
    return "--set and --server-binary are for the private node: not with --connect";
  }
  return {};
}

}  // namespace

std::string_view name_of(Workload workload) { return kWorkloads[static_cast<std::size_t>(workload)].name; }
std::string_view name_of(Transport transport) { return transport == Transport::tcp ? "tcp" : "ws"; }

std::string help_text(std::optional<Workload> workload) {
  if (!workload) {
    std::string
        text = "plaza bench WORKLOAD [options]: load with known results, and every message checked\n\n";
    for (const auto& info : kWorkloads) text += fmt::format("  {:<12} {}\n", info.name, info.help);
    return text +
           "\nWithout --connect it starts a private server in a temporary folder, on one processor, and the "
           "load on\n"
           "another. `plaza bench WORKLOAD --help` shows the options.\n";
  }
  const auto& info = kWorkloads[static_cast<std::size_t>(*workload)];
  std::string text = fmt::format("plaza bench {} [options]: {}\n\n", info.name, info.help);
  const Options defaults;
  for (const auto& option : kOptions) {
    if ((option.workloads & in(*workload)) == 0) continue;
    text += fmt::format("  {:<26} {}", fmt::format("{} {}", option.name, option.value), option.help);
    if (const auto* number = std::get_if<Number>(&option.kind); number && defaults.*number->to != 0) {
      text += fmt::format(" ({})", defaults.*number->to);
    }
    text += '\n';
  }
  return text;
}

Result<Options, BadOptions> parse_options(std::span<const char* const> args) {
  if (args.empty()) return bad(help_text(std::nullopt));
  const std::string_view name = args[0];
  if (name == "--help" || name == "-h" || name == "help")
    return fail(BadOptions{help_text(std::nullopt), true});
  const auto* info = std::ranges::find(kWorkloads, name, &WorkloadInfo::name);
  if (info == kWorkloads.end())
    return bad(fmt::format("unknown workload \"{}\"\n\n{}", name, help_text(std::nullopt)));

  Options options;
  options.workload = info->workload;
  if (options.workload == Workload::idle) options.seconds = 2;
  if (options.workload == Workload::room) options.members = 100;
  for (std::size_t i = 1; i < args.size(); ++i) {
    std::string_view word = args[i];
    if (word == "--help" || word == "-h") return fail(BadOptions{help_text(options.workload), true});
    std::optional<std::string_view> value;
    if (const std::size_t equals = word.find('='); equals != std::string_view::npos) {
      value = word.substr(equals + 1);
      word = word.substr(0, equals);
    }
    const auto* option = std::ranges::find(kOptions, word, &Option::name);
    if (option == kOptions.end() || (option->workloads & in(options.workload)) == 0) {
      return bad(fmt::format("unknown option {} for {}\n\n{}", word, name, help_text(options.workload)));
    }
    if (option->value.empty()) {
      if (value) return bad(fmt::format("{} takes no value", word));
    } else if (!value) {
      if (++i == args.size()) return bad(fmt::format("{} needs a value: {}", word, option->value));
      value = args[i];
    }
    if (const std::string allowed = apply(options, *option, value.value_or("")); !allowed.empty()) {
      return bad(fmt::format("{} {}: must be {}", word, *value, allowed));
    }
  }
  if (const std::string wrong = check_together(options); !wrong.empty()) return bad(wrong);
  return options;
}

}  // namespace plaza::bench
