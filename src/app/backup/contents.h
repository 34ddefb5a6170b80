#pragma once
#include <array>

namespace plaza::app {

/// What a data directory is made of that cannot be made again. Declared once: plaza backup copies it, plaza restore wants all of it.
/// The databases in the order in which they are put in place: a directory that has the last one has all.
inline constexpr std::array kDatabases{"directory.db", "streams.db"};
/// There or not; with it secrets of apps' servers are read.
inline constexpr std::array kSmallFiles{"secrets.key"};
inline constexpr const char* kManifest = "manifest.json";

}  // namespace plaza::app
