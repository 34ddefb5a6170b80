#pragma once
#include "cache/member_lists_cache.h"
#include "ports/clock.h"
#include "ports/directory.h"

namespace plaza::cache {

/// A directory that remembers the lists that are read at every login; everything else goes through.
///
/// Contract  That of ports::Directory: a change that was answered is seen by every reading that begins after it, since each
///           change here forgets what it touches before it answers. A change made elsewhere is seen after forget(member), or
///           after fresh_ms; so is, in the lists of the others, how many members a large room has.
/// Thread    As Directory; remembered() may be called on a shard.
/// Owner     app/ owns one; the directory behind it and the clock outlive it.
class CachedDirectory final : public ports::Directory {
 public:
  template <class T>
  using Answer = ports::DirectoryResult<T>;

  CachedDirectory(ports::Directory& behind, const ports::Clock& clock, MemberListsCacheOptions options = {})
      : behind_(behind), clock_(clock), lists_(options) {}

  /// Another node changed this member's relations or rooms.
  void forget(MemberId member) { lists_.forget(member); }
  [[nodiscard]] std::size_t items() const { return lists_.items(); }

  Answer<ports::Zone> zone(const std::string& app, const std::string& zone) override;
  Answer<ports::Zone> zone(ZoneId id) override;
  Answer<ports::Zone> put_zone(const ports::Zone& wanted) override;

  Answer<ports::Member> register_account(const std::string& name, const std::string& name_key,
                                         const std::string& password_hash, ZoneId zone) override;
  Answer<ports::Account> account(AccountId id) override;
  Answer<ports::Account> account_by_name(const std::string& name_key) override;
  Answer<ports::Account> third_party_account(const std::string& vendor,
                                             const std::string& vendor_user) override;
  Answer<void> set_password(AccountId id, const std::string& password_hash) override;

  Answer<ports::Member> create_member(AccountId account, ZoneId zone, const std::string& nickname,
                                      const std::string& nickname_key, const std::string& avatar) override;
  Answer<ports::Member> update_member(ZoneId zone, MemberId id, const ports::MemberChange& change) override;
  Answer<ports::Member> member(ZoneId zone, MemberId id) override;
  Answer<ports::Member> member_by_id(MemberId id) override;
  Answer<ports::Member> member_by_nickname(ZoneId zone, const std::string& nickname_key) override;
  Answer<std::vector<ports::Member>> members_of(AccountId account, ZoneId zone) override;

  Answer<TokenId> put_token(const ports::Token& token) override;
  Answer<ports::Token> token(const std::string& hash, std::int64_t now_ms) override;
  Answer<ports::Token> take_token(const std::string& hash, std::int64_t now_ms) override;
  Answer<std::vector<ports::Token>> revoke_tokens(AccountId account, std::optional<std::string> device,
                                                  std::optional<TokenId> only) override;
  Answer<std::vector<ports::Token>> tokens_of(AccountId account, std::int64_t now_ms) override;
  Answer<std::uint32_t> expire_tokens(std::int64_t now_ms, std::uint32_t limit) override;

  Answer<std::vector<ports::Relation>> relations(ZoneId zone, MemberId member) override;
  Answer<ports::Relation> add_friend(ZoneId zone, MemberId member, MemberId peer) override;
  Answer<ports::Relation> answer_friend(ZoneId zone, MemberId member, MemberId peer, bool accept) override;
  Answer<ports::Relation> remove_friend(ZoneId zone, MemberId member, MemberId peer) override;
  Answer<ports::Relation> set_blocked(ZoneId zone, MemberId member, MemberId peer, bool blocked) override;
  Answer<ports::Relation> set_remark(ZoneId zone, MemberId member, MemberId peer,
                                     const std::string& remark) override;

  Answer<ports::RoomChanged> create_room(ZoneId zone, const ports::RoomActor& actor, MemberId owner,
                                         const ports::NewRoom& wanted, std::int64_t now_ms) override;
  Answer<ports::RoomChanged> change(ZoneId zone, const ports::RoomActor& actor, RoomId room,
                                    const ports::RoomChange& change, std::int64_t now_ms) override;
  Answer<ports::Room> room(ZoneId zone, RoomId room) override;
  Answer<ports::Room> room_by_name(ZoneId zone, const std::string& name_key) override;
  Answer<std::vector<ports::Room>> rooms_of(ZoneId zone, MemberId member) override;
  Answer<ports::RoomStanding> standing(ZoneId zone, RoomId room, MemberId member) override;
  Answer<ports::RoomMemberPage> members(ZoneId zone, RoomId room, MemberId after,
                                        std::uint32_t limit) override;
  Answer<std::vector<MemberId>> fanout(ZoneId zone, RoomId room) override;
  Answer<ports::RoomListPage> listed(ZoneId zone, RoomId room, ports::RoomList list, MemberId after,
                                     std::uint32_t limit, std::int64_t now_ms) override;
  Answer<std::vector<ports::RoomInvitation>> invitations_of(ZoneId zone, MemberId member) override;
  Answer<std::vector<ports::RoomPin>> pins(ZoneId zone, RoomId room) override;
  Answer<std::vector<ports::RoomEvent>> pending_events(RoomId after_room, std::uint64_t after_version,
                                                       std::uint32_t limit) override;
  Answer<void> events_stored(const std::vector<ports::RoomEventPlace>& stored) override;
  Answer<void> set_large(ZoneId zone, RoomId room, std::uint64_t cseq) override;
  Answer<std::uint32_t> sweep_rooms(std::uint32_t limit) override;

  [[nodiscard]] std::optional<ports::MemberLists> remembered(ZoneId zone, MemberId member) override;

 private:
  /// Whose list of rooms shows a change, besides the number of members.
  enum class Seen : std::uint8_t { by_all, by_those_concerned };
  template <class T>
  T changed(T answer, MemberId member, MemberId peer = {});
  Answer<ports::RoomChanged> changed_room(Answer<ports::RoomChanged> answer, const ports::RoomActor& actor,
                                          Seen seen);

  // Constant after construction.
  ports::Directory& behind_;
  const ports::Clock& clock_;
  // Any thread.
  MemberListsCache lists_;
};

}  // namespace plaza::cache
