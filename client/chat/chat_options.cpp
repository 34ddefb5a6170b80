#include "client/chat/chat_options.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdlib>
#include <fstream>
#include <sstream>

#include "protocol/fields.h"

namespace plaza::client::chat {
namespace {

struct Flag {
  std::string_view name;
  std::string_view value;  ///< empty: none follows
  std::string_view meaning;
};
constexpr std::array kFlags = std::to_array<Flag>({
    {"--user", "NAME", "log in with this account"},
    {"--password-file", "FILE", "its password is the first line of FILE (or set PLAZA_PASSWORD)"},
    {"--register", "", "make the account first, when there is none of that name"},
    {"--device", "NAME", "name of this device, 1 to 32 bytes (default: terminal-HOST)"},
    {"--app", "NAME", "the app (default: the server's)"},
    {"--zone", "NAME", "the zone of the app (default: the server's)"},
    {"--data-dir", "DIR", "read the address of a local server from DIR/ports.json (default: plaza-data)"},
    {"--http-port", "PORT", "the server's HTTP port, for files (default: 7680, or as ports.json says)"},
    {"--ca-file", "FILE", "trust the certificates of this file (tls:// and wss://)"},
    {"--script", "",
     "read commands as lines and print events as lines (default when the input is no terminal)"},
    {"--help", "", "this text"},
});

std::string read_text(const std::string& path) {
  std::ifstream file(path);
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

std::string default_device() {
  char host[256] = {};
  if (gethostname(host, sizeof host - 1) != 0) return "terminal";
  const std::string name = "terminal-" + std::string(host);
  return name.substr(0, protocol::kDeviceBytesMax);
}

/// The first line of the file.
Result<std::string, std::string> password_of(const std::string& path) {
  std::ifstream file(path);
  std::string line;
  if (!file || !std::getline(file, line)) return fail("cannot read a password from " + path);
  if (!line.empty() && line.back() == '\r') line.pop_back();
  if (line.empty()) return fail("the first line of " + path + " is empty");
  return line;
}

/// 0 when it is no port.
std::uint16_t port_of(const char* text) {
  const long port = std::strtol(text, nullptr, 10);
  return port > 0 && port < 65536 ? static_cast<std::uint16_t>(port) : 0;
}

/// The number behind "tcp": or "http": in ports.json, which we write ourselves; 0 when there is none.
std::uint16_t local_port(const std::string& data_dir, const std::string& which) {
  const std::string text = read_text(data_dir + "/ports.json");
  const std::size_t key = text.find("\"" + which + "\":");
  return key == std::string::npos ? 0 : port_of(text.c_str() + key + which.size() + 3);
}

Result<void, std::string> set_flag(ChatOptions& options, std::string& data_dir, std::string_view flag,
                                   const std::string& value) {
  if (flag == "--user") {
    options.account.name = value;
  } else if (flag == "--password-file") {
    auto password = password_of(value);
    if (!password) return fail(password.error());
    options.account.password = std::move(*password);
  } else if (flag == "--register") {
    options.account.make_new = true;
  } else if (flag == "--device") {
    if (value.empty() || value.size() > protocol::kDeviceBytesMax)
      return fail(std::string("--device takes 1 to 32 bytes"));
    options.client.device = value;
  } else if (flag == "--app") {
    options.client.app = value;
  } else if (flag == "--zone") {
    options.client.zone = value;
  } else if (flag == "--data-dir") {
    data_dir = value;
  } else if (flag == "--http-port") {
    options.client.http_port = port_of(value.c_str());
    if (options.client.http_port == 0) return fail("--http-port takes a port, not " + value);
  } else if (flag == "--ca-file") {
    options.client.ca_file = value;
  } else if (flag == "--script") {
    options.script = true;
  } else {
    options.help = true;
  }
  return {};
}

}  // namespace

std::string chat_usage() {
  std::string text =
      "Usage: plaza chat [ADDRESS] [options]\n\n"
      "Talk to people through a Plaza server. ADDRESS is HOST:PORT, tls://HOST:PORT, ws://HOST:PORT/ws or "
      "wss://...\n"
      "Without one: the server whose plaza-data/ports.json is here, or 127.0.0.1:7600.\n\n";
  for (const Flag& flag : kFlags) {
    std::string form = "  " + std::string(flag.name) + (flag.value.empty() ? "" : " ") +
                       std::string(flag.value);
    form.resize(std::max<std::size_t>(form.size() + 1, 26), ' ');
    text += form + std::string(flag.meaning) + "\n";
  }
  text +=
      "\nWhile it runs, /help lists the commands. A script sends lines and commands the same way, and has "
      "besides:\n"
      "  /wait PATTERN [SECONDS]  wait (10 s) for an event line that contains PATTERN; * stands for "
      "anything\n"
      "  /expect PATTERN          the command before must have printed such a line\n"
      "  !LINE                    LINE must be refused\n"
      "  # TEXT                   a comment\n"
      "It ends with 0 when every line did what it should, with 1 at the first that did not.\n"
      "New passwords (/password) come from PLAZA_NEW_PASSWORD.\n";
  return text;
}

Result<ChatOptions, std::string> parse_chat_options(const std::vector<std::string>& arguments) {
  ChatOptions options;
  std::string address, data_dir = "plaza-data";
  options.client.device = default_device();
  options.client.platform = "terminal";
  options.client.backlog_max = 1000;
  options.client.revoke_on_stop = true;
  if (const char* password = std::getenv("PLAZA_PASSWORD"); password != nullptr)
    options.account.password = password;
  for (std::size_t i = 0; i < arguments.size(); ++i) {
    std::string word = arguments[i];
    if (word == "-h") word = "--help";
    if (!word.starts_with('-')) {
      if (!address.empty()) return fail("one address is enough: " + address + " and " + word);
      address = word;
      continue;
    }
    const std::size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    const Flag* flag = nullptr;
    for (const Flag& one : kFlags) {
      if (one.name == name) flag = &one;
    }
    if (flag == nullptr) return fail("there is no " + name + "; `plaza chat --help` lists the options");
    std::string value;
    if (flag->value.empty()) {
      if (equals != std::string::npos) return fail(name + " takes no value");
    } else if (equals != std::string::npos) {
      value = word.substr(equals + 1);
    } else if (++i < arguments.size()) {
      value = arguments[i];
    } else {
      return fail(name + " needs a value: " + std::string(flag->value));
    }
    if (const auto set = set_flag(options, data_dir, name, value); !set) return fail(set.error());
  }
  if (address.empty()) {
    if (const std::uint16_t port = local_port(data_dir, "tcp"); port != 0)
      options.client.endpoint.port = port;
    if (const std::uint16_t port = local_port(data_dir, "http"); port != 0) options.client.http_port = port;
    return options;
  }
  auto endpoint = parse_endpoint(address);
  if (!endpoint) return fail(endpoint.error());
  options.client.endpoint = std::move(*endpoint);
  return options;
}

}  // namespace plaza::client::chat
