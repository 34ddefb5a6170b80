// The scripted server behind the tests of this folder (fake_server.h); it has no tests of its own.
#include <algorithm>
#include <future>

#include "client/fake_server.h"
#include "protocol/message_requests.h"
#include "protocol/search_request.h"

namespace plaza::client {

using namespace protocol;

class FakeServer::Session final : public net::ConnectionHandler {
 public:
  Session(FakeServer& server, std::unique_ptr<net::Connection> connection)
      : server_(server), connection_(std::move(connection)) {
    connection_->start(*this);
  }

  net::FrameVerdict on_frame(std::span<const char> json) override {
    connection_->set_frame_bytes_max(64 * 1024);
    if (server_.silent_) return net::FrameVerdict::continue_;
    const auto request = parser_.parse_copy({json.data(), json.size()});
    std::string out;
    if (!request) {
      encode_refusal(out, request.error());
      connection_->send(out);
    } else {
      handle(**request);
    }
    return net::FrameVerdict::continue_;
  }
  void on_protocol_error(net::FrameError, std::string_view) override {}
  void on_closed(net::CloseReason) override {
    FakeServer& server = server_;
    if (server.sessions_.erase(this) != 0) delete this;
  }

  void handle(const Request& r) {
    switch (r.msgid) {
      case Msg::reg: return reg(as<Reg>(r), r.rid());
      case Msg::login: return login(as<Login>(r), r.rid());
      case Msg::create_member: return create_member(as<CreateMember>(r), r.rid());
      case Msg::enter: return enter(as<Enter>(r).id.value, r.rid());
      case Msg::ready: ready_ = true; return answer(ReadyAck{.epoch = 1, .head = me().inbox.size()}, r.rid());
      case Msg::one_chat: return one_chat(as<OneChat>(r), r.rid());
      case Msg::sync: return sync(as<Sync>(r), r.rid());
      case Msg::history: return history(as<History>(r), r.rid());
      case Msg::find: return find(as<Find>(r), r.rid());
      case Msg::add_friend: return add_friend(as<AddFriend>(r), r.rid());
      case Msg::mark: return mark(as<Mark>(r), r.rid());
      case Msg::friends: return friends(r.rid());
      case Msg::conversations: return answer(ConversationsAckView{}, r.rid());
      case Msg::groups: return answer(GroupsAck{}, r.rid());
      case Msg::heartbeat: return answer(HeartbeatAck{.epoch = 1, .head = 0, .time_ms = 0}, r.rid());
      case Msg::received: return;
      case Msg::search: {
        const auto search = as<Search>(r);
        SearchAck ack;
        ack.results.push_back({.mid = MessageId{9},
                               .friendid = search.of.friendid.value_or(MemberId{0}),
                               .groupid = {},
                               .cseq = 3,
                               .id = MemberId{0},
                               .name = {},
                               .time_ms = 1'767'323'045'678,
                               .snippet = "all about\n" + std::string(search.query)});
        return answer(ack, r.rid());
      }
      case Msg::report: {
        const auto report = as<Report>(r);
        server_.reported_.push_back(std::to_string(report.cseq) + " " + std::string(report.reason));
        return answer(OkReply{.to = r.msgid, .received = {}, .delivered = {}, .read = {}}, r.rid());
      }
      case Msg::loginout:
        if (as<Loginout>(r).revoke) {
          for (const std::string& token : session_tokens_) {
            server_.tokens_.erase(token);
            server_.account_tokens_.erase(token);
          }
        }
        account_.clear();
        member_ = 0;
        ready_ = false;
        return answer(OkReply{.to = r.msgid, .received = {}, .delivered = {}, .read = {}}, r.rid());
      default: return refuse(r.msgid, Errno::unknown_msgid, r.rid());
    }
  }

