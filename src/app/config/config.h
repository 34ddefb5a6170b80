#pragma once
// What the server was told to be: one member per setting, made from settings.def.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "base/log.h"
#include "ports/directory.h"

namespace plaza::app {

enum class LogFormat : std::uint8_t { text, json };

/// A place to listen: an IP address without brackets, and a port (0 = any).
struct ListenAddress {
  std::string host;
  std::uint16_t port = 0;

  friend bool operator==(const ListenAddress&, const ListenAddress&) = default;
};

/// "127.0.0.1:7600", "[::1]:7600", "localhost:7600" or "*:7600"; false for anything else.
bool parse_listen_address(const std::string& text, ListenAddress& out);
/// "127.0.0.1:7600" or "[::1]:7600".
std::string to_string(const ListenAddress& address);

namespace detail {
inline ListenAddress listen_default(const char* text) {
  ListenAddress address;
  parse_listen_address(text, address);
  return address;
}
}  // namespace detail

// clang-format off
/// All settings: config.edge.frame_bytes_max is "edge.frame_bytes_max" in plaza.toml. A default-constructed one has the
/// defaults; load_config() (load.h) gives one whose values are within their ranges and fit each other.
struct Config {
#define SECTION(name, help) struct name##_settings {
#define END(name) friend bool operator==(const name##_settings&, const name##_settings&) = default; } name;
#define INTEGER(name, default_, min, max, reload, help) std::int64_t name = default_;
#define BOOLEAN(name, default_, reload, help) bool name = default_;
#define TEXT(name, default_, reload, help) std::string name = default_;
#define CHOICE(name, Enum, default_, words, reload, help) Enum name = Enum::default_;
#define LISTEN(name, default_, help) ListenAddress name = detail::listen_default(default_);
#define TEXTS(name, reload, help) std::vector<std::string> name = {};
#define SECRETS(name, reload, help) std::map<std::string, std::string> name = {};
#include "app/config/settings.def"  // NOLINT
#undef SECTION
#undef END
#undef INTEGER
#undef BOOLEAN
#undef TEXT
#undef CHOICE
#undef LISTEN
#undef TEXTS
#undef SECRETS

  friend bool operator==(const Config&, const Config&) = default;
};
// clang-format on

}  // namespace plaza::app
