#include "client/chat/chat_main.h"

#include <unistd.h>

#include <csignal>
#include <cstdio>
#include <cstdlib>

#include "client/chat/chat_options.h"
#include "client/chat/screen.h"
#include "client/chat/script.h"
#include "client/chat/text.h"

namespace plaza {

int chat_main(int argc, char** argv) {
  using namespace client::chat;
  auto options = parse_chat_options({argv + 1, argv + argc});
  if (!options) {
    std::fprintf(stderr, "plaza chat: %s\n", options.error().c_str());
    return 2;
  }
  if (options->help) {
    std::fputs(chat_usage().c_str(), stdout);
    return 0;
  }
  std::signal(SIGPIPE, SIG_IGN);
  if (options->script || isatty(STDIN_FILENO) == 0) {
    return Script(std::move(*options), STDIN_FILENO, STDOUT_FILENO).run();
  }
  if (!use_utf8_locale())
    std::fputs(
        "plaza chat: this system has no UTF-8 locale; other letters than English ones will look wrong\n",
        stderr);
  const char* terminal = std::getenv("TERM");
  if (isatty(STDOUT_FILENO) == 0 || terminal == nullptr || *terminal == '\0' ||
      std::string_view(terminal) == "dumb") {
    std::fputs(
        "plaza chat: this terminal cannot show the chat (TERM is not set, is \"dumb\", or the output is no "
        "terminal); "
        "--script works everywhere\n",
        stderr);
    return 2;
  }
  return Screen(std::move(*options)).run();
}

}  // namespace plaza
