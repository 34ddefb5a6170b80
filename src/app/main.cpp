#include <string_view>

#include "app/cli.h"
#ifdef PLAZA_WITH_SERVE
#include "pictures/look_at_file.h"
#endif

int main(int argc, char** argv) {
#ifdef PLAZA_WITH_SERVE
  // Not a command for people: a server starts itself so, to look into a file that a stranger has sent.
  if (argc == 2 && std::string_view(argv[1]) == "look-at-file") return plaza::pictures::look_at_file();
#endif
  return plaza::app::run_command_line(argc, argv);
}
