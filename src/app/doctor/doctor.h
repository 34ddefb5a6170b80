#pragma once
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "app/config/config.h"

namespace plaza::app {

enum class Verdict : std::uint8_t { good, warning, bad };

/// One line of `plaza doctor`.
struct Finding {
  Verdict verdict = Verdict::good;
  std::string subject;  ///< "open files"
  std::string fact;     ///< what was found
  std::string advice;   ///< what to do; empty when it is good
};

/// Looks at the machine with the eyes of a server that has this configuration: limits, ports, disk, clock, libraries.
/// Changes nothing but a file in the data directory that it removes again (a data directory that is missing is not made).
/// The certificate and key, as the server would read them; nothing when no listener speaks TLS.
std::vector<Finding> examine_tls(const Config& config);
std::vector<Finding> examine(const Config& config);

/// The findings as a table for a person, and a last line that sums them up.
std::string to_text(const std::vector<Finding>& findings);
Verdict worst(const std::vector<Finding>& findings);

// The examinations, each on its own, for tests.
Finding examine_descriptors(std::uint64_t soft, std::uint64_t hard, std::int64_t connections_max);
Finding examine_listener(const std::string& key, const ListenAddress& address);
std::vector<Finding> examine_data_dir(const std::string& data_dir);
Finding examine_clock(std::int64_t wall_seconds);
Finding examine_backlog(std::int64_t somaxconn);

/// "0.1.0".
std::string_view version();
/// "plaza 0.1.0" and the libraries it runs with, one a line.
std::string version_text();

}  // namespace plaza::app
