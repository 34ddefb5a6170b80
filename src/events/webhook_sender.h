#pragma once
#include <condition_variable>
#include <map>
#include <mutex>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "base/secret_box.h"
#include "net/http_client.h"
#include "ports/apps.h"
#include "ports/clock.h"
#include "ports/webhooks.h"

namespace plaza::events {

struct SenderOptions {
  std::uint32_t events_per_post = 100;
  std::size_t bytes_per_post = 256 * 1024;
  std::int64_t deadline_ms = 10'000;
  std::int64_t retry_first_ms = 1'000;
  std::int64_t retry_longest_ms = 300'000;
  std::int64_t retry_for_ms = 24LL * 3600 * 1000;  ///< then an event is a dead letter
  std::uint32_t letters_per_app_max = 10'000;
};

struct SenderParts {
  ports::AppEvents& events;
  ports::Webhooks& webhooks;
  ports::Apps& apps;
  net::HttpPoster& poster;
  const SecretBox& box;
  const ports::Clock& clock;
};

/// Posts the events of each app to its webhooks.
///
///   position of the webhook -> a page of the log behind it -> POST, signed -> 2xx: the position moves
///                                                                          -> anything else: again, later and later; what is older
///                                                                             than retry_for_ms by then becomes a dead letter
///
/// Once     At least: the position moves when the answer is there, and a server that dies before posts the same again. Events have their
///          numbers, so that the receiver knows what it has seen.
/// Order    A webhook has one post at a time, so events arrive by number; only letters that are tried again come out of order, and say so.
/// Fair     One post at a time of each webhook, which are few in an app: who does not answer holds a socket and nothing else, and a host
///          whose name is not found has a part of the threads that look for names (net::HttpClient). In a turn each webhook gets one
///          page read, posted or given up, however many it is behind.
/// Thread   One of its own; changed(), happened() and the poster's answers come from any.
/// Stop     After stop() no post is begun. The poster is stopped after it.
class WebhookSender {
 public:
  WebhookSender(SenderParts parts, SenderOptions options);
  ~WebhookSender();
  void start();
  void stop();

  /// Webhooks were made, changed or removed, or letters are to be tried again.
  void changed();
  /// There are further events of the app.
  void happened(AppId app);

  /// Does what there is to do now; gives how long it has time then. For start()'s thread, and for tests in its place.
  std::int64_t turn();

  static constexpr std::int64_t kIdleMs = 60'000;

 private:
  /// What is known of one webhook.
  struct Line {
    ports::Webhook hook;
    std::string app_name, secret;
    net::HttpUrl url;
    bool usable = false;    ///< its address and secret can be read
    bool posting = false;   ///< waits for an answer
    bool behind = true;     ///< there may be something to post
    bool given_up = false;  ///< a whole page in this turn
    std::uint32_t failures = 0;
    std::int64_t failing_since_ms = 0;  ///< steady
    std::int64_t not_before_ms = 0;     ///< steady
    std::string why;
    std::uint64_t upto = 0;                  ///< of what is being posted
    std::vector<ports::DeadLetterId> again;  ///< the same
  };
  using Lines = std::map<ports::WebhookId, Line>;

  bool load();
  Line line_of(const ports::Webhook& hook) const;
  bool advance(Line& line);
  bool post_letters(Line& line);
  bool post_events(Line& line);
  bool give_up(Line& line, ports::EventPage& page);
  void post(Line& line, std::uint64_t lost, const std::vector<ports::AppEvent>& events);
  void settle(Line& line, const net::HttpPosted& posted);
  void settle_letters(Line& line, bool taken);
  void failed(Line& line);
  void wake();
  void work();

  // Constant after construction.
  const SenderParts parts_;
  const SenderOptions options_;
  // Guarded by mutex_.
  std::mutex mutex_;
  std::condition_variable wake_;
  bool changed_ = true;
  bool awake_ = true;
  bool stopping_ = false;
  std::set<AppId> happened_;
  std::vector<std::pair<ports::WebhookId, net::HttpPosted>> answers_;
  // The sender's thread only.
  Lines lines_;
  std::minstd_rand random_{std::random_device()()};
  std::thread thread_;
};

}  // namespace plaza::events
