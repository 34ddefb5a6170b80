#pragma once
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <netinet/in.h>

#include <algorithm>
#include <atomic>
#include <cstdint>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "protocol/replies.h"
#include "protocol/request_parser.h"

namespace plaza::bench {

enum class Fault : std::uint8_t {
  none,
  loses,         ///< acknowledges a message and keeps it in no stream
  loses_push,    ///< keeps it, but does not push it: not a loss, SYNC has it
  doubles,       ///< pushes one twice
  stores_twice,  ///< gives one two positions
  reorders,      ///< pushes two in the wrong order
  changes,       ///< another text
  wrong_sender,  ///< another name under it
  acks_twice,
  never_acks,
  refuses_some,    ///< "later" now and then, then "ahead" for those behind it: not a fault
  pulls,           ///< HEAD instead of pushes: not a fault
  group_disorder,  ///< one member sees two positions of a group exchanged
};

/// Just enough of a server for `direct`, `group` and `channel`, that breaks the promises in one way. In memory, one thread, poll().
/// The fault happens to the 20th message accepted; of a publication, at one follower.
class FaultyServer {
 public:
  explicit FaultyServer(Fault fault) : fault_(fault) {
    listener_ = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    ::bind(listener_, reinterpret_cast<sockaddr*>(&address), sizeof address);
    ::listen(listener_, 64);
    socklen_t length = sizeof address;
    ::getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &length);
    address_ = "127.0.0.1:" + std::to_string(ntohs(address.sin_port));
    thread_ = std::thread([this] { run(); });
  }
  ~FaultyServer() {
    stop_ = true;
    thread_.join();
    for (auto& [fd, session] : sessions_) ::close(fd);
    ::close(listener_);
  }
  FaultyServer(const FaultyServer&) = delete;
  FaultyServer& operator=(const FaultyServer&) = delete;

  [[nodiscard]] const std::string& address() const { return address_; }

 private:
  static constexpr std::uint64_t kFaultAt = 20;

  struct Session {
    std::string in, out;
    MemberId member;
    bool follows = false;
    std::string held;
  };
  struct Member {
    int fd = -1;
    std::uint64_t last_send_id = 0;
    std::vector<std::string> inbox;  // whole frames, [seq - 1]
    std::vector<protocol::Chat> entries;
  };

