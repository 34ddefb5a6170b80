#pragma once
#include <cstdint>
#include <functional>

#include "net/address.h"
#include "net/http_message.h"

namespace plaza::net {

/// Which listener a connection came through.
enum class Door : std::uint8_t {
  clients,    ///< a port that others can reach
  operators,  ///< the Unix socket in the data directory: whoever may open that file runs this server
};

/// A request together with what its connection knows of who asks.
struct HttpExchange {
  HttpRequest request;
  Address remote;  ///< means nothing when door is operators
  bool tls = false;
  Door door = Door::clients;
};

/// Takes the answer to one exchange: at most once, on any thread. When the connection is gone by then nothing happens.
using HttpAnswer = std::move_only_function<void(HttpResponse)>;

}  // namespace plaza::net
