#include "app/process/ports_file.h"

#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <fstream>

namespace plaza::app {

PortsFile::PortsFile(const std::string& data_dir) : path_(data_dir + "/ports.json") { remove(); }

PortsFile::~PortsFile() { remove(); }

void PortsFile::remove() { unlink(path_.c_str()); }

Result<void, std::string> PortsFile::write(const std::vector<std::pair<std::string, std::uint16_t>>& ports) {
  std::string text;
  for (const auto& [name, port] : ports)
    text += fmt::format("{}\"{}\":{}", text.empty() ? "" : ",", name, port);
  const std::string whole = path_ + ".new";
  std::ofstream file(whole, std::ios::trunc);
  file << "{" << text << "}\n";
  file.close();
  if (!file || std::rename(whole.c_str(), path_.c_str()) != 0) {
    return fail(fmt::format("cannot write {}: {}", path_, std::strerror(errno)));
  }
  return {};
}

}  // namespace plaza::app
