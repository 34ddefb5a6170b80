#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <string>

#include "client/rules/session_rules.h"
#include "ports/clock.h"
#include "protocol/request.h"
#include "protocol/server_message.h"
#include "tests/sim/rng.h"
#include "tests/sim/sim_network.h"
#include "tests/support/client_log.h"

namespace plaza::sim {

/// What clients were told, so that a story can say that what it is about has happened.
struct Heard {
  std::uint64_t duplicates = 0;    ///< sends that were stored before
  std::uint64_t rate_limited = 0;  ///< sends that came too fast
  std::uint64_t unavailable = 0;   ///< requests, logins among them, for which a storage was not there
  std::uint64_t not_twice = 0;     ///< logins of a device that was there already
};

/// What a client needs of the world around it.
class ClientWorld {
 public:
  virtual ~ClientWorld() = default;
  /// Null while the node is down.
  virtual LinkPtr connect() = 0;
  /// The moment, for the log.
  [[nodiscard]] virtual tests::Moment moment() const = 0;
  /// At some moment since then the node had no request half done.
  [[nodiscard]] virtual bool drained_since(tests::Moment moment) const = 0;
  virtual void trace(const std::string& line) = 0;
  /// Counts what is of interest in what a client was told.
  virtual void note(const protocol::ServerMessage& message) = 0;
};

struct ClientOptions {
  client::RulesLimits rules;
  std::uint32_t reading_percent = 100;  ///< how readily it takes what comes in
  std::int64_t login_timeout_ms = 5'000;
  std::int64_t silence_ms = 30'000;  ///< then the connection counts as dead
  std::uint32_t padding_max = 0;     ///< bytes added to bodies
};

/// One device of a member with its application: the production rules of clients (client::SessionRules) and the production codec,
/// on a simulated link. It notes what its application sent and saw.
class SimClient {
 public:
  SimClient(ClientWorld& world, const ports::Clock& clock, Rng& rng, tests::RunLog& run,
            std::size_t log_index, ClientOptions options, bool manages_groups);

  /// One thing that can happen to it now; false when nothing can.
  bool step();

  // The application.
  void send(client::Conversation to);
  /// Edits or recalls a message that is stored: one of its member's mostly; of another's only an owner may recall.
  void change_something();
  /// Joins or leaves; waits for an open request of the kind. Only for the device that manages its member's groups.
  void toggle_group(std::uint64_t group);
  void toggle_block(std::uint64_t peer);
  /// The program ends and starts again: what was sent and not answered is forgotten, where it is in the inbox is not.
  void restart();
  void cut();
  void stall(std::int64_t ms);
  /// From now on it reads what comes, at once.
  void read_well() { reading_percent_ = 100; }

  /// For the log: where it is in this large group, when it knows that it is one.
  void note_large(std::uint64_t group) {
    if (rules_->rooms().is_large(group)) log().large[group] = rules_->rooms().position(group);
  }
  [[nodiscard]] bool settled() const;
  [[nodiscard]] std::string describe() const;
  [[nodiscard]] const client::SessionRules& rules() const { return *rules_; }
  [[nodiscard]] std::uint64_t member() const { return log().member; }
  [[nodiscard]] bool online() const { return state_ == State::online; }
  struct MarksTold {
    std::uint64_t delivered = 0, read = 0;
  };
  /// The marks that the server said are stored.
  [[nodiscard]] const std::map<client::Conversation, MarksTold>& marks_told() const { return marks_told_; }

 private:
  enum class State : std::uint8_t { offline, logging_in, becoming_ready, online };
  /// A change of a group or of a block that the member wants: asked for until the answer is known.
  struct Wish {
    bool target = false;  ///< in the group; blocked
    bool asked = false;   ///< on this connection
  };

  [[nodiscard]] tests::DeviceLog& log() { return run_.devices[log_index_]; }
  [[nodiscard]] const tests::DeviceLog& log() const { return run_.devices[log_index_]; }
  [[nodiscard]] std::string name() const { return std::to_string(log().member) + "/" + log().device; }
  [[nodiscard]] std::string new_body();
  bool offer(client::Outgoing message);
  [[nodiscard]] bool in_doubt(const client::Outgoing& message) const;
  void make_rules();
  bool connect();
  void disconnected(const char* why);
  void receive(const std::string& frame);
  void note(const protocol::ServerMessage& message);
  void on_login(const protocol::ServerMessage& message);
  void on_push(const protocol::ServerMessage& message);
  void on_reply(const protocol::ServerMessage& message);
  void group_answer(std::uint64_t group, const protocol::Refusal& refusal);
  void learn_groups(const protocol::EnterAck& ack);
  bool ask_wishes();
  void ask_history();
  void on_history(client::Conversation of, const protocol::ServerMessage& message);
  bool poll();
  void take_events();
  template <class T>
  void write(const T& request, std::uint64_t rid);

  // Constant after construction.
  ClientWorld& world_;
  const ports::Clock& clock_;
  Rng& rng_;
  tests::RunLog& run_;
  const std::size_t log_index_;
  const ClientOptions options_;
  const bool manages_groups_;
  // The run.
  std::unique_ptr<client::SessionRules> rules_;
  protocol::ServerMessageParser parser_;
  LinkPtr link_;
  State state_ = State::offline;
  std::int64_t retry_at_ms_ = 0, heard_ms_ = 0;
  std::uint32_t reading_percent_;
  std::uint64_t next_rid_ = 1;
  tests::Moment logged_in_ = 0;
  std::map<std::uint64_t, Wish> groups_, blocks_;
  std::map<std::uint64_t, std::uint64_t> group_rids_, block_rids_;  ///< rid -> group, peer
  std::map<std::uint64_t, client::Conversation> mark_rids_;         ///< of this connection, as the next
  std::map<std::uint64_t, client::Conversation> history_rids_;
  std::map<client::Conversation, MarksTold> marks_told_;
};

}  // namespace plaza::sim
