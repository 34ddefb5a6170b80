#pragma once
// A server for tests of this folder: the contract of the protocol for members who talk 1:1, in memory, without its limits.
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <vector>

#include "client/endpoint.h"
#include "net/listener.h"
#include "net/shard.h"
#include "protocol/replies.h"
#include "protocol/request_parser.h"

namespace plaza::client {

/// Thread   One shard of its own; the methods from any thread (they run there and wait).
class FakeServer {
 public:
  explicit FakeServer(bool websocket = false);
  ~FakeServer();

  [[nodiscard]] Endpoint endpoint() const;
  /// Breaks every connection, as a crash does; the data stays. The port stays the same.
  void cut_all();
  /// From now on: a reply of this message is computed, but not sent (a lost ack), this many times.
  void lose_replies(protocol::Msg msg, int times);
  /// Sends with this text are refused with errno 12.
  void refuse_text(const std::string& text);
  /// Sends with this text end the connection as a frame does that is no JSON.
  void break_on_text(const std::string& text);
  /// Pushes are dropped, this many.
  void lose_pushes(int times);
  /// Says goodbye to all.
  void goodbye(protocol::Errno error, bool reconnect);
  void goodbye(const protocol::GoodbyePush& goodbye);
  /// Entering is refused from now on with errno 41 and this reason.
  void ban(const std::string& reason);
  /// An announcement to everybody.
  void announce(const std::string& text);
  /// The requests REPORT so far, as "cseq reason".
  [[nodiscard]] std::vector<std::string> reported();
  /// Every token is forgotten.
  void forget_tokens();
  /// Those that still log in.
  [[nodiscard]] std::size_t valid_tokens();
  /// Accepts connections, reads, and answers nothing from now on.
  void fall_silent(bool silent);
  [[nodiscard]] std::vector<std::string> inbox(const std::string& name);
  [[nodiscard]] std::uint64_t connections_ever();

 private:
  class Session;
  struct Stored {
    std::uint64_t id, sender, to, send_id, cseq;
    std::string device, text;
  };
  struct Member {
    std::uint64_t id = 0;
    std::string name, password, account;
    std::vector<Stored> inbox;
    std::map<std::string, std::uint64_t> last_send_id;
    std::set<std::uint64_t> friends;
  };

  void on_shard(const std::function<void()>& what);
  Member* member(std::uint64_t id);
  Member* member(std::string_view name);
  [[nodiscard]] static protocol::Chat chat(const Stored& stored, const Member& reader, std::uint64_t seq,
                                           FakeServer& server);
  void push(Member& reader, std::uint64_t seq);

  // On the shard only.
  std::map<std::uint64_t, Member> members_;
  std::map<std::string, std::uint64_t> tokens_;        ///< of members
  std::map<std::string, std::string> account_tokens_;  ///< to the account's name
  bool silent_ = false;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> conversations_;
  std::set<Session*> sessions_;
  std::map<protocol::Msg, int> lost_replies_;
  std::set<std::string> refused_, breaking_;
  std::string banned_why_;  ///< not empty: nobody enters
  std::vector<std::string> reported_;
  int lost_pushes_ = 0;
  std::uint64_t next_id_ = 1;
  std::uint64_t connections_ = 0;
  // The owner's thread.
  net::ShardGroup shards_{1};
  std::unique_ptr<net::Listener> listener_;
  bool websocket_;
};

}  // namespace plaza::client
