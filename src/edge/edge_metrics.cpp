#include "edge/edge_metrics.h"

namespace plaza::edge {

const EdgeMetrics& metrics() {
  static const EdgeMetrics all;
  return all;
}

}  // namespace plaza::edge
