// Prints what is generated from the declared operations, for scripts/check-server-api-docs.
#include <cstdio>
#include <string>
#include <string_view>

#include "backend/documents.h"

int main(int argc, char** argv) {
  const std::string_view which = argc == 2 ? argv[1] : "";
  std::string text;
  if (which == "operations") text = plaza::backend::operations_markdown();
  if (which == "errors") text = plaza::backend::errors_markdown();
  if (which == "openapi") text = plaza::backend::openapi_document() + "\n";
  if (text.empty()) {
    std::fprintf(stderr, "usage: server_api_tables operations|errors|openapi\n");
    return 2;
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}
