#include "pictures/look_at_file.h"

#include <unistd.h>

#include <string>
#include <string_view>

#include "pictures/confine.h"
#include "pictures/look.h"

namespace plaza::pictures {
namespace {

bool write_all(std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(STDOUT_FILENO, bytes.data(), bytes.size());
    if (written <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

int look_at_file() {
  if (!limit_resources()) return 1;
  Looker looker;
  if (!looker.read(STDIN_FILENO) || !confine()) return 1;
  const ports::FileFacts facts = looker.look();
  const std::string head = facts.type + " " + std::to_string(facts.width) + " " +
                           std::to_string(facts.height) + " " + std::to_string(facts.thumbnail.size()) + "\n";
  // Nothing is tidied up: the end of the process does it, and what a library would do there may be forbidden by now.
  _exit(write_all(head + facts.thumbnail) ? 0 : 1);
}

}  // namespace plaza::pictures
