#pragma once
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"

namespace plaza::app {

struct ManifestFile {
  std::string name;  ///< in the folder of the backup; a plain name
  std::uint64_t bytes = 0;
  std::string sha256;  ///< hexadecimal
};

/// manifest.json of a backup: what belongs to it, so that a restore notices what is missing, cut short or changed.
struct Manifest {
  std::string version;  ///< of the plaza that made it
  std::string moment;   ///< UTC, as 2026-01-02T03:04:05Z: what was committed before is in it
  std::vector<ManifestFile> files;
};

[[nodiscard]] std::string to_json(const Manifest& manifest);
/// The error says what is wrong with the text.
[[nodiscard]] Result<Manifest, std::string> manifest_from_json(std::string_view text);

}  // namespace plaza::app
