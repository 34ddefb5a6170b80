#pragma once
#include <functional>
#include <thread>

namespace plaza::app {

/// Turns signals into calls.
///
/// Meaning  SIGTERM, SIGINT: stop(signal) the first time; the second time the process exits at once with 128 + signal.
///          SIGHUP: reload(). SIGPIPE is ignored: a closed socket is an error code where it is written to.
/// Thread   Construct before any other thread is started: they inherit the blocked signals. The calls come on the watcher's
///          own thread, one at a time; SIGTERM is seen also while reload() runs only after it returned.
/// Stop     The destructor ends the thread; signals that come later do what they did before.
class SignalWatcher {
 public:
  struct Calls {
    std::function<void(int signal)> stop;
    std::function<void()> reload;
  };

  explicit SignalWatcher(Calls calls);
  ~SignalWatcher();
  SignalWatcher(const SignalWatcher&) = delete;
  SignalWatcher& operator=(const SignalWatcher&) = delete;

 private:
  void watch();

  // Constant after construction.
  const Calls calls_;
  int signals_ = -1;  // signalfd
  int end_ = -1;      // eventfd
  std::thread thread_;
};

}  // namespace plaza::app
