#pragma once
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

#include "base/result.h"
#include "bench/link.h"
#include "bench/progress.h"
#include "protocol/request.h"
#include "protocol/server_message.h"

namespace plaza::bench {

/// What is done on several links at once before a measurement: on each link a row of requests, each sent when the one
/// before was answered.
///
/// Answers  Refusals that say "later" (rate, too many logins, storage busy) are obeyed; any other one ends the script.
/// Thread   The loop's.
/// Limit    Gives up when nothing was answered for 30 s.
class Script : public LinkHandler {
 public:
  Script(LinkLoop& loop, Progress& progress) : loop_(loop), progress_(progress) {}

  /// Puts a request on its way. Exactly one may be under way a link.
  template <class Request>
  void ask(Link& link, const Request& request) {
    std::string frame;
    protocol::encode(frame, request, kRid);
    ask_frame(link, Request::kMsg, std::move(frame));
  }
  /// Runs until `finished` says so, and tells what went wrong.
  [[nodiscard]] Result<void, std::string> run(const std::function<bool()>& finished,
                                              const std::function<std::string()>& status);

 protected:
  /// The answer to the last ask() on this link; never a refusal unless tolerates() said so.
  virtual void on_answer(Link& link, const protocol::ServerMessage& answer) = 0;
  virtual void on_push(Link&, const protocol::ServerMessage&) {}
  virtual bool tolerates(const protocol::ServerMessage&) { return false; }
  void on_open(Link&) override {}
  void on_frame(Link& link, std::string_view frame) override;
  void on_closed(Link& link, const std::string& why) override;
  void give_up(const std::string& why);

  LinkLoop& loop_;

 private:
  static constexpr std::uint64_t kRid = 1;
  struct Asked {
    protocol::Msg msg = protocol::Msg::none;
    std::string frame;
  };
  void ask_frame(Link& link, protocol::Msg msg, std::string frame);
  Asked& asked(const Link& link);

  Progress& progress_;
  protocol::ServerMessageParser parser_;
  std::vector<Asked> asked_;  // by tag
  std::string error_;
  std::int64_t last_answer_ns_ = 0;
};

}  // namespace plaza::bench
