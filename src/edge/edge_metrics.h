#pragma once
#include "base/metrics.h"

namespace plaza::edge {

/// What is counted at the edge. One set for the process.
struct EdgeMetrics {
  metrics::Counter frames_in{"plaza_frames_received_total", "Frames that clients sent."};
  metrics::Counter frames_out{"plaza_frames_sent_total", "Frames handed to client connections."};
  metrics::Counter refused{"plaza_requests_refused_total",
                           "Requests refused for their form or for the state of the session."};
  metrics::Counter broken_frames{"plaza_broken_frames_total",
                                 "Connections that broke the framing and were closed."};
  metrics::Counter accepted{"plaza_connections_accepted_total", "Connections accepted."};
  metrics::Counter closed{"plaza_connections_closed_total", "Connections that ended, for whatever reason."};
  metrics::Counter closed_by_us{"plaza_sessions_closed_by_server_total",
                                "Sessions that the server ended (goodbye)."};
  metrics::Counter overflows{"plaza_sessions_overflowed_total",
                             "Sessions closed because they asked and did not read the answers."};
  metrics::Counter fell_to_pull{"plaza_pushes_deferred_total",
                                "Pushes held back because the reader was too slow; it pulls instead."};
  metrics::Counter login_deadlines{"plaza_login_deadlines_total",
                                   "Connections closed because they did not log in in time."};
  metrics::Counter dead{"plaza_sessions_dead_total", "Sessions closed because nothing was heard from them."};
  metrics::Counter logins{"plaza_logins_total", "Logins that succeeded."};
  metrics::Counter logins_refused{"plaza_logins_refused_total", "Logins that were refused."};
  metrics::Counter registrations{"plaza_registrations_total", "Accounts registered."};
};

const EdgeMetrics& metrics();

}  // namespace plaza::edge