  template <class T>
  void answer(const T& reply, Rid rid) {
    if (auto lost = server_.lost_replies_.find(T::kMsg);
        lost != server_.lost_replies_.end() && lost->second > 0) {
      --lost->second;
      return;
    }
    std::string out;
    encode(out, rid, reply);
    connection_->send(out);
  }
  void refuse(Msg msg, Errno error, Rid rid, std::uint64_t expected = 0) {
    std::string out;
    encode_refusal(out, msg, rid,
                   Refusal{.error = error, .message = {}, .field = {}, .allowed = {}, .expected = expected});
    connection_->send(out);
  }
  bool refuse_banned(Msg msg, Rid rid) {
    if (server_.banned_why_.empty()) return false;
    Refusal why{.error = Errno::banned, .message = {}, .field = {}, .allowed = {}};
    why.reason = server_.banned_why_;
    std::string out;
    encode_refusal(out, msg, rid, why);
    connection_->send(out);
    return true;
  }
  Member& me() { return *server_.member(member_); }

  void reg(const Reg& r, Rid rid) {
    if (server_.member(r.name) != nullptr) return refuse(Msg::reg, Errno::name_taken, rid);
    const std::uint64_t id = server_.next_id_++;
    server_.members_[id] = {.id = id,
                            .name = std::string(r.name),
                            .password = std::string(r.password),
                            .account = std::string(r.name),
                            .inbox = {},
                            .last_send_id = {},
                            .friends = {}};
    answer(RegAck{.id = MemberId{id}, .account = std::string(r.name), .name = std::string(r.name)}, rid);
  }
  void login(const Login& r, Rid rid) {
    if (refuse_banned(Msg::login, rid)) return;
    device_ = r.device.value_or("classic");
    if (!account_.empty()) return refuse(Msg::login, Errno::already_logged_in, rid);
    session_tokens_.clear();
    if (r.token) {
      session_tokens_.emplace_back(*r.token);
      if (const auto of = server_.account_tokens_.find(std::string(*r.token));
          of != server_.account_tokens_.end()) {
        return answer(login_ack(of->second, of->first), rid);
      }
      const auto token = server_.tokens_.find(std::string(*r.token));
      if (token == server_.tokens_.end()) return refuse(Msg::login, Errno::token_invalid, rid);
      member_ = token->second;
      LoginAck ack = login_ack(me().account, {});
      ack.enter = entered();
      return answer(ack, rid);
    }
    const Member* member = server_.member(r.account_name());
    if (member == nullptr || member->password != r.password)
      return refuse(Msg::login, Errno::bad_credentials, rid);
    const std::string token = "account-" + std::to_string(server_.next_id_++);
    server_.account_tokens_[token] = member->account;
    session_tokens_.push_back(token);
    answer(login_ack(member->account, token), rid);
  }
  LoginAck login_ack(const std::string& account, const std::string& token) {
    account_ = account;
    LoginAck ack{.account = account,
                 .app = "a",
                 .zone = "z",
                 .device = device_,
                 .token = token,
                 .members = {},
                 .enter = {}};
    for (const auto& [id, one] : server_.members_) {
      if (one.account == account) ack.members.push_back({MemberId{id}, one.name, ""});
    }
    return ack;
  }
  void create_member(const CreateMember& r, Rid rid) {
    if (account_.empty()) return refuse(Msg::create_member, Errno::not_logged_in, rid);
    if (server_.member(r.nickname) != nullptr) return refuse(Msg::create_member, Errno::name_taken, rid);
    const std::uint64_t id = server_.next_id_++;
    server_.members_[id] = {.id = id,
                            .name = std::string(r.nickname),
                            .password = {},
                            .account = account_,
                            .inbox = {},
                            .last_send_id = {},
                            .friends = {}};
    answer(CreateMemberAck{.id = MemberId{id}, .name = std::string(r.nickname), .avatar = {}}, rid);
  }
  EnterAck entered() {
    const std::string token = "token-" + std::to_string(server_.next_id_++);
    server_.tokens_[token] = member_;
    session_tokens_.push_back(token);
    return {.id = MemberId{member_},
            .name = me().name,
            .token = token,
            .epoch = 1,
            .head = me().inbox.size(),
            .received = 0,
            .last_send_id = me().last_send_id[device_],
            .heartbeat_ms = 25'000,
            .body_bytes_max = 8192,
            .friends = friend_list(),
            .groups = {}};
  }
  void enter(std::uint64_t id, Rid rid) {
    const Member* wanted = server_.member(id);
    if (refuse_banned(Msg::enter, rid)) return;
    if (wanted == nullptr || wanted->account != account_)
      return refuse(Msg::enter, Errno::not_permitted, rid);
    member_ = id;
    answer(entered(), rid);
  }
  void one_chat(const OneChat& r, Rid rid) {
    Member* to = server_.member(r.toid.value);
    const std::string text(r.content.bytes());
    if (to == nullptr) return refuse(Msg::one_chat, Errno::no_such_peer, rid);
    if (server_.breaking_.contains(text)) return break_off();
    if (server_.refused_.contains(text)) return refuse(Msg::one_chat, Errno::not_permitted, rid);
    std::uint64_t& last = me().last_send_id[device_];
    const std::uint64_t send_id = r.send_id.value_or(last + 1);
    if (send_id > last + 1) return refuse(Msg::one_chat, Errno::send_id_ahead, rid, last + 1);
    const bool dup = send_id <= last;
    if (!dup) {
      last = send_id;
      const auto pair = std::minmax(member_, to->id);
      const Stored stored{.id = server_.next_id_++,
                          .sender = member_,
                          .to = to->id,
                          .send_id = send_id,
                          .cseq = ++server_.conversations_[pair],
                          .device = device_,
                          .text = text};
      me().inbox.push_back(stored);
      if (to->id != member_) {
        to->inbox.push_back(stored);
        server_.push(*to, to->inbox.size());
      }
    }
    for (std::size_t i = 0; i < me().inbox.size(); ++i) {
      const Stored& stored = me().inbox[i];
      if (stored.sender != member_ || stored.device != device_ || stored.send_id != send_id) continue;
      answer(SendAck{.send_id = send_id,
                     .mid = MessageId{stored.id},
                     .seq = i + 1,
                     .cseq = stored.cseq,
                     .epoch = 1,
                     .time_ms = 1'700'000'000'000,
                     .dup = dup},
             rid);
    }
  }
  void break_off() {
    std::string out;
    encode_refusal(out,
                   ParseError{.error = Errno::bad_request, .message = "malformed", .stream_broken = true});
    connection_->send(out);
    out.clear();
    encode(out, GoodbyePush{.error = Errno::bad_request, .message = {}, .reconnect = true});
    connection_->send(out);
    connection_->close();
  }
  void sync(const Sync& r, Rid rid) {
    std::vector<Chat> list;
    const Member& member = me();
    for (std::uint64_t seq = r.since + 1; seq <= member.inbox.size(); ++seq) {
      list.push_back(chat(member.inbox[seq - 1], member, seq, server_));
    }
    SyncAckView ack{.epoch = 1, .head = member.inbox.size(), .messages = views(list)};
    answer(ack, rid);
  }
  void history(const History& r, Rid rid) {
    std::vector<Chat> list;
    const std::uint64_t peer = r.of.friendid.value_or(MemberId{}).value;
    const auto& inbox = me().inbox;
    for (std::size_t i = inbox.size(); i-- > 0 && list.size() < r.limit;) {
      if ((inbox[i].sender == peer || inbox[i].to == peer) && (r.before == 0 || inbox[i].cseq < r.before)) {
        list.push_back(chat(inbox[i], me(), 0, server_));
      }
    }
    const bool more = !list.empty() && list.back().cseq > 1;
    answer(HistoryAckView{.epoch = 1, .head = inbox.size(), .more = more, .messages = views(list)}, rid);
  }
  static std::vector<ChatView> views(const std::vector<Chat>& list) {
    std::vector<ChatView> all;
    for (const Chat& c : list) {
      all.push_back({.id = c.id,
                     .name = c.name,
                     .toid = c.toid,
                     .groupid = c.groupid,
                     .content = c.content,
                     .time_ms = c.time_ms,
                     .mid = c.mid,
                     .cseq = c.cseq,
                     .seq = c.seq,
                     .epoch = c.epoch,
                     .send_id = c.send_id,
                     .device = c.device});
    }
    return all;
  }
  void find(const Find& r, Rid rid) {
    const Member* member = r.id ? server_.member(r.id->value) : server_.member(r.nickname.value_or(""));
    if (member == nullptr) return refuse(Msg::find, Errno::no_such_peer, rid);
    answer(
        FindAck{
            .id = MemberId{member->id}, .name = member->name, .avatar = {}, .groupname = {}, .groupdesc = {}},
        rid);
  }
  void add_friend(const AddFriend& r, Rid rid) {
    Member* peer = server_.member(r.friendid.value);
    if (peer == nullptr) return refuse(Msg::add_friend, Errno::no_such_peer, rid);
    me().friends.insert(peer->id);
    peer->friends.insert(member_);
    answer(
        AddFriendAck{
            .friendid = r.friendid, .name = peer->name, .friendship = Friendship::friends, .online = true},
        rid);
    std::string out;
    encode(out, FriendEventPush{
                    .event = FriendEventKind::friends, .friendid = MemberId{member_}, .name = me().name});
    for (Session* session : server_.sessions_) {
      if (session->member_ == peer->id && session->ready_) session->connection_->send(out);
    }
  }
  std::vector<FriendEntry> friend_list() {
    std::vector<FriendEntry> list;
    for (const std::uint64_t id : me().friends) {
      list.push_back({.id = MemberId{id}, .name = server_.member(id)->name, .online = true, .remark = {}});
    }
    return list;
  }
  void friends(Rid rid) { answer(FriendsAck{.friends = friend_list(), .more = false}, rid); }
  void mark(const Mark& r, Rid rid) {
    answer(OkReply{.to = Msg::mark, .received = {}, .delivered = r.delivered, .read = r.read}, rid);
    std::string out;
    encode(out, ReceiptPush{.id = MemberId{member_},
                            .friendid = MemberId{member_},
                            .delivered = r.delivered,
                            .read = r.read});
    for (Session* session : server_.sessions_) {
      if (session->member_ == r.of.friendid.value_or(MemberId{}).value && session->ready_)
        session->connection_->send(out);
    }
  }

