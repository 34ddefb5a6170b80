#pragma once
// For json_framer_test.cpp and json_framer_fuzz.cpp: the framer fed in pieces, and what a plain loop over the
// bytes says.
#include <algorithm>
#include <cstring>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "net/json_framer.h"

namespace plaza::net::framer_test {

struct Outcome {
  std::vector<std::string> frames;
  FrameError error = FrameError::none;
  std::string rest;  // not consumed at the end, when there was no error

  friend bool operator==(const Outcome&, const Outcome&) = default;
};

inline Outcome run(const std::string& text, std::vector<std::size_t> cuts, std::size_t bytes_max,
                   std::uint32_t depth_max) {
  cuts.push_back(text.size());
  Outcome outcome;
  JsonFramer framer;
  std::size_t from = 0;
  for (const std::size_t cut : cuts) {
    const std::size_t to = std::min(cut, text.size());
    for (;;) {
      // A buffer of exactly this size, so that a sanitizer sees every read past the promised read-ahead.
      const std::size_t size = to - from;
      const auto copy = std::make_unique<char[]>(size + JsonFramer::kReadAhead);
      std::memcpy(copy.get(), text.data() + from, size);
      std::memset(copy.get() + size, '"', JsonFramer::kReadAhead);
      const JsonFramer::Step step = framer.next(copy.get(), size, bytes_max, depth_max);
      if (step.kind == JsonFramer::Kind::error) {
        outcome.error = step.error;
        return outcome;
      }
      if (step.kind == JsonFramer::Kind::need_more) {
        from += step.begin;
        break;
      }
      outcome.frames.emplace_back(copy.get() + step.begin, step.end - step.begin);
      from += step.end;
    }
  }
  outcome.rest = text.substr(from);
  return outcome;
}

inline Outcome reference(const std::string& text, std::size_t bytes_max, std::uint32_t depth_max) {
  Outcome outcome;
  std::size_t begin = 0;
  std::uint32_t depth = 0;
  bool in_string = false, escaped = false;
  for (std::size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    if (depth == 0) {
      if (c == ' ' || c == '\n' || c == '\r' || c == '\t') continue;
      if (c != '{') {
        outcome.error = FrameError::not_an_object;
        return outcome;
      }
      begin = i;
    }
    const bool is_escaped = std::exchange(escaped, false);
    if (in_string && static_cast<unsigned char>(c) < 0x20) {
      outcome.error = FrameError::malformed;
      return outcome;
    }
    if (!is_escaped && c == '\\') {
      escaped = true;
    } else if (!is_escaped && c == '"') {
      in_string = !in_string;
    } else if (!in_string && (c == '{' || c == '[')) {
      if (++depth > depth_max) {
        outcome.error = FrameError::too_deep;
        return outcome;
      }
    } else if (!in_string && (c == '}' || c == ']') && --depth == 0) {
      outcome.frames.push_back(text.substr(begin, i + 1 - begin));
      begin = i + 1;
      continue;
    }
    if (i + 1 - begin >= bytes_max) {
      outcome.error = FrameError::too_large;
      return outcome;
    }
  }
  if (depth > 0) outcome.rest = text.substr(begin);
  return outcome;
}

}  // namespace plaza::net::framer_test
