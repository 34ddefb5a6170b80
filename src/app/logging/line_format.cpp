#include "app/logging/line_format.h"

#include <fmt/format.h>

#include <ctime>
#include <iterator>

namespace plaza::app {
namespace {

struct Moment {
  std::tm fields{};
  int milliseconds = 0;
};

Moment moment(std::chrono::system_clock::time_point time, bool local) {
  const auto ms = std::chrono::duration_cast<std::chrono::milliseconds>(time.time_since_epoch()).count();
  const auto seconds = static_cast<std::time_t>(ms / 1000);
  Moment result;
  if (local) {
    localtime_r(&seconds, &result.fields);
  } else {
    gmtime_r(&seconds, &result.fields);
  }
  result.milliseconds = static_cast<int>(ms % 1000);
  return result;
}

void put_time_of_day(const Moment& at, std::string& out) {
  fmt::format_to(std::back_inserter(out), "{:02}:{:02}:{:02}.{:03}", at.fields.tm_hour, at.fields.tm_min,
                 at.fields.tm_sec, at.milliseconds);
}

void put_utc(std::chrono::system_clock::time_point time, std::string& out) {
  const Moment at = moment(time, false);
  fmt::format_to(std::back_inserter(out), "{:04}-{:02}-{:02}T", at.fields.tm_year + 1900,
                 at.fields.tm_mon + 1, at.fields.tm_mday);
  put_time_of_day(at, out);
  out += 'Z';
}

void put_escaped(std::string_view text, std::string& out) {
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      out += "\\n";
    } else if (byte < 0x20 || byte == 0x7f) {
      fmt::format_to(std::back_inserter(out), "\\x{:02x}", byte);
    } else {
      out += c;
    }
  }
}

LevelRange put_level(const LineParts& parts, std::string& out) {
  const LevelRange range{out.size(), out.size() + parts.level.size()};
  fmt::format_to(std::back_inserter(out), "{:<5} {:<9} ", parts.level, parts.component);
  return range;
}

// The length of the well-formed UTF-8 sequence at the front of `text` (RFC 3629, table 3-7 of Unicode), 0 when it is none.
std::size_t utf8_length(std::string_view text) {
  const auto at = [&](std::size_t i) { return i < text.size() ? static_cast<unsigned char>(text[i]) : 0U; };
  const auto tail = [&](std::size_t i) { return (at(i) & 0xC0U) == 0x80U; };
  const unsigned first = at(0);
  if (first < 0x80) return 1;
  if (first >= 0xC2 && first <= 0xDF) return tail(1) ? 2 : 0;
  if (first >= 0xE0 && first <= 0xEF) {
    const bool second = tail(1) && !(first == 0xE0 && at(1) < 0xA0) && !(first == 0xED && at(1) > 0x9F);
    return second && tail(2) ? 3 : 0;
  }
  if (first >= 0xF0 && first <= 0xF4) {
    const bool second = tail(1) && !(first == 0xF0 && at(1) < 0x90) && !(first == 0xF4 && at(1) > 0x8F);
    return second && tail(2) && tail(3) ? 4 : 0;
  }
  return 0;
}

void put_json_string(std::string_view text, std::string& out) {
  out += '"';
  while (!text.empty()) {
    const char c = text.front();
    std::size_t length = utf8_length(text);
    if (length == 0) {
      out += "\\ufffd";
      length = 1;
    } else if (c == '"' || c == '\\') {
      out += '\\';
      out += c;
    } else if (static_cast<unsigned char>(c) < 0x20) {
      fmt::format_to(std::back_inserter(out), "\\u{:04x}", static_cast<unsigned>(c));
    } else {
      out += text.substr(0, length);
    }
    text.remove_prefix(length);
  }
  out += '"';
}

}  // namespace

LevelRange format_for_person(const LineParts& parts, bool with_source, std::string& out) {
  put_time_of_day(moment(parts.time, true), out);
  out += ' ';
  const LevelRange range = put_level(parts, out);
  put_escaped(parts.text, out);
  if (with_source) fmt::format_to(std::back_inserter(out), " ({}:{})", parts.file, parts.line);
  out += '\n';
  return range;
}

LevelRange format_for_file(const LineParts& parts, std::string& out) {
  put_utc(parts.time, out);
  out += ' ';
  const LevelRange range = put_level(parts, out);
  put_escaped(parts.text, out);
  fmt::format_to(std::back_inserter(out), " ({}:{})\n", parts.file, parts.line);
  return range;
}

void format_as_json(const LineParts& parts, std::string& out) {
  out += R"({"time":")";
  put_utc(parts.time, out);
  out += R"(","level":)";
  put_json_string(parts.level, out);
  out += R"(,"component":)";
  put_json_string(parts.component, out);
  out += R"(,"text":)";
  put_json_string(parts.text, out);
  out += R"(,"source":)";
  put_json_string(fmt::format("{}:{}", parts.file, parts.line), out);
  out += "}\n";
}

}  // namespace plaza::app
