#pragma once
#include <chrono>
#include <string>
#include <string_view>

namespace plaza::app {

/// What a line is made of, without the library that carries it.
struct LineParts {
  std::chrono::system_clock::time_point time;
  std::string_view level, component, text, file;
  int line = 0;
};

/// Where the level stands in a formatted line, so that a terminal can colour it.
struct LevelRange {
  std::size_t begin = 0, end = 0;
};

/// "12:03:44.123 info  edge      text", in local time; warnings and errors say where they come from. Control characters
/// are escaped: a nickname cannot forge a line.
LevelRange format_for_person(const LineParts& parts, bool with_source, std::string& out);
/// "2025-05-20T12:03:44.123Z info  edge      text (file.cpp:12)"
LevelRange format_for_file(const LineParts& parts, std::string& out);
/// {"time":"2025-05-20T12:03:44.123Z","level":"info","component":"edge","text":"...","source":"file.cpp:12"}
void format_as_json(const LineParts& parts, std::string& out);

}  // namespace plaza::app
