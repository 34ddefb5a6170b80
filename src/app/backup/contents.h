#pragma once
#include <array>

namespace plaza::app {

/// What a data directory is made of that cannot be made again. Declared once: plaza backup copies it, plaza restore wants all of it.
/// The databases in the order in which they are put in place: a directory that has the last one has all.
inline constexpr std::array kDatabases{"directory.db", "streams.db"};
/// Of a server with files: which there are, and the folder of their bytes (disk/file_contents.h says how it looks).
inline constexpr const char* kFileCatalog = "files.db";
inline constexpr const char* kFileContents = "files";
/// There or not; with it secrets of apps' servers are read.
inline constexpr std::array kSmallFiles{"secrets.key"};
inline constexpr const char* kManifest = "manifest.json";
/// Only in a backup: what its folder of bytes has, one a line, as sha256sum writes and checks it. The manifest has its sum.
inline constexpr const char* kContentsList = "files.sha256";

}  // namespace plaza::app
