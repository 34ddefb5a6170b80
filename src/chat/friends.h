#pragma once
#include "chat/answers.h"
#include "chat/relations.h"
#include "chat/shard_state.h"
#include "protocol/request.h"

namespace plaza::chat {

/// Friends, blocks, remarks and look-ups.
///
///   request -> directory (one transaction) -> both members' home shards know it -> answer -> the peer is told
///
/// A change is answered when it is in force: who was told "blocked" gets no further message from that peer.
///
/// Thread  The shard's.
class Friends {
 public:
  explicit Friends(ShardState& state) : state_(state) {}

  Verdict add(Session& session, const protocol::Request& request);
  Verdict answer_request(Session& session, const protocol::Request& request);
  Verdict remove(Session& session, const protocol::Request& request);
  Verdict block(Session& session, const protocol::Request& request);
  Verdict remark(Session& session, const protocol::Request& request);
  Verdict list(Session& session, const protocol::Request& request);
  Verdict find(Session& session, const protocol::Request& request);

  /// On a member's home shard: takes over what was read, unless something newer is known.
  static void apply(ShardState& state, MemberId member, const Relations& relations);

 private:
  struct Changed {
    ports::DirectoryResult<ports::Relation> relation;  ///< as the one who asked sees it
    Relations mine, theirs;
  };
  template <class Change>
  static Changed make_change(ports::Directory& directory, ZoneId zone, MemberId me, MemberId peer,
                             const Change& change_it);
  template <class Change, class Answer>
  Verdict change(Session& session, const Asked& asked, MemberId peer, protocol::Errno otherwise,
                 Change change, Answer answer);
  void tell(MemberId member, protocol::FriendEventKind event, MemberId who, const std::string& name,
            SessionId except = 0);
  void tell_own_others(const Session& session, protocol::FriendEventKind event,
                       const ports::Relation& relation);

  ShardState& state_;
};

protocol::Friendship shown(ports::Friendship friendship);
/// As lists show it; only friends see whether someone is online.
protocol::FriendEntry friend_entry(const ports::Presence& presence, const ports::Relation& relation);

/// As the protocol has them.
protocol::MemberSettings shown(const ports::MemberSettings& settings);

}  // namespace plaza::chat
