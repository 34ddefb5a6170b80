#pragma once
#include <cstdint>
#include <deque>
#include <map>
#include <string>
#include <vector>

#include "base/result.h"
#include "bench/checks.h"
#include "bench/histogram.h"
#include "bench/interval.h"
#include "bench/link.h"
#include "bench/progress.h"
#include "bench/send_window.h"
#include "bench/users.h"
#include "protocol/server_message.h"

namespace plaza::bench {

/// A message as somebody received it.
struct Received {
  std::uint64_t sender = 0, toid = 0, groupid = 0, mid = 0, cseq = 0;
  std::string_view text;
};

struct HeldReceipt {
  Received message;
  std::string text;  // what message.text points to once it is released
};

/// One member of the load with its connection: what it sends and what it has seen of its inbox.
struct Endpoint {
  Endpoint(Link& link_, const User& user_, std::uint32_t width)
      : link(&link_), user(&user_), window(width, user_.last_send_id), inbox(user_.head) {}

  Link* link;
  const User* user;
  SendWindow window;
  StreamCheck inbox;
  bool sends = false;
  std::uint64_t sends_max = ~std::uint64_t{0};
  std::uint64_t own_entries = 0;  ///< own sends that stand in the own inbox
  std::deque<std::int64_t> due;   ///< open loop: when the sends that have not gone out should have
  std::map<std::uint64_t, HeldReceipt>
      held;  ///< by position: pushes that came before what belongs in front of them
  bool pulling = false;
  bool resume_planned = false;
};

/// Members that send and receive messages through a server, each acknowledged send counted and every receipt checked.
/// What is sent to whom, and what a receipt must be, is the workload's (derived classes).
///
/// Closed loop  Each sender keeps its window full: this is the maximum.
/// Open loop    Sends are due at fixed times, whatever the server does; latency counts from when a send was due, so a slow
///              server cannot hide by slowing the load ("coordinated omission", Gil Tene).
/// Thread       The loop's.
class ChatRun : public LinkHandler {
 public:
  ChatRun(LinkLoop& loop, const Stopwatch& stopwatch, Progress& progress);

  [[nodiscard]] Result<Interval, std::string> run_closed(double warmup_s, double seconds);
  [[nodiscard]] Result<Interval, std::string> run_at_rate(double rate_per_s, std::uint64_t burst,
                                                          double warmup_s, double seconds);
  /// Everybody sends sends_max messages; ends when everything has arrived.
  [[nodiscard]] Result<Interval, std::string> run_to_end();

  /// Latencies of the acknowledgements of the last measured interval.
  [[nodiscard]] const Histogram& latency() const { return latency_; }
  /// Everything checked, after the last run.
  [[nodiscard]] Findings findings();
  /// How many sends were refused for later and went out again: "100 (TRY_AGAIN)"; empty when none was.
  [[nodiscard]] std::string refusals() const;
  /// Receipts that came by SYNC rather than by push.
  [[nodiscard]] std::uint64_t pulled() const { return pulled_; }

 protected:
  /// The message of this number (1,2,3...) of this sender.
  virtual void append_message(std::string& out, const Endpoint& from, std::uint64_t send_id,
                              std::uint64_t number) = 0;
  /// How many receipts an accepted send of this sender leads to.
  virtual std::uint64_t receivers_of(const Endpoint& from) const = 0;
  /// A fresh entry of `to`'s inbox. False when it is not what may be there.
  virtual bool check_receipt(Endpoint& to, const Received& message) = 0;
  /// The acknowledgement of an own send. False when it says what cannot be.
  virtual bool check_acknowledgement(Endpoint& from, std::uint64_t number, std::uint64_t mid,
                                     std::uint64_t cseq) = 0;
  /// What the workload found, besides the inboxes' streams.
  virtual Findings finish() = 0;
  /// How many entries of others belong in this inbox.
  virtual std::uint64_t receipts_expected(const Endpoint& to) const = 0;

  std::vector<Endpoint> endpoints_;  // by tag of the link; set up by the derived class, then adopt_links()
  void adopt_links();

 private:
  enum class Mode : std::uint8_t { quiet, closed, at_rate };

  void on_open(Link&) override {}
  void on_frame(Link& link, std::string_view frame) override;
  void on_closed(Link& link, const std::string& why) override;

  void on_acknowledgement(Endpoint& from, const protocol::ServerGlance& ack, std::string_view frame);
  void on_refusal(Endpoint& from, std::uint64_t send_id, std::string_view frame);
  void on_push(Endpoint& to, const protocol::ServerGlance& push);
  void on_rare(Endpoint& endpoint, std::string_view frame);
  void on_page(Endpoint& to, const protocol::SyncAck& page);
  void receive(Endpoint& to, std::uint64_t position, const Received& message);
  void release(Endpoint& to, std::uint64_t up_to);
  void pull(Endpoint& to, std::uint64_t since);

  void pump(Endpoint& from, std::int64_t now);
  void send_one(Endpoint& from, std::int64_t since);
  void schedule(std::int64_t now);
  bool turn(std::int64_t wait_ns);
  bool run_until(std::int64_t end_ns, std::int64_t wait_ns);
  bool drain();
  bool arrived() const;
  Result<Interval, std::string> measure(double warmup_s, double seconds, std::int64_t wait_ns);
  void give_up(const std::string& why);

  LinkLoop& loop_;
  Stopwatch stopwatch_;
  Progress& progress_;
  protocol::ServerMessageParser parser_;
  Histogram latency_;
  std::string frame_;  // being built
  std::string error_;
  Mode mode_ = Mode::quiet;
  bool measuring_ = false;
  std::uint64_t accepted_ = 0, receipts_ = 0, receipts_due_ = 0, in_flight_ = 0;
  std::map<protocol::Errno, std::uint64_t> refusals_;  // without those that were only behind a refused one
  std::uint64_t pulled_ = 0, corrupted_ = 0, doubled_acks_ = 0;
  // Open loop.
  double interval_ns_ = 0;  // between two bursts
  std::uint64_t burst_ = 1;
  double next_due_ns_ = 0;
  std::size_t next_sender_ = 0;
  std::vector<std::uint32_t> senders_;
  // Progress.
  std::uint64_t told_accepted_ = 0;
  std::int64_t told_ns_ = 0;
};

}  // namespace plaza::bench
