#include "app/metrics/exposition.h"

#include <prometheus/collectable.h>
#include <prometheus/text_serializer.h>

#include <utility>

#include "base/metrics.h"

namespace plaza::app {
namespace {

prometheus::MetricType type_of(metrics::Type type) {
  switch (type) {
    case metrics::Type::counter: return prometheus::MetricType::Counter;
    case metrics::Type::gauge: return prometheus::MetricType::Gauge;
    case metrics::Type::histogram: return prometheus::MetricType::Histogram;
  }
  std::unreachable();
}

prometheus::ClientMetric metric_of(const metrics::Sample& sample, metrics::Type type) {
  prometheus::ClientMetric metric;
  for (const auto& [name, value] : sample.labels) metric.label.push_back({name, value});
  switch (type) {
    case metrics::Type::counter: metric.counter.value = sample.value; break;
    case metrics::Type::gauge: metric.gauge.value = sample.value; break;
    case metrics::Type::histogram:
      metric.histogram.sample_count = sample.buckets.back().cumulative;
      metric.histogram.sample_sum = sample.sum;
      for (const auto& bucket : sample.buckets)
        metric.histogram.bucket.push_back({bucket.cumulative, bucket.bound});
      break;
  }
  return metric;
}

/// Our registry, as the library wants to see it.
class Registered final : public prometheus::Collectable {
 public:
  [[nodiscard]] std::vector<prometheus::MetricFamily> Collect() const override {
    std::vector<prometheus::MetricFamily> families;
    for (const auto& family : metrics::collect()) {
      auto& out = families.emplace_back();
      out.name = family.name;
      out.help = family.help;
      out.type = type_of(family.type);
      for (const auto& sample : family.samples) out.metric.push_back(metric_of(sample, family.type));
    }
    return families;
  }
};

}  // namespace

std::string metrics_text() {
  // The serializer writes a double with 17 digits where it must; counts stay whole numbers.
  return prometheus::TextSerializer{}.Serialize(Registered{}.Collect());
}

}  // namespace plaza::app
