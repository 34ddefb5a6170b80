#pragma once
#include <string>

#include "base/result.h"
#include "bench/options.h"
#include "bench/progress.h"
#include "bench/report.h"

namespace plaza::bench {

// Each prepares its users, runs, checks and tells. An error is what prevented the measurement; what the measurement found is
// in the report.
using Outcome = Result<Report, std::string>;

/// Pairs of members; one (or both) of each writes to the other.
[[nodiscard]] Outcome run_direct(const Options& options, Progress& progress);
/// Groups of members of which some write; everybody must see one order.
[[nodiscard]] Outcome run_group(const Options& options, Progress& progress);
/// One room whose members talk, where an operation is a member's copy of a message, in its inbox and durable; or, with
/// `joins`, so many members join it, some at once.
[[nodiscard]] Outcome run_room(const Options& options, Progress& progress);
[[nodiscard]] Outcome run_room_joins(const Options& options, Progress& progress);
/// One member publishes to many; an operation is one delivery.
[[nodiscard]] Outcome run_channel(const Options& options, Progress& progress);
/// One member logs out and in, and each time all its friends are told; an operation is one of them being told.
[[nodiscard]] Outcome run_presence(const Options& options, Progress& progress);
/// Each user writes a few messages to each friend (users on a ring, friends are the nearest ones). The reference is the
/// author's own figure for this workload: 150,000 messages in 182 s on one machine.
[[nodiscard]] Outcome run_fakewechat(const Options& options, Progress& progress);
/// Logged-in connections that do nothing but answer heartbeats: memory of each.
[[nodiscard]] Outcome run_idle(const Options& options, Progress& progress);
/// Logins as fast as possible.
[[nodiscard]] Outcome run_login(const Options& options, Progress& progress);

}  // namespace plaza::bench
