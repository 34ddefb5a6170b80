#include "chat/announcement_metrics.h"

namespace plaza::chat {

const AnnouncementMetrics& announcement_metrics() {
  static const AnnouncementMetrics all;
  return all;
}

}  // namespace plaza::chat
