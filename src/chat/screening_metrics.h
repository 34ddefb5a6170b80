#pragma once
#include "base/metrics.h"

namespace plaza::chat {

/// What the word filter did. One set for the process.
struct ScreeningMetrics {
  metrics::Counter refused{"plaza_words_refused_total", "Messages refused for their words."};
  metrics::Counter masked{"plaza_words_masked_total", "Messages in which words were masked."};
  metrics::Counter reported{"plaza_words_reported_total", "Messages that the word filter reported."};
  metrics::Counter not_reported{
      "plaza_words_not_reported_total",
      "Messages that it should have reported: too much waited, or too many are open."};
};

const ScreeningMetrics& screening_metrics();

}  // namespace plaza::chat
