#include "app/metrics/metrics_page.h"

namespace plaza::app {

std::string MetricsPage::text(Clock::time_point now) {
  if (keep_.count() == 0) return write_();
  std::unique_lock writing(writing_, std::defer_lock);
  {
    const std::lock_guard lock(mutex_);
    const bool known = !text_.empty();
    if (known && now - written_ < keep_) return text_;
    if (!writing.try_lock() && known) return text_;
  }
  if (!writing.owns_lock()) {
    writing.lock();  // nobody has seen it yet
    const std::lock_guard lock(mutex_);
    if (!text_.empty()) return text_;
  }
  std::string fresh = write_();
  const std::lock_guard lock(mutex_);
  text_ = fresh;
  written_ = now;
  return fresh;
}

}  // namespace plaza::app
