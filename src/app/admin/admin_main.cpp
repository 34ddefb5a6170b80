#include "app/admin/admin_main.h"

#include <fmt/format.h>
#include <sys/socket.h>
#include <unistd.h>

#include <boost/json/parse.hpp>
#include <boost/json/serialize.hpp>
#include <cstdio>
#include <cstring>
#include <functional>
#include <optional>

#include "app/admin/admin_over_http.h"
#include "app/admin/admin_words.h"
#include "app/config/load.h"
#include "app/process/exit_code.h"
#include "net/unix_socket.h"

namespace plaza::app {

namespace json = boost::json;

namespace {

constexpr int kWaitSeconds = 60;

int failed(int code, const std::string& why) {
  fmt::print(stderr, "plaza admin: {}\n", why);
  return code;
}

/// The body of the answer to a POST, whatever its status; the connection ends behind it.
Result<std::string, std::string> post(const std::string& socket_path, const std::string& body) {
  const auto fd = net::connect_to_unix(socket_path);
  if (!fd) {
    return fail(
        fmt::format("cannot reach a server at {}: {}. Is it running, on this data directory (--data-dir), "
                    "and as your user?",
                    socket_path, std::strerror(fd.error())));
  }
  const timeval limit{.tv_sec = kWaitSeconds, .tv_usec = 0};
  setsockopt(*fd, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof limit);
  const std::string request = fmt::format(
      "POST /api/v1/batch HTTP/1.1\r\nHost: plaza\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{}",
      body.size(), body);
  std::string answer, piece(64 * 1024, '\0');
  bool sent = ::send(*fd, request.data(), request.size(), MSG_NOSIGNAL) ==
              static_cast<ssize_t>(request.size());
  for (ssize_t got; sent && (got = ::recv(*fd, piece.data(), piece.size(), 0)) > 0;)
    answer.append(piece, 0, static_cast<std::size_t>(got));
  ::close(*fd);
  const auto end = answer.find("\r\n\r\n");
  if (end == std::string::npos) return fail("the server did not answer");
  return answer.substr(end + 4);
}

/// What the server said about the one call: its result, or the refusal for a person.
Result<std::string, std::string> result_of(const std::string& body) {
  boost::system::error_code error;
  const json::value answer = json::parse(body, error);
  const auto* object = error ? nullptr : answer.if_object();
  if (!object) return fail("the server's answer is not understood");
  const auto* results = object->if_contains("results");
  const json::object& one = results ? results->as_array().at(0).as_object() : *object;
  if (const auto* result = one.if_contains("result")) return json::serialize(*result);
  const auto* wrong = one.if_contains("error");
  if (!wrong) return fail("the server's answer is not understood");
  const auto text = [&](const char* name) {
    const auto* value = wrong->as_object().if_contains(name);
    return value ? std::string(value->as_string()) : std::string();
  };
  std::string why = fmt::format("{}: {}", text("code"), text("message"));
  if (!text("field").empty()) why += fmt::format(" ({})", text("field"));
  if (!text("allowed").empty()) why += fmt::format("; right is {}", text("allowed"));
  return fail(std::move(why));
}

/// How a body is asked for another; both errors are for a person.
using Ask = std::function<Result<std::string, std::string>(const std::string&)>;

/// The server on this machine, over its socket.
Result<Ask, std::string> way_here(const AdminRequest& request) {
  if (!request.key_file.empty() || !request.ca_file.empty())
    return fail("--key-file and --ca-file go with --url");
  ConfigInput input;
  input.environment = plaza_environment();
  if (!request.config.empty()) input.file = request.config;
  if (!request.data_dir.empty()) input.flags.push_back({"server.data_dir", request.data_dir, "--data-dir"});
  const auto loaded = load_config(input);
  if (!loaded) return fail(fmt::format("the configuration is wrong: {}", fmt::join(loaded.error(), "; ")));
  return [path = loaded->config.server.data_dir + "/admin.sock"](const std::string& body) {
    return post(path, body);
  };
}

/// A server elsewhere, over HTTP with a key.
Result<Ask, std::string> way_there(const AdminRequest& request) {
  if (!request.data_dir.empty() || !request.config.empty())
    return fail("--data-dir and --config are about this machine, --url is not");
  auto key = admin_key(request.key_file);
  if (!key) return fail(std::move(key.error()));
  return [target = AdminTarget{.url = request.url, .key = std::move(*key), .ca_file = request.ca_file}](
             const std::string& body) { return post_signed(target, body); };
}

}  // namespace

int admin_main(int argc, char** argv) {
  const auto request = parse_admin(std::vector<std::string>(argv + 1, argv + argc));
  if (!request) return failed(kExitUsage, request.error());
  if (request->help) {
    fmt::print("{}", request->words ? admin_help(*request->words) : admin_help());
    return kExitOk;
  }
  const auto ask = request->url.empty() ? way_here(*request) : way_there(*request);
  if (!ask) return failed(kExitUsage, ask.error());
  bool first = true;
  for (std::string asked = request->body; !asked.empty(); first = false) {
    const auto body = (*ask)(asked);
    if (!body) return failed(kExitFailed, body.error());
    const auto result = result_of(*body);
    if (!result) return failed(kExitFailed, result.error());
    asked = request->all ? next_page(*request, *result) : "";
    fmt::print("{}", request->json ? *result + "\n"
                                   : admin_text(*result, {.first = first, .goes_on = !asked.empty()}));
    // A log that is not right is what a script wants to hear about.
    const bool wrong_log = request->words->operation == "audit.verify" &&
                           result->find("\"right\":false") != std::string::npos;
    if (wrong_log) return kExitFailed;
  }
  return kExitOk;
}

}  // namespace plaza::app
