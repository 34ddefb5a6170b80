#include "chat/channel_metrics.h"

namespace plaza::chat {

const ChannelMetrics& channel_metrics() {
  static const ChannelMetrics all;
  return all;
}

}  // namespace plaza::chat
