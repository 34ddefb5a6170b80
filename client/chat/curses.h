#pragma once
// ncursesw, without its macros (move, clear, timeout...). Only screen*.cpp include this.
#ifndef NCURSES_WIDECHAR
#define NCURSES_WIDECHAR 1
#endif
#define NCURSES_NOMACROS 1
#include <ncurses.h>

namespace plaza::client::chat {

// Keys that terminfo has no name for.
enum ExtraKey : int {
  kKeyPasteBegin = KEY_MAX + 1,
  kKeyPasteEnd,
  kKeyNext,
  kKeyPrevious,
  kKeyWordLeft,
  kKeyWordRight
};

// Colour pairs.
enum Pair : short { kPairNone = 0, kPairOwn, kPairWarning, kPairAccent, kPairHeader, kPairName0 };

}  // namespace plaza::client::chat
