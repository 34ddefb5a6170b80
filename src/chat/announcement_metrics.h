#pragma once
#include "base/metrics.h"

namespace plaza::chat {

/// What is counted of announcements. One set for the process.
struct AnnouncementMetrics {
  metrics::Counter shown{"plaza_announcements_shown_total", "Announcements put into a member's inbox."};
  metrics::Counter put_off{"plaza_announcements_put_off_total",
                           "Announcements that could not be stored for a member and are tried again."};
};

const AnnouncementMetrics& announcement_metrics();

}  // namespace plaza::chat
