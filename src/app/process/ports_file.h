#pragma once
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "base/result.h"

namespace plaza::app {

/// <data-dir>/ports.json: where this server accepts, for scripts that start it with port 0.
///
/// Promise  The file is there only while the server accepts: the constructor removes what a killed process left behind,
///          write() puts the whole file there at once (rename), the destructor removes it.
/// Owner    The node, after it has the DataDirLock.
class PortsFile {
 public:
  explicit PortsFile(const std::string& data_dir);
  ~PortsFile();
  PortsFile(const PortsFile&) = delete;
  PortsFile& operator=(const PortsFile&) = delete;

  /// Before the server stops accepting.
  void remove();
  /// {"tcp":7600,"http":7680}, in the order given. The error is for a person.
  [[nodiscard]] Result<void, std::string> write(
      const std::vector<std::pair<std::string, std::uint16_t>>& ports);

 private:
  const std::string path_;
};

}  // namespace plaza::app
