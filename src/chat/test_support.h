#pragma once
// A node's chat domain on twins in memory, and clients that talk to it in the protocol's own JSON. Everything happens in settle(),
// in one order, on one thread.
#include <gtest/gtest.h>

#include <deque>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "base/check.h"
#include "chat/hub.h"
#include "chat/outcome_router.h"
#include "memory/manual_clock.h"
#include "memory/memory_directory.h"
#include "memory/memory_moderation.h"
#include "memory/memory_presence.h"
#include "memory/memory_stream_store.h"
#include "protocol/request_parser.h"
#include "protocol/server_message.h"

namespace plaza::chat {

/// Tasks in the order posted; jobs that may block when it is their turn.
class TestExecutor final : public ports::Executor {
 public:
  TestExecutor(std::uint32_t shards, const ports::Clock& clock) : shards_(shards), clock_(clock) {}
  [[nodiscard]] std::uint32_t shards() const override { return shards_; }
  [[nodiscard]] std::uint32_t self() const override { return self_; }
  [[nodiscard]] std::int64_t now_ms() const override { return clock_.steady_ms(); }
  void post(std::uint32_t shard, Task task) override { tasks_.emplace_back(shard, std::move(task)); }
  using Executor::blocking;
  [[nodiscard]] bool blocking(Share share, Task job) override {
    return !busy && jobs_.offer(share, std::move(job));
  }

  bool step() {
    if (!tasks_.empty()) {
      auto [shard, task] = std::move(tasks_.front());
      tasks_.pop_front();
      self_ = shard;
      task();
      return true;
    }
    if (jobs_.empty() || hold_jobs) return false;
    Task job = jobs_.take();
    ++jobs_begun;
    job();
    return true;
  }
  /// The task that was posted last, for a test that lets it come late.
  std::pair<std::uint32_t, Task> take_last() {
    auto last = std::move(tasks_.back());
    tasks_.pop_back();
    return last;
  }
  /// The process dies: what waits goes with it.
  void drop() {
    tasks_.clear();
    jobs_.clear();
  }
  bool busy = false;       ///< too much waits already: jobs are refused
  bool hold_jobs = false;  ///< jobs wait until somebody lets them go on
  std::uint64_t jobs_begun = 0;
  static constexpr std::size_t kJobsMax = 4096;

 private:
  const std::uint32_t shards_;
  const ports::Clock& clock_;
  std::uint32_t self_ = 0;
  std::deque<std::pair<std::uint32_t, Task>> tasks_;
  FairQueue<Task> jobs_{kJobsMax};
};

class ChatTest;

/// "joined bob" of {"event":"joined","version":2,"by":{...},"member":{"id":2,"name":"bob"}}; "changed" where nobody is named.
inline std::string event_line(const std::string& body) {
  const auto word_after = [&body](std::string_view before, std::size_t from) {
    const auto at = body.find(before, from);
    if (at == std::string::npos) return std::string();
    const auto begin = at + before.size();
    return body.substr(begin, body.find('"', begin) - begin);
  };
  std::string line = word_after("\"event\":\"", 0);
  const auto member = body.find("\"member\":");
  if (member != std::string::npos) line += ' ' + word_after("\"name\":\"", member);
  return line;
}

/// One connection and the client behind it. The rules of the edge about pausing hold here too: while a request is waited for,
/// later ones stay in line.
class TestClient final : public SessionOut {
 public:
  TestClient(ChatTest& test, SessionId id) : test_(test) {
    session.id = id;
    session.out = this;
  }

  bool send(std::string_view frame) override {
    if (!closed) received(frame);
    return !closed;
  }
  bool push(std::string_view head, SharedTail& tail) override {
    if (slow || closed) return false;
    received(std::string(head) + std::string(tail.text));
    return true;
  }
  void close(const protocol::GoodbyePush& said) override {
    closed = said.error;
    goodbye = said;
  }
  void resume(Resume with) override;

