// Prints the messages of the backend port, for scripts/check-server-api-docs.
#include <cstdio>
#include <string>

#include "servers/wire.h"

int main() {
  const std::string text = plaza::servers::messages_markdown();
  std::fwrite(text.data(), 1, text.size(), stdout);
  return 0;
}