  void run() {
    while (!stop_) {
      std::vector<pollfd> polled{{listener_, POLLIN, 0}};
      for (auto& [fd, session] : sessions_) polled.push_back({fd, POLLIN, 0});
      ::poll(polled.data(), polled.size(), 20);
      if ((polled[0].revents & POLLIN) != 0) sessions_[::accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC)];
      for (std::size_t i = 1; i < polled.size(); ++i) {
        if (polled[i].revents != 0) read(polled[i].fd);
      }
      for (auto& [fd, session] : sessions_) {
        // Blocking: the load reads all the time.
        if (!session.out.empty() && ::send(fd, session.out.data(), session.out.size(), MSG_NOSIGNAL) < 0)
          break;
        session.out.clear();
      }
    }
  }

  void read(int fd) {
    char buffer[65536];
    const ssize_t n = ::recv(fd, buffer, sizeof buffer, 0);
    if (n <= 0) {
      for (auto& [id, member] : members_) member.fd = member.fd == fd ? -1 : member.fd;
      sessions_.erase(fd);
      ::close(fd);
      return;
    }
    Session& session = sessions_[fd];
    session.in.append(buffer, static_cast<std::size_t>(n));
    for (std::size_t end; (end = session.in.find('\n')) != std::string::npos; session.in.erase(0, end + 1)) {
      if (auto request = parser_.parse_copy(std::string_view(session.in).substr(0, end)))
        answer(fd, session, **request);
    }
  }

  template <class Reply>
  static void say(Session& session, const protocol::Request& request, const Reply& reply) {
    protocol::encode(session.out, request.rid(), reply);
    session.out += '\n';
  }

  void answer(int fd, Session& session, const protocol::Request& request) {
    using namespace protocol;
    switch (request.msgid) {
      case Msg::reg: {
        names_.emplace_back(request.text(Field::name));
        const MemberId id{names_.size()};
        members_[id.value];
        return say(session, request, RegAck{.id = id, .account = names_.back(), .name = names_.back()});
      }
      case Msg::login: {
        const auto login = as<Login>(request);
        LoginAck ack;
        if (login.token) {
          session.member = MemberId{std::stoull(std::string(login.token->substr(1)))};
          ack.enter = entered(fd, session);
          ack.enter->token.clear();
        } else {
          for (std::uint64_t id = 1; id <= names_.size(); ++id) {
            if (names_[id - 1] == login.account_name()) session.member = MemberId{id};
          }
          ack.account = names_[session.member.value - 1];
          ack.members = {{.id = session.member, .name = ack.account, .avatar = {}}};
        }
        return say(session, request, ack);
      }
      case Msg::enter: return say(session, request, entered(fd, session));
      case Msg::loginout:
        return say(session, request,
                   OkReply{.to = Msg::loginout, .received = {}, .delivered = {}, .read = {}});
      case Msg::ready:
        return say(session, request, ReadyAck{.epoch = 1, .head = member(session).inbox.size()});
      case Msg::create_group: {
        groups_.push_back({session.member.value});
        tell_change(groups_.size());
        return say(session, request,
                   CreateGroupAck{.groupid = RoomId{groups_.size()}, .groupname = "g", .groupdesc = ""});
      }
      case Msg::add_group: {
        const RoomId id{request.number(Field::groupid)};
        groups_[id.value - 1].push_back(session.member.value);
        tell_change(id.value);
        return say(session, request,
                   AddGroupAck{.groupid = id, .groupname = "g", .groupdesc = "", .users = {}});
      }
      case Msg::one_chat:
        return accept(session, request, {request.number(Field::toid)},
                      cseq_[{session.member.value, request.number(Field::toid)}]);
      case Msg::group_chat: {
        const std::uint64_t group = request.number(Field::groupid);
        return accept(session, request, groups_[group - 1], cseq_[{0, group}]);
      }
      case Msg::subscribe: return subscribe(session, request);
      case Msg::publish: return publish(session, request);
      case Msg::sync: {
        const Member& who = member(session);
        SyncAckView page;
        page.epoch = 1;
        page.head = who.entries.size();
        const std::size_t since = request.number(Field::since);
        const std::size_t end = std::min<std::size_t>(who.entries.size(), since + kSyncLimitMax);
        page.more = end < who.entries.size();
        for (std::size_t i = since; i < end; ++i) page.messages.push_back(view(who.entries[i]));
        return say(session, request, page);
      }
      default: return;
    }
  }

  void subscribe(Session& session, const protocol::Request& request) {
    using namespace protocol;
    session.follows = true;
    SubscribeAckView ack{.channel = "world", .epoch = 1, .head = published_.size(), .publications = {}};
    if (request.number(Field::epoch) == 1) {
      ack.recovered = true;
      const std::size_t since = request.number(Field::since);
      ack.publications.assign(published_.begin() + static_cast<std::ptrdiff_t>(since), published_.end());
    }
    say(session, request, ack);
  }

  void publish(Session& session, const protocol::Request& request) {
    using namespace protocol;
    const auto encoded = [&](std::string_view text) {
      std::string frame;
      encode(frame, PublicationView{.channel = "world",
                                    .epoch = 1,
                                    .seq = published_.size() + 1,
                                    .id = session.member,
                                    .name = "x",
                                    .content = text});
      return frame;
    };
    std::string text(request.text(Field::msg));
    const std::string frame = encoded(text);
    text[3] = '!';
    const std::string other = encoded(text);
    published_.push_back(frame);
    PublishAck ack;
    ack.channel = "world", ack.epoch = 1, ack.seq = published_.size();
    say(session, request, ack);
    bool now = published_.size() == kFaultAt;
    for (auto& [fd, to] : sessions_) {
      if (!to.follows) continue;
      const bool here = std::exchange(now, false);
      std::string out = (here && fault_ == Fault::changes ? other : frame) + '\n';
      if (here && fault_ == Fault::loses_push) out.clear();
      if (here && fault_ == Fault::doubles) out += out;
      if (here && fault_ == Fault::reorders) {
        to.held = out;
      } else {
        to.out += out + std::exchange(to.held, {});
      }
    }
  }

  Member& member(const Session& session) { return members_[session.member.value]; }

  protocol::EnterAck entered(int fd, Session& session) {
    member(session).fd = fd;
    protocol::EnterAck ack;
    ack.id = session.member;
    ack.name = names_[session.member.value - 1];
    ack.token = "t" + std::to_string(session.member.value);
    ack.epoch = 1;
    ack.head = member(session).inbox.size();
    return ack;
  }

  static protocol::ChatView view(const protocol::Chat& chat) {
    protocol::ChatView out;
    out.id = chat.id, out.name = chat.name, out.toid = chat.toid, out.groupid = chat.groupid,
    out.content = chat.content, out.kind = chat.kind;
    out.mid = chat.mid, out.cseq = chat.cseq, out.seq = chat.seq, out.epoch = 1;
    return out;
  }

  void refuse(Session& session, const protocol::Request& request, protocol::Errno error) {
    protocol::Refusal refusal;
    refusal.error = error;
    refusal.retry_after_ms = error == protocol::Errno::try_again ? 5 : 0;
    refusal.expected = member(session).last_send_id + 1;
    refusal.send_id = request.number(protocol::Field::send_id);
    protocol::encode_refusal(session.out, request.msgid, request.rid(), refusal);
    session.out += '\n';
  }

  void accept(Session& session, const protocol::Request& request, const std::vector<std::uint64_t>& to,
              std::uint64_t& cseq) {
    using namespace protocol;
    const std::uint64_t send_id = request.number(Field::send_id);
    if (send_id != member(session).last_send_id + 1) return refuse(session, request, Errno::send_id_ahead);
    if (fault_ == Fault::refuses_some && ++asked_ % 50 == 0)
      return refuse(session, request, Errno::try_again);
    member(session).last_send_id = send_id;
    const bool now = ++accepted_ == kFaultAt;
    Chat chat;
    chat.id = session.member;
    chat.name = "x";
    (request.msgid == Msg::one_chat ? chat.toid.value : chat.groupid.value) = request.number(
        request.msgid == Msg::one_chat ? Field::toid : Field::groupid);
    chat.content = request.text(Field::msg);
    chat.mid = MessageId{accepted_};
    chat.cseq = ++cseq;
    SendAck ack;
    ack.send_id = send_id, ack.mid = chat.mid, ack.cseq = chat.cseq, ack.epoch = 1;
    chat.seq = member(session).entries.size() + 1;
    ack.seq = chat.seq;
    keep(member(session), chat);
    if (!(now && fault_ == Fault::never_acks)) say(session, request, ack);
    if (now && fault_ == Fault::acks_twice) say(session, request, ack);
    for (const std::uint64_t id : to) {
      if (id != session.member.value) deliver(members_[id], chat, now);
    }
  }

  /// A change of the group stands in its order, and is told before it is answered.
  void tell_change(std::uint64_t group) {
    protocol::Chat event;
    event.groupid = RoomId{group};
    event.kind = 4;
    event.content = R"({"event":"joined"})";
    event.cseq = ++cseq_[{0, group}];
    for (const std::uint64_t id : groups_[group - 1]) deliver(members_[id], event, false);
  }

  void keep(Member& member, const protocol::Chat& chat) {
    std::string frame;
    protocol::append_chat(frame, view(chat));
    member.inbox.push_back(frame + '\n');
    member.entries.push_back(chat);
  }

  void deliver(Member& to, protocol::Chat chat, bool now) {
    if (now && fault_ == Fault::loses) return;
    if (now && fault_ == Fault::changes) chat.content[3] = '!';
    if (now && fault_ == Fault::wrong_sender) chat.id = chat.toid;
    chat.seq = to.entries.size() + 1;
    if (fault_ == Fault::group_disorder && to.fd == members_.rbegin()->second.fd &&
        (accepted_ == 20 || accepted_ == 21)) {
      chat.cseq += accepted_ == 20 ? 1 : -1;
    }
    keep(to, chat);
    std::string out = to.inbox.back();
    if (now && fault_ == Fault::loses_push) out.clear();
    if (now && fault_ == Fault::doubles) out += out;
    if (now && fault_ == Fault::stores_twice) {
      ++chat.seq;
      keep(to, chat);
      out += to.inbox.back();
    }
    if (fault_ == Fault::pulls) out = R"({"msgid":31,"epoch":1,"head":)" + std::to_string(chat.seq) + "}\n";
    if (now && fault_ == Fault::reorders) {
      held_ = out;
      return;
    }
    if (to.fd < 0) return;
    sessions_[to.fd].out += out + std::exchange(held_, {});
  }

  const Fault fault_;
  int listener_;
  std::string address_;
  std::atomic<bool> stop_{false};
  // The server's thread only.
  protocol::RequestParser parser_;
  std::map<int, Session> sessions_;
  std::map<std::uint64_t, Member> members_;
  std::vector<std::string> names_;
  std::vector<std::vector<std::uint64_t>> groups_;
  std::vector<std::string> published_;
  std::map<std::pair<std::uint64_t, std::uint64_t>, std::uint64_t> cseq_;
  std::uint64_t accepted_ = 0, asked_ = 0;
  std::string held_;
  std::thread thread_;
};

}  // namespace plaza::bench