  FakeServer& server_;
  std::unique_ptr<net::Connection> connection_;
  RequestParser parser_;
  std::string device_, account_;
  std::vector<std::string> session_tokens_;  ///< that end with LOGINOUT
  std::uint64_t member_ = 0;
  bool ready_ = false;
};

FakeServer::FakeServer(bool websocket) : websocket_(websocket) {
  net::ListenerOptions options;
  if (websocket) options.kind = net::Connection::Kind::http;
  shards_.start();
  auto listener = net::Listener::open(shards_, 0, std::move(options), nullptr,
                                      [this](std::unique_ptr<net::Connection> c) {
                                        auto* session = new Session(*this, std::move(c));
                                        ++connections_;
                                        sessions_.insert(session);
                                      });
  listener_ = std::move(*listener);
}

FakeServer::~FakeServer() {
  listener_->stop();
  cut_all();
  shards_.stop();
}

void FakeServer::on_shard(const std::function<void()>& what) {
  std::promise<void> done;
  shards_.at(0).post([&] {
    what();
    done.set_value();
  });
  done.get_future().wait();
}

Endpoint FakeServer::endpoint() const {
  return {.host = "127.0.0.1", .port = listener_->address().port, .websocket = websocket_};
}
void FakeServer::cut_all() {
  on_shard([this] {
    for (Session* session : std::exchange(sessions_, {})) delete session;
  });
}
void FakeServer::lose_replies(Msg msg, int times) {
  on_shard([&] { lost_replies_[msg] = times; });
}
void FakeServer::lose_pushes(int times) {
  on_shard([&] { lost_pushes_ = times; });
}
void FakeServer::refuse_text(const std::string& text) {
  on_shard([&] { refused_.insert(text); });
}
void FakeServer::break_on_text(const std::string& text) {
  on_shard([&] { breaking_.insert(text); });
}
void FakeServer::forget_tokens() {
  on_shard([&] {
    tokens_.clear();
    account_tokens_.clear();
  });
}
void FakeServer::goodbye(Errno error, bool reconnect) {
  goodbye(GoodbyePush{.error = error, .message = {}, .reconnect = reconnect});
}
void FakeServer::ban(const std::string& reason) {
  on_shard([&] { banned_why_ = reason; });
}
void FakeServer::announce(const std::string& text) {
  on_shard([&] {
    for (auto& [id, one] : members_) {
      one.inbox.push_back({.id = next_id_++,
                           .sender = 0,
                           .to = id,
                           .send_id = 1,
                           .cseq = ++conversations_[{0, id}],
                           .device = "@a",
                           .text = text});
      push(one, one.inbox.size());
    }
  });
}
std::vector<std::string> FakeServer::reported() {
  std::vector<std::string> all;
  on_shard([&] { all = reported_; });
  return all;
}
void FakeServer::goodbye(const GoodbyePush& said) {
  on_shard([&] {
    std::string out;
    encode(out, said);
    for (Session* session : sessions_) {
      session->connection_->send(out);
      session->connection_->close();
    }
  });
}
std::size_t FakeServer::valid_tokens() {
  std::size_t count = 0;
  on_shard([&] { count = tokens_.size() + account_tokens_.size(); });
  return count;
}
void FakeServer::fall_silent(bool silent) {
  on_shard([&] { silent_ = silent; });
}
std::vector<std::string> FakeServer::inbox(const std::string& name) {
  std::vector<std::string> texts;
  on_shard([&] {
    for (const Stored& stored : member(name)->inbox) texts.push_back(stored.text);
  });
  return texts;
}

std::uint64_t FakeServer::connections_ever() {
  std::uint64_t count = 0;
  on_shard([&] { count = connections_; });
  return count;
}

FakeServer::Member* FakeServer::member(std::uint64_t id) {
  const auto found = members_.find(id);
  return found == members_.end() ? nullptr : &found->second;
}
FakeServer::Member* FakeServer::member(std::string_view name) {
  for (auto& [id, one] : members_) {
    if (one.name == name) return &one;
  }
  return nullptr;
}

Chat FakeServer::chat(const Stored& stored, const Member& reader, std::uint64_t seq, FakeServer& server) {
  const bool own = stored.sender == reader.id;
  return {.id = MemberId{stored.sender},
          .name = stored.sender == 0 ? "Plaza" : server.member(stored.sender)->name,
          .toid = MemberId{stored.to},
          .groupid = {},
          .content = stored.text,
          .time_ms = 1'700'000'000'000,
          .mid = MessageId{stored.id},
          .cseq = stored.cseq,
          .seq = seq,
          .epoch = seq != 0 ? 1U : 0U,
          .send_id = own ? stored.send_id : 0,
          .device = own ? stored.device : ""};
}

void FakeServer::push(Member& reader, std::uint64_t seq) {
  if (lost_pushes_ > 0) {
    --lost_pushes_;
    return;
  }
  std::string out;
  const Chat c = chat(reader.inbox[seq - 1], reader, seq, *this);
  append_chat(out, Session::views({c}).front());
  for (Session* session : sessions_) {
    if (session->member_ == reader.id && session->ready_) session->connection_->send(out);
  }
}

}  // namespace plaza::client
