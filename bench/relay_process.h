#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "base/result.h"
#include "bench/cpu_list.h"
#include "bench/link.h"
#include "bench/options.h"
#include "bench/private_node.h"
#include "bench/process_meter.h"

namespace plaza::bench {

/// The bare relay (raw_relay.h) as a process of its own, on processors of its own.
///
/// Stop   The destructor ends it.
class RelayProcess {
 public:
  [[nodiscard]] static Result<std::unique_ptr<RelayProcess>, std::string> start(const Options& options,
                                                                                const CpuList& cpus);
  RelayProcess(std::unique_ptr<TemporaryFolder> folder, std::unique_ptr<ChildProcess> process,
               std::uint16_t port);

  [[nodiscard]] Target target() const;
  [[nodiscard]] ProcessMeter meter() const { return ProcessMeter(process_->pid()); }

 private:
  // The folder, with the output, outlives the process.
  std::unique_ptr<TemporaryFolder> folder_;
  std::unique_ptr<ChildProcess> process_;
  const std::uint16_t port_;
};

}  // namespace plaza::bench
