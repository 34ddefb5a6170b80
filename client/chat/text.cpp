#include "client/chat/text.h"

#include <langinfo.h>

#include <algorithm>
#include <clocale>
#include <cstring>
#include <ctime>
#include <cwchar>

namespace plaza::client::chat {
namespace {

constexpr wchar_t kReplacement = 0xFFFD;
constexpr int kCombiningMax = 4;

bool is_utf8_locale() { return std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0; }

// One code point of UTF-8 at `at`; moves `at` behind it. RFC 3629: no overlong forms, no surrogates.
wchar_t decode(std::string_view text, std::size_t& at) {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned first = byte(at++);
  if (first < 0x80) return static_cast<wchar_t>(first);
  const int more = first >= 0xF0 && first < 0xF5   ? 3
                   : first >= 0xE0 && first < 0xF0 ? 2
                   : first >= 0xC2 && first < 0xE0 ? 1
                                                   : 0;
  if (more == 0) return kReplacement;
  std::uint32_t code = first & (0x3FU >> more);
  const std::size_t start = at;
  for (int i = 0; i < more; ++i) {
    if (at >= text.size() || (byte(at) & 0xC0U) != 0x80) {
      at = start;
      return kReplacement;
    }
    code = code << 6 | (byte(at++) & 0x3FU);
  }
  const bool wrong = (more == 2 && code < 0x800) || (more == 3 && (code < 0x10000 || code > 0x10FFFF)) ||
                     (code >= 0xD800 && code <= 0xDFFF);
  return wrong ? kReplacement : static_cast<wchar_t>(code);
}

bool is_invisible(wchar_t c) {
  return c == 0xAD || c == 0x61C || c == 0x180E || (c >= 0x200B && c <= 0x200F) ||
         (c >= 0x202A && c <= 0x202E) || (c >= 0x2060 && c <= 0x206F) || (c >= 0xFE00 && c <= 0xFE0F) ||
         c == 0xFEFF || (c >= 0xFFF9 && c <= 0xFFFB) || (c >= 0xE0000 && c <= 0xE0FFF) ||
         (c >= 0x1F3FB && c <= 0x1F3FF);
}

std::wstring clean(std::string_view utf8, bool one_line) {
  std::wstring out;
  out.reserve(utf8.size());
  int combining = kCombiningMax;  // none may stand at the start
  for (std::size_t at = 0; at < utf8.size();) {
    const wchar_t c = decode(utf8, at);
    if (c == L'\n') {
      out += one_line ? L'⏎' : L'\n';
      combining = kCombiningMax;
    } else if (c == L'\t') {
      out += L"    ";
      combining = 0;
    } else if (c == L'\r' || is_invisible(c)) {
      continue;
    } else if (const int width = wcwidth(c); width == 0) {
      if (combining < kCombiningMax) out += c, ++combining;
    } else {
      out += width < 0 ? kReplacement : c;
      combining = 0;
    }
  }
  return out;
}

char lower(char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c; }

std::string time_text(std::int64_t unix_ms, const char* format) {
  const std::time_t seconds = unix_ms / 1000;
  std::tm parts{};
  localtime_r(&seconds, &parts);
  char text[64];
  return std::string(text, std::strftime(text, sizeof text, format, &parts));
}

}  // namespace

bool use_utf8_locale() {
  std::setlocale(LC_ALL, "");
  if (!is_utf8_locale()) std::setlocale(LC_CTYPE, "C.UTF-8");
  return is_utf8_locale();
}

std::wstring to_wide(std::string_view utf8) {
  std::wstring out;
  for (std::size_t at = 0; at < utf8.size();) out += decode(utf8, at);
  return out;
}

std::string to_utf8(std::wstring_view wide) {
  std::string out;
  for (const wchar_t wc : wide) {
    const auto c = static_cast<std::uint32_t>(wc);
    const auto put = [&](std::uint32_t byte) { out += static_cast<char>(byte); };
    if (c < 0x80) {
      put(c);
    } else if (c < 0x800) {
      put(0xC0 | c >> 6), put(0x80 | (c & 0x3F));
    } else if (c < 0x10000) {
      put(0xE0 | c >> 12), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
    } else {
      put(0xF0 | c >> 18), put(0x80 | (c >> 12 & 0x3F)), put(0x80 | (c >> 6 & 0x3F)), put(0x80 | (c & 0x3F));
    }
  }
  return out;
}

std::wstring printable(std::string_view utf8) { return clean(utf8, false); }
std::wstring printable_line(std::string_view utf8) { return clean(utf8, true); }

int cell_width(wchar_t c) { return std::max(0, wcwidth(c)); }
int cell_width(std::wstring_view text) {
  int width = 0;
  for (const wchar_t c : text) width += cell_width(c);
  return width;
}

std::vector<std::wstring> wrap(std::wstring_view text, int width) {
  std::vector<std::wstring> lines;
  std::wstring line;
  int used = 0;
  std::size_t break_at = 0;  // the line may be broken before this index; 0: nowhere
  const auto end_line = [&] {
    lines.push_back(std::move(line));
    line.clear();
    used = 0;
    break_at = 0;
  };
  for (const wchar_t c : text) {
    if (c == L'\n') {
      end_line();
      continue;
    }
    const int cells = cell_width(c);
    if (used + cells > width) {
      if (c == L' ') {  // the space at the end of a full line is the break itself
        end_line();
        continue;
      }
      std::wstring rest;
      if (break_at > 0) {
        rest = line.substr(break_at);
        line.resize(break_at);
        while (!line.empty() && line.back() == L' ') line.pop_back();
      }
      end_line();
      line = std::move(rest);
      used = cell_width(line);
    }
    if (cells == 2) break_at = line.size();  // before a wide character
    line += c;
    used += cells;
    if (c == L' ' || cells == 2) break_at = line.size();  // behind a space or a wide character
  }
  lines.push_back(std::move(line));
  return lines;
}

std::vector<std::wstring> wrap_table(std::wstring_view text, int width) {
  std::vector<std::wstring> lines;
  while (true) {
    const std::size_t end = std::min(text.find(L'\n'), text.size());
    const std::wstring_view line = text.substr(0, end);
    const std::size_t start = std::min(line.find_first_not_of(L' '), line.size());
    const std::size_t gap = line.find(L"  ", start);
    const std::size_t column = gap == std::wstring_view::npos
                                   ? start
                                   : std::min(line.find_first_not_of(L' ', gap), line.size());
    const int indent = cell_width(line.substr(0, column));
    if (cell_width(line) <= width || indent > width / 2) {
      for (std::wstring& part : wrap(line, width)) lines.push_back(std::move(part));
    } else {
      std::wstring before(line.substr(0, column));
      for (const std::wstring& part : wrap(line.substr(column), width - indent)) {
        lines.push_back(before + part);
        before.assign(static_cast<std::size_t>(indent), L' ');
      }
    }
    if (end == text.size()) return lines;
    text.remove_prefix(end + 1);
  }
}

std::wstring fit(std::wstring_view text, int width) {
  if (cell_width(text) <= width) return std::wstring(text);
  std::wstring out;
  int used = 0;
  for (const wchar_t c : text) {
    if (used + cell_width(c) > width - 1) break;
    out += c;
    used += cell_width(c);
  }
  return width > 0 ? out + L'…' : std::wstring{};
}

std::wstring pad(std::wstring_view text, int width) {
  std::wstring out = fit(text, width);
  const int used = cell_width(out);
  if (used < width) out.append(static_cast<std::size_t>(width - used), L' ');
  return out;
}

bool starts_with_ignoring_case(std::string_view text, std::string_view prefix) {
  return text.size() >= prefix.size() && equal_ignoring_case(text.substr(0, prefix.size()), prefix);
}
bool equal_ignoring_case(std::string_view a, std::string_view b) {
  return std::equal(a.begin(), a.end(), b.begin(), b.end(),
                    [](char x, char y) { return lower(x) == lower(y); });
}

std::string clock_text(std::int64_t unix_ms) { return time_text(unix_ms, "%H:%M"); }
std::string day_text(std::int64_t unix_ms) { return time_text(unix_ms, "%a %e %b %Y"); }

}  // namespace plaza::client::chat
