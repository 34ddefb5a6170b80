// Prints one table of docs/protocol.md: messages, fields, errnos or shapes. scripts/check-protocol-docs
// calls it.
#include <cstdio>
#include <string>
#include <string_view>

#include "protocol/table.h"

int main(int argc, char** argv) {
  const std::string_view which = argc == 2 ? argv[1] : "";
  std::string text;
  if (which == "messages") text = plaza::protocol::messages_markdown();
  if (which == "fields") text = plaza::protocol::fields_markdown();
  if (which == "errnos") text = plaza::protocol::errnos_markdown();
  if (which == "shapes") text = plaza::protocol::shapes_markdown();
  if (text.empty()) {
    std::fprintf(stderr, "usage: protocol_tables messages|fields|errnos|shapes\n");
    return 2;
  }
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}
