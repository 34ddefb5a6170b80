#pragma once
#include <cstddef>
#include <cstdint>
#include <string>

#include "ports/file_inspector.h"

namespace plaza::pictures {

inline constexpr std::uint32_t kThumbnailPixels = 320;  ///< of its longer side
inline constexpr std::size_t kThumbnailBytesMax = 128 * 1024;
inline constexpr std::size_t kPictureBytesMax = 32U << 20U;  ///< of a larger file no thumbnail is made

/// What is in a file, by libmagic, and a thumbnail of a JPEG, PNG, GIF or WebP, by libgd. Both read what a stranger made: call it where
/// nothing can be lost (`plaza look-at-file`).
///
///   Looker looker;            // opens what the libraries need
///   looker.read(fd);          // all that is to be looked at
///   confine();                // from now on nothing can be opened
///   facts = looker.look();
class Looker {
 public:
  Looker();
  ~Looker();
  Looker(const Looker&) = delete;
  Looker& operator=(const Looker&) = delete;

  /// False: the library has no rules to go by, or the file cannot be read.
  [[nodiscard]] bool read(int fd);
  [[nodiscard]] ports::FileFacts look();

 private:
  void draw(ports::FileFacts& facts);

  void* magic_ = nullptr;  ///< libmagic's handle
  std::string bytes_;      ///< all, or the beginning of a file that is too large for a thumbnail
  bool whole_ = false;
};

}  // namespace plaza::pictures
