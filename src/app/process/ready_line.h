#pragma once
#include <cstdint>
#include <string>

#include "app/config/config.h"

namespace plaza::app {

struct ReadyFacts {
  ListenAddress tcp, http;  ///< with the ports that were chosen
  bool tcp_tls = false, http_tls = false;
  ListenAddress backend;  ///< port 0: not listening
  bool backend_tls = false;
  std::string data_dir;
  std::uint32_t shards = 0;
  double seconds = 0;  ///< since the process began
};

/// The one line that says that the server accepts (", backend 127.0.0.1:7610" behind http when it listens there):
///   plaza ready: tcp 127.0.0.1:7600, http://127.0.0.1:7680, backend 127.0.0.1:7610, data plaza-data, 2 shards, pid 4711 (0.08 s)
std::string ready_line(const ReadyFacts& facts);

/// Writes the line to standard output, at once.
void say_ready(const ReadyFacts& facts);

}  // namespace plaza::app
