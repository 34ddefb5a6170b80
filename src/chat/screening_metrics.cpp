#include "chat/screening_metrics.h"

namespace plaza::chat {

const ScreeningMetrics& screening_metrics() {
  static const ScreeningMetrics all;
  return all;
}

}  // namespace plaza::chat
