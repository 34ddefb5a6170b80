#include "moderation/word_policy.h"

#include <algorithm>

namespace plaza::moderation {

using ports::WordAction;
using ports::WordHit;

Judged judge(const ports::WordFilter& filter, std::string_view text) {
  std::vector<WordHit> hits;
  filter.find(text, hits);
  Judged judged;
  for (const WordHit& hit : hits) judged.action = std::max(judged.action.value_or(hit.action), hit.action);
  if (judged.action == WordAction::mask) judged.masked = mask(text, std::move(hits));
  return judged;
}

std::string mask(std::string_view text, std::vector<WordHit> hits) {
  std::erase_if(hits, [](const WordHit& hit) { return hit.action != WordAction::mask; });
  std::sort(hits.begin(), hits.end(), [](const WordHit& x, const WordHit& y) { return x.begin < y.begin; });
  std::string masked;
  masked.reserve(text.size());
  std::size_t at = 0;
  for (const WordHit& hit : hits) {
    if (hit.end <= at) continue;
    const std::size_t begin = std::max(hit.begin, at);
    masked.append(text.substr(at, begin - at));
    const auto characters = std::count_if(text.begin() + static_cast<std::ptrdiff_t>(begin),
                                          text.begin() + static_cast<std::ptrdiff_t>(hit.end), [](char c) {
                                            return (static_cast<unsigned char>(c) & 0xc0) != 0x80;
                                          });
    masked.append(static_cast<std::size_t>(characters), '*');
    at = hit.end;
  }
  return masked.append(text.substr(at));
}

}  // namespace plaza::moderation
