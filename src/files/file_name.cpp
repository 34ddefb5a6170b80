#include "files/file_name.h"

#include <fmt/format.h>
#include <utf8proc.h>

#include <algorithm>

namespace plaza::files {
namespace {

constexpr std::string_view kForbidden = "<>:\"|?*";
constexpr std::string_view kNameless = "file";

/// Letters, marks, numbers, punctuation, symbols and spaces; no controls, no format characters (direction, zero width), nothing unassigned.
bool is_shown(utf8proc_int32_t point) {
  const auto category = utf8proc_category(point);
  return category >= UTF8PROC_CATEGORY_LU && category <= UTF8PROC_CATEGORY_ZS;
}

bool is_plain(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
         std::string_view("-_.").find(c) != std::string_view::npos;
}

}  // namespace

std::string display_name(std::string_view wanted) {
  const std::size_t folder = wanted.find_last_of("/\\");
  if (folder != std::string_view::npos) wanted.remove_prefix(folder + 1);
  std::string name;
  for (std::size_t at = 0; at < wanted.size();) {
    utf8proc_int32_t point = -1;
    const auto bytes = utf8proc_iterate(reinterpret_cast<const utf8proc_uint8_t*>(wanted.data() + at),
                                        static_cast<utf8proc_ssize_t>(wanted.size() - at), &point);
    if (bytes <= 0) {
      ++at;
      continue;
    }
    const std::string_view character = wanted.substr(at, static_cast<std::size_t>(bytes));
    at += character.size();
    if (name.size() + character.size() > kNameBytesMax) break;
    if (is_shown(point) && kForbidden.find(character) == std::string_view::npos) name += character;
  }
  while (!name.empty() && (name.back() == ' ' || name.back() == '.')) name.pop_back();
  const std::size_t begin = name.find_first_not_of(' ');
  name.erase(0, std::min(begin, name.size()));
  return name.empty() ? std::string(kNameless) : name;
}

std::string attachment_header(std::string_view name) {
  std::string plain, encoded;
  for (const char c : name) {
    plain += is_plain(c) || c == ' ' ? c : '_';
    if (is_plain(c)) {
      encoded += c;
    } else {
      encoded += fmt::format("%{:02X}", static_cast<unsigned char>(c));
    }
  }
  return fmt::format("attachment; filename=\"{}\"; filename*=UTF-8''{}", plain, encoded);
}

}  // namespace plaza::files
