#include "app/config/constraints.h"

#include <fmt/format.h>

#include "net/networks.h"

namespace plaza::app {
namespace {

constexpr std::int64_t kFrameAroundBodyBytes = 512;

/// Where one listens the other cannot: the same port, and an address that is the other's or all of its kind. [::] takes IPv4 too.
bool overlap(const ListenAddress& a, const ListenAddress& b) {
  if (a.port != b.port || a.port == 0) return false;
  const auto v4 = [](const ListenAddress& address) { return address.host.find(':') == std::string::npos; };
  const auto all = [&](const ListenAddress& address) {
    if (v4(address)) return address.host == "0.0.0.0";
    return address.host.find_first_not_of("0:") == std::string::npos;
  };
  if ((all(a) && !v4(a)) || (all(b) && !v4(b))) return true;
  return v4(a) == v4(b) && (a.host == b.host || all(a) || all(b));
}

/// As a browser writes it: http or https, a host, perhaps a port, and nothing behind them.
bool is_origin(std::string_view text) {
  for (const std::string_view scheme : {"https://", "http://"}) {
    if (!text.starts_with(scheme)) continue;
    text.remove_prefix(scheme.size());
    return !text.empty() && text.front() != ':' && text.find_first_of("/?#@*, ") == std::string_view::npos;
  }
  return false;
}

class Checker {
 public:
  void at_most(std::string_view small, std::int64_t small_value, std::string_view large,
               std::int64_t large_value) {
    if (small_value <= large_value) return;
    problems_.push_back(
        fmt::format("{} ({}) must not be larger than {} ({})", small, small_value, large, large_value));
  }
  void need(bool good, std::string problem) {
    if (!good) problems_.push_back(std::move(problem));
  }
  std::vector<std::string> take() { return std::move(problems_); }

 private:
  std::vector<std::string> problems_;
};

/// A place to listen, by its name.
struct Place {
  std::string_view name;
  const ListenAddress& listen;
  bool tls = false;
  const std::vector<std::string>& balancers;
};

void check_listeners(Checker& check, const Config& config) {
  std::vector<Place> places{{"tcp", config.tcp.listen, config.tcp.tls, config.tcp.balancers},
                            {"http", config.http.listen, config.http.tls, config.http.balancers}};
  if (config.backend.enabled) {
    places.push_back({"backend", config.backend.listen, config.backend.tls, config.backend.balancers});
  }
  const bool certificate = !config.tls.certificate.empty() && !config.tls.key.empty();
  for (std::size_t i = 0; i < places.size(); ++i) {
    const Place& one = places[i];
    check.need(!one.tls || certificate, fmt::format("{}.tls needs tls.certificate and tls.key", one.name));
    for (const auto& text : one.balancers) {
      check.need(net::Network::parse(text).has_value(),
                 fmt::format("{}.balancers: \"{}\" is no address or network (10.0.0.7, 10.0.0.0/8, ::1)",
                             one.name, text));
    }
    for (std::size_t j = i + 1; j < places.size(); ++j) {
      check.need(!overlap(one.listen, places[j].listen),
                 fmt::format("{}.listen ({}) and {}.listen ({}) are in each other's way; they need two ports",
                             one.name, to_string(one.listen), places[j].name, to_string(places[j].listen)));
    }
  }
}

}  // namespace

std::vector<std::string> conflicts(const Config& config) {
  Checker check;
  const auto& edge = config.edge;
  check.need(!config.server.data_dir.empty(), "server.data_dir must not be empty");
  check.at_most("edge.frame_before_login_bytes_max", edge.frame_before_login_bytes_max,
                "edge.frame_bytes_max", edge.frame_bytes_max);
  check.at_most("edge.frame_bytes_max", edge.frame_bytes_max, "edge.outbound_bytes_max",
                edge.outbound_bytes_max);
  check.at_most("edge.connections_per_address_max", edge.connections_per_address_max, "edge.connections_max",
                edge.connections_max);
  check.need(edge.dead_after_ms >= 2 * edge.heartbeat_ms,
             fmt::format("edge.dead_after_ms ({}) must be at least twice edge.heartbeat_ms ({})",
                         edge.dead_after_ms, edge.heartbeat_ms));
  check.need(
      config.message.body_bytes_max + kFrameAroundBodyBytes <= edge.frame_bytes_max,
      fmt::format("message.body_bytes_max ({}) must be at least {} less than edge.frame_bytes_max ({})",
                  config.message.body_bytes_max, kFrameAroundBodyBytes, edge.frame_bytes_max));
  check.at_most("login.password_bytes_min", config.login.password_bytes_min, "login.password_bytes_max",
                config.login.password_bytes_max);
  check.at_most("login.throttle_first_ms", config.login.throttle_first_ms, "login.throttle_max_ms",
                config.login.throttle_max_ms);
  check.at_most("member.message_rate_per_s", config.member.message_rate_per_s, "member.message_burst",
                config.member.message_burst);
  check.at_most("member.request_rate_per_s", config.member.request_rate_per_s, "member.request_burst",
                config.member.request_burst);
  check.at_most("channel.member_rate_per_s", config.channel.member_rate_per_s, "channel.member_burst",
                config.channel.member_burst);
  check.at_most("channel.world_rate_per_s", config.channel.world_rate_per_s, "channel.world_burst",
                config.channel.world_burst);
  check.at_most("edge.account_request_rate_per_s", edge.account_request_rate_per_s,
                "edge.account_request_burst", edge.account_request_burst);
  check.at_most("api.app_request_rate_per_s", config.api.app_request_rate_per_s, "api.app_request_burst",
                config.api.app_request_burst);
  check.at_most("api.app_requests_at_once_max", config.api.app_requests_at_once_max, "api.threads",
                config.api.threads);
  check.at_most("webhook.retry_first_ms", config.webhook.retry_first_ms, "webhook.retry_longest_ms",
                config.webhook.retry_longest_ms);
  check.at_most("webhook.retry_for_s", config.webhook.retry_for_s, "event.kept_s", config.event.kept_s);
  check.at_most("room.message_rate_per_s", config.room.message_rate_per_s, "room.message_burst",
                config.room.message_burst);
  // A page is an answer, and answers may use half of the queue; the other half is for pushes.
  check.need(2 * config.message.sync_bytes_max <= edge.outbound_bytes_max,
             fmt::format("message.sync_bytes_max ({}) must be at most half of edge.outbound_bytes_max ({})",
                         config.message.sync_bytes_max, edge.outbound_bytes_max));

  for (const std::string& origin : config.file.origins) {
    check.need(origin == "*" || is_origin(origin),
               fmt::format("file.origins: \"{}\" is no origin such as \"https://chat.example.org\" or "
                           "\"http://localhost:8080\", without a path or a slash at its end",
                           origin));
  }
  check_listeners(check, config);
  return check.take();
}

}  // namespace plaza::app
