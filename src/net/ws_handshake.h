#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "net/http_message.h"

namespace plaza::net {

/// RFC 6455 section 4: how an HTTP request becomes a WebSocket. Pure but for make_websocket_key().

/// The request asks for the WebSocket protocol (section 4.2.1, points 3 and 4).
[[nodiscard]] bool asks_for_websocket(const HttpRequest& request);

/// The response that accepts (101), or the one that refuses: 400 for what is not of the RFC, 426 for another
/// version, 403 for an Origin that is not in the list. `origins` as ConnectionOptions::origins.
[[nodiscard]] Result<HttpResponse, HttpResponse> answer_websocket_request(
    const HttpRequest& request, const std::vector<std::string>& origins);

/// Sec-WebSocket-Accept for a Sec-WebSocket-Key.
[[nodiscard]] std::string websocket_accept_key(std::string_view key);

/// 16 random bytes in base64.
[[nodiscard]] std::string make_websocket_key();

/// The client's request.
[[nodiscard]] std::string encode_websocket_request(std::string_view host, std::string_view path,
                                                   std::string_view origin, std::string_view key);

}  // namespace plaza::net
