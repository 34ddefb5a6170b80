#pragma once
#include <memory>
#include <string>
#include <string_view>

#include "base/result.h"
#include "bench/interval.h"
#include "bench/link.h"
#include "bench/options.h"
#include "bench/private_node.h"
#include "bench/process_meter.h"
#include "bench/report.h"

namespace plaza::bench {

/// What the load goes to: a private node in a folder of its own, or a server that somebody runs.
///
/// Stop   The destructor stops the node and removes its folder.
class MeasuredServer {
 public:
  [[nodiscard]] static Result<std::unique_ptr<MeasuredServer>, std::string> make(const Options& options,
                                                                                 bool cheap_passwords = true);
  [[nodiscard]] Target target() const;
  [[nodiscard]] ProcessMeter meter() const;
  [[nodiscard]] Stopwatch stopwatch() const { return {meter(), cpus()}; }
  [[nodiscard]] bool is_private() const { return node_ != nullptr; }
  /// Ends the private node and starts it again on the same data, so that memory holds nothing of what was.
  [[nodiscard]] Result<void, std::string> restart();
  [[nodiscard]] const CpuList& cpus() const { return node_options_.cpus; }

  /// Where it ran, for the report.
  void describe(Report& report) const;

 private:
  Framing framing_ = Framing::lines;
  net::Address tcp_, http_;
  pid_t pid_ = 0;
  CpuList client_cpus_;
  PrivateNodeOptions node_options_;
  // The folder outlives the node in it.
  std::unique_ptr<TemporaryFolder> folder_;
  std::unique_ptr<PrivateNode> node_;
};

/// Fails early, with what to do, when this process may not open so many connections.
[[nodiscard]] Result<void, std::string> check_file_limit(std::uint64_t connections);

}  // namespace plaza::bench
