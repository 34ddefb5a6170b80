#pragma once
#include <optional>
#include <string>

#include "net/http_message.h"

namespace plaza::backend {

/// The OpenAPI 3.1 document of operations(), as JSON.
const std::string& openapi_document();

/// The tables of docs/server-api.md.
std::string operations_markdown();
std::string errors_markdown();

/// The page to try calls, and the document it is made from, for whoever asks: /api/v1/ and /api/v1/openapi.json. Nothing for
/// other paths.
std::optional<net::HttpResponse> document_at(const net::HttpRequest& request);

}  // namespace plaza::backend
