#pragma once
#include "base/metrics.h"

namespace plaza::chat {

/// What is counted of channels. One set for the process.
struct ChannelMetrics {
  metrics::Counter publications{"plaza_channel_publications_total", "Publications accepted in channels."};
  metrics::Counter deliveries{"plaza_channel_deliveries_total", "Publications pushed to subscribers."};
  metrics::Counter subscribed{"plaza_channel_subscriptions_total", "Subscriptions that were granted."};
  metrics::Counter released{
      "plaza_channel_subscriptions_ended_total",
      "Granted subscriptions that ended; counted when a shard has no subscriber of the channel left."};
  metrics::Counter recovered{"plaza_channel_recoveries_total",
                             "Subscriptions from a position that got everything missed."};
  metrics::Counter unrecovered{"plaza_channel_recoveries_refused_total",
                               "Subscriptions from a position that cannot be served any more."};
  metrics::Counter paused{"plaza_channel_subscriptions_paused_total",
                          "Subscribers that were too slow for pushes and were told the head."};
};

const ChannelMetrics& channel_metrics();

}  // namespace plaza::chat