  /// Puts a request in line; it is worked off at once unless an earlier one is waited for.
  template <class T>
  void post(const T& typed, protocol::Rid rid = std::nullopt) {
    std::string frame;
    protocol::encode(frame, typed, rid);
    line_.push_back(std::move(frame));
    work();
  }
  /// Asks and waits for what comes with the request's rid.
  template <class T>
  protocol::ServerMessage ask(const T& typed);

  /// Sends to a member or a group, with a send_id when it is not 0, and waits for the answer.
  protocol::ServerMessage say(MemberId to, std::string_view text, std::uint64_t send_id = 0);
  protocol::ServerMessage say(RoomId to, std::string_view text, std::uint64_t send_id = 0);
  [[nodiscard]] static protocol::OneChat chat(MemberId to, std::string_view text, std::uint64_t send_id = 0) {
    return {
        .toid = to, .content = {.kind = 0, .msg = text, .body = {}}, .send_id = wanted(send_id), .id = {}};
  }
  [[nodiscard]] static protocol::GroupChat chat(RoomId to, std::string_view text, std::uint64_t send_id = 0) {
    return {
        .groupid = to, .content = {.kind = 0, .msg = text, .body = {}}, .send_id = wanted(send_id), .id = {}};
  }

  /// The oldest frames that were not taken yet.
  std::vector<protocol::ServerMessage> take() { return std::exchange(frames, {}); }
  /// The messages among them, as "seq sender text", in their order; the other frames are dropped.
  std::vector<std::string> take_messages();
  /// The same for the events of groups, as their bodies without number and without who did it: "joined bob".
  std::vector<std::string> take_events();
  [[nodiscard]] bool waiting() const { return paused_; }
  [[nodiscard]] std::size_t in_line() const { return line_.size(); }

  Session session;
  std::vector<protocol::ServerMessage> frames;
  std::vector<std::size_t> frame_bytes;  ///< of every frame that ever came
  bool slow = false;                     ///< takes answers, but no pushes
  std::optional<protocol::Errno> closed;
  protocol::GoodbyePush goodbye;  ///< when closed

 private:
  static std::optional<std::uint64_t> wanted(std::uint64_t send_id) {
    return send_id == 0 ? std::nullopt : std::optional(send_id);
  }
  void received(std::string_view frame);
  void work();
  void deliver(const std::string& frame);

  ChatTest& test_;
  protocol::ServerMessageParser parser_;
  std::deque<std::string> line_;
  std::optional<std::string> held_;
  bool paused_ = false, in_frame_ = false, resumed_ = false;
  std::uint64_t next_rid_ = 1000;
};

/// The domain of one node with its twins.
class ChatTest : public testing::Test {
 public:
  explicit ChatTest(std::uint32_t shards = 2, const ports::DirectoryLimits& directory_limits = {})
      : directory(directory_limits), executor(shards, clock) {
    ports::Zone wanted;
    wanted.app_name = "test";
    wanted.zone_name = "one";
    wanted.devices = ports::DevicePolicy::reject;
    set_zone(wanted);
    for (std::uint32_t shard = 0; shard < shards; ++shard) {
      hubs.push_back(std::make_unique<Hub>(node, shard, limits));
      node.hubs.push_back(hubs.back().get());
    }
    const bool started = store.start(router).has_value();
    PLAZA_CHECK(started);
  }

  /// For members that enter from now on.
  void set_zone(const ports::Zone& wanted) {
    zone = std::make_shared<const ports::Zone>(directory.put_zone(wanted).value());
  }
  void set_limits(const std::function<void(Limits&)>& change) {
    change(limits);
    for (auto& hub : hubs) hub->set_limits(limits);
  }

