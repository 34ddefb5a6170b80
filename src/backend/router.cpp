#include "backend/router.h"

#include <optional>

namespace plaza::backend {
namespace {

/// The next piece between slashes; takes it from `path`.
std::string_view next_piece(std::string_view& path) {
  if (!path.empty() && path.front() == '/') path.remove_prefix(1);
  const std::string_view piece = path.substr(0, path.find('/'));
  path.remove_prefix(piece.size());
  return piece;
}

/// What the pattern's braces stand for in the path; nothing when it does not fit.
std::optional<PathValues> match(std::string_view pattern, std::string_view path) {
  PathValues values;
  while (!pattern.empty() && !path.empty()) {
    const std::string_view wanted = next_piece(pattern), piece = next_piece(path);
    if (wanted.starts_with('{')) {
      const auto text = percent_decoded(piece, false);
      if (!text || text->empty()) return std::nullopt;
      values.emplace(wanted.substr(1, wanted.size() - 2), *text);
    } else if (wanted != piece) {
      return std::nullopt;
    }
  }
  if (!pattern.empty() || !path.empty()) return std::nullopt;
  return values;
}

}  // namespace

Route find_route(std::string_view method, std::string_view path) {
  if (method == "HEAD") method = "GET";
  Route best;
  for (const Operation& operation : operations()) {
    auto values = match(operation.path, path);
    if (!values) continue;
    if (operation.method != method) {
      best.allow += (best.allow.empty() ? "" : ", ") + std::string(operation.method);
    } else if (!best.operation || values->size() < best.path.size()) {
      // Where a word fits as well as a brace, the word is meant.
      best.operation = &operation;
      best.path = std::move(*values);
    }
  }
  return best;
}

}  // namespace plaza::backend
