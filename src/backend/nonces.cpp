#include "backend/nonces.h"

namespace plaza::backend {

Nonces::Seen Nonces::note(AppId app, std::string nonce, std::int64_t now_ms) {
  const std::lock_guard lock(mutex_);
  OfApp& mine = apps_[app];
  while (!mine.order.empty() && mine.order.front().first + keep_ms_ < now_ms) {
    mine.known.erase(mine.order.front().second);
    mine.order.pop_front();
  }
  if (mine.known.contains(nonce)) return Seen::again;
  if (mine.order.size() >= per_app_max_) return Seen::full;
  mine.known.insert(nonce);
  mine.order.emplace_back(now_ms, std::move(nonce));
  return Seen::fresh;
}

}  // namespace plaza::backend