  ports::Member member(const std::string& name) {
    return directory.register_account(name, name, "", zone->id).value();
  }
  RoomId room(const std::string& name, const ports::Member& owner,
              const std::vector<ports::Member>& others = {}) {
    return room_with({.name = name, .name_key = name, .description = {}, .avatar = {}, .settings = {}}, owner,
                     others);
  }
  /// The same with settings. It was there before the node: nothing of its making is in its order.
  RoomId room_with(const ports::NewRoom& wanted, const ports::Member& owner,
                   const std::vector<ports::Member>& others = {}) {
    const auto made = directory.create_room(zone->id, owner.id, owner.id, wanted, clock.wall_ms());
    EXPECT_TRUE(made.has_value());
    const RoomId id = made->room.id;
    for (const auto& other : others)
      EXPECT_TRUE(directory.change(zone->id, ports::ServerActor{}, id, ports::change::Add{other.id},
                                   clock.wall_ms()));
    forget_events(id);
    return id;
  }
  void forget_events(RoomId room) {
    const auto pending = directory.pending_events({}, 0, 10'000);
    for (const auto& event : *pending) {
      if (event.room == room)
        EXPECT_TRUE(directory.events_stored({{.room = room, .version = event.version, .cseq = 0}}));
    }
  }

  [[nodiscard]] std::uint32_t home(MemberId id) const { return home_shard(id, executor.shards()); }

  /// A client that asks to enter as the member; whether it is in says session.state.
  TestClient& connect(const ports::Member& who, const std::string& device,
                      EnterStyle style = EnterStyle::enter, bool replaces = false);
  /// As the edge does at LOGINOUT: the connection, and its session's id, go on for somebody else.
  void log_in_again(TestClient& client, const ports::Member& who, const std::string& device,
                    EnterStyle style = EnterStyle::enter) {
    hubs[home_of(client)]->leave(client.session);
    const SessionId id = client.session.id;
    client.session = {};
    client.session.id = id;
    client.session.out = &client;
    enter(client, who, device, style, false);
  }
  /// A full client that is ready; the frames of getting there are dropped.
  TestClient& online(const ports::Member& who, const std::string& device = "web");
  void enter(TestClient& client, const ports::Member& who, const std::string& device, EnterStyle style,
             bool replaces);
  TestClient& classic(const ports::Member& who) { return connect(who, "classic", EnterStyle::classic); }
  void leave(TestClient& client) {
    hubs[home_of(client)]->leave(client.session);
    settle();
  }
  [[nodiscard]] std::uint32_t home_of(const TestClient& client) const { return homes.at(client.session.id); }

  /// One turn: requests that came are sent to the store; nothing is committed yet.
  void turn() {
    run_tasks();
    for (auto& hub : hubs) hub->end_of_turn();
  }
  void run_tasks() {
    bool more = true;
    while (more) {
      more = executor.step();
      for (auto& hub : hubs) more = hub->run(1000) || more;
    }
  }
  /// Until nothing is left to do.
  void settle() {
    do {
      turn();
    } while (store.step() || executor_has_work());
  }
  bool executor_has_work() { return executor.step(); }

  memory::ManualClock clock;
  memory::MemoryDirectory directory;
  memory::MemoryModeration moderation{directory};
  memory::MemoryStreamStore store{clock, {.commits = memory::MemoryStreamStoreOptions::Commits::by_step}};
  memory::MemoryPresence presence;
  rooms::RoomRates room_rates;
  TestExecutor executor;
  Node node{.executor = executor,
            .store = store,
            .directory = directory,
            .channels = directory,
            .moderation = moderation,
            .presence = presence,
            .clock = clock,
            .room_rates = room_rates,
            .id = ports::NodeId{1},
            .channel_epochs = 1000,
            .hubs = {}};
  OutcomeRouter router{node};
  Limits limits;
  std::vector<std::unique_ptr<Hub>> hubs;
  std::shared_ptr<const ports::Zone> zone;
  protocol::RequestParser requests;
  std::map<SessionId, std::uint32_t> homes;
  std::vector<std::unique_ptr<TestClient>> clients;
};

template <class T>
protocol::ServerMessage TestClient::ask(const T& typed) {
  const std::uint64_t rid = next_rid_++;
  post(typed, rid);
  test_.settle();
  for (auto at = frames.begin(); at != frames.end(); ++at) {
    if (at->rid != rid) continue;
    protocol::ServerMessage reply = std::move(*at);
    frames.erase(at);
    return reply;
  }
  ADD_FAILURE() << "no answer";
  return {};
}

inline protocol::ServerMessage TestClient::say(MemberId to, std::string_view text, std::uint64_t send_id) {
  return ask(chat(to, text, send_id));
}
inline protocol::ServerMessage TestClient::say(RoomId to, std::string_view text, std::uint64_t send_id) {
  return ask(chat(to, text, send_id));
}

inline void TestClient::received(std::string_view frame) {
  auto message = parser_.parse(frame);
  ASSERT_TRUE(message.has_value()) << frame << ": " << message.error();
  frames.push_back(std::move(*message));
  frame_bytes.push_back(frame.size());
}

inline void TestClient::work() {
  while (!paused_ && !line_.empty()) {
    const std::string frame = std::move(line_.front());
    line_.pop_front();
    deliver(frame);
  }
}

inline void TestClient::deliver(const std::string& frame) {
  const auto parsed = test_.requests.parse_copy(frame);
  ASSERT_TRUE(parsed.has_value()) << frame << ": " << parsed.error().message;
  in_frame_ = true;
  resumed_ = false;
  const Verdict verdict = test_.hubs[test_.home_of(*this)]->request(session, **parsed);
  in_frame_ = false;
  paused_ = verdict != Verdict::done && !resumed_;
  if (paused_ && verdict == Verdict::again) held_ = frame;
}

inline void TestClient::resume(Resume with) {
  if (in_frame_) {
    resumed_ = true;
    return;
  }
  paused_ = false;
  const auto held = std::exchange(held_, std::nullopt);
  if (with == Resume::same && held) deliver(*held);
  work();
}

inline std::vector<std::string> TestClient::take_messages() {
  std::vector<std::string> lines;
  for (const auto& frame : take()) {
    const auto* chat = frame.get<protocol::Chat>();
    if (chat && chat->kind != 4)
      lines.push_back(std::to_string(chat->seq) + " " + std::to_string(chat->id.value) + " " + chat->content);
  }
  return lines;
}

inline std::vector<std::string> TestClient::take_events() {
  std::vector<std::string> lines;
  for (const auto& frame : take()) {
    const auto* chat = frame.get<protocol::Chat>();
    if (chat && chat->kind == 4) lines.push_back(event_line(chat->content));
  }
  return lines;
}

inline TestClient& ChatTest::connect(const ports::Member& who, const std::string& device, EnterStyle style,
                                     bool replaces) {
  const SessionId id = clients.size() + 1;
  clients.push_back(std::make_unique<TestClient>(*this, id));
  enter(*clients.back(), who, device, style, replaces);
  settle();
  return *clients.back();
}

inline void ChatTest::enter(TestClient& client, const ports::Member& who, const std::string& device,
                            EnterStyle style, bool replaces) {
  homes[client.session.id] = home(who.id);
  client.session.account = who.account;
  client.session.app = zone->app;
  client.session.zone = who.zone;
  client.session.device = device;
  client.session.state = style == EnterStyle::enter ? SessionState::authenticated : SessionState::logged_out;
  const auto msgid = style == EnterStyle::enter ? protocol::Msg::enter : protocol::Msg::login;
  hubs[home(who.id)]->enter(client.session, {.style = style,
                                             .asked = {.msgid = msgid, .rid = 1, .send_id = {}},
                                             .member = who,
                                             .zone = zone,
                                             .account_name = who.nickname,
                                             .token = {},
                                             .token_expires_ms = 0,
                                             .replaces = replaces});
}

inline TestClient& ChatTest::online(const ports::Member& who, const std::string& device) {
  TestClient& client = connect(who, device);
  EXPECT_EQ(client.session.state, SessionState::entered);
  EXPECT_FALSE(client.ask(protocol::Ready{}).refused());
  client.take();
  return client;
}

}  // namespace plaza::chat
