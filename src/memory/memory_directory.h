#pragma once
#include <map>
#include <mutex>
#include <set>
#include <string>
#include <tuple>

#include "memory/room_tables.h"
#include "ports/channels.h"
#include "ports/directory.h"

namespace plaza::memory {

/// The twin of Directory and Channels in plain maps: for tests and the simulator. It forgets everything when it goes.
///
/// Thread   Any thread; one lock around every method.
/// Limit    DirectoryLimits, as the SQL one.
///
/// Not final: a test derives from it to make something happen between two calls.
class MemoryDirectory : public ports::Directory, public ports::Channels {
 public:
  explicit MemoryDirectory(ports::DirectoryLimits limits = {}, std::uint8_t region = 0);

  [[nodiscard]] bool has_app(AppId app);

  /// A fault: while true every method gives `unavailable` and changes nothing.
  void set_unavailable(bool unavailable);
  /// Whether remembered() knows every member (unless unavailable) or none: both are right.
  void set_remembering(bool remembering);

  ports::DirectoryResult<ports::Zone> zone(const std::string& app, const std::string& zone) override;
  ports::DirectoryResult<ports::Zone> zone(ZoneId id) override;
  ports::DirectoryResult<ports::Zone> put_zone(const ports::Zone& wanted) override;

  ports::DirectoryResult<ports::Member> register_account(const std::string& name, const std::string& name_key,
                                                         const std::string& password_hash,
                                                         ZoneId zone) override;
  ports::DirectoryResult<ports::Account> account(AccountId id) override;
  ports::DirectoryResult<ports::Account> account_by_name(const std::string& name_key) override;
  ports::DirectoryResult<ports::Account> third_party_account(const std::string& vendor,
                                                             const std::string& vendor_user) override;
  ports::DirectoryResult<void> set_password(AccountId id, const std::string& password_hash) override;

  ports::DirectoryResult<ports::Member> create_member(AccountId account, ZoneId zone,
                                                      const std::string& nickname,
                                                      const std::string& nickname_key,
                                                      const std::string& avatar) override;
  ports::DirectoryResult<ports::Member> update_member(ZoneId zone, MemberId id,
                                                      const ports::MemberChange& change) override;
  ports::DirectoryResult<ports::Member> member(ZoneId zone, MemberId id) override;
  ports::DirectoryResult<ports::Member> member_by_id(MemberId id) override;
  ports::DirectoryResult<ports::Member> member_by_nickname(ZoneId zone,
                                                           const std::string& nickname_key) override;
  ports::DirectoryResult<std::vector<ports::Member>> members_of(AccountId account, ZoneId zone) override;

  ports::DirectoryResult<TokenId> put_token(const ports::Token& token) override;
  ports::DirectoryResult<ports::Token> token(const std::string& hash, std::int64_t now_ms) override;
  ports::DirectoryResult<ports::Token> take_token(const std::string& hash, std::int64_t now_ms) override;
  ports::DirectoryResult<std::vector<ports::Token>> revoke_tokens(AccountId account,
                                                                  std::optional<std::string> device,
                                                                  std::optional<TokenId> only) override;
  ports::DirectoryResult<std::vector<ports::Token>> tokens_of(AccountId account,
                                                              std::int64_t now_ms) override;
  ports::DirectoryResult<std::uint32_t> expire_tokens(std::int64_t now_ms, std::uint32_t limit) override;

  ports::DirectoryResult<std::vector<ports::Relation>> relations(ZoneId zone, MemberId member) override;
  ports::DirectoryResult<ports::Relation> add_friend(ZoneId zone, MemberId member, MemberId peer) override;
  ports::DirectoryResult<ports::Relation> answer_friend(ZoneId zone, MemberId member, MemberId peer,
                                                        bool accept) override;
  ports::DirectoryResult<ports::Relation> remove_friend(ZoneId zone, MemberId member, MemberId peer) override;
  ports::DirectoryResult<ports::Relation> set_blocked(ZoneId zone, MemberId member, MemberId peer,
                                                      bool blocked) override;
  ports::DirectoryResult<ports::Relation> set_remark(ZoneId zone, MemberId member, MemberId peer,
                                                     const std::string& remark) override;

  ports::DirectoryResult<ports::RoomChanged> create_room(ZoneId zone, const ports::RoomActor& actor,
                                                         MemberId owner, const ports::NewRoom& wanted,
                                                         std::int64_t now_ms) override;
  ports::DirectoryResult<ports::RoomChanged> change(ZoneId zone, const ports::RoomActor& actor, RoomId room,
                                                    const ports::RoomChange& change,
                                                    std::int64_t now_ms) override;
  ports::DirectoryResult<ports::Room> room(ZoneId zone, RoomId room) override;
  ports::DirectoryResult<ports::Room> room_by_name(ZoneId zone, const std::string& name_key) override;
  ports::DirectoryResult<std::vector<ports::Room>> rooms_of(ZoneId zone, MemberId member) override;
  ports::DirectoryResult<ports::RoomStanding> standing(ZoneId zone, RoomId room, MemberId member) override;
  ports::DirectoryResult<ports::RoomMemberPage> members(ZoneId zone, RoomId room, MemberId after,
                                                        std::uint32_t limit) override;
  ports::DirectoryResult<std::vector<MemberId>> fanout(ZoneId zone, RoomId room) override;
  ports::DirectoryResult<ports::RoomListPage> listed(ZoneId zone, RoomId room, ports::RoomList list,
                                                     MemberId after, std::uint32_t limit,
                                                     std::int64_t now_ms) override;
  ports::DirectoryResult<std::vector<ports::RoomInvitation>> invitations_of(ZoneId zone,
                                                                            MemberId member) override;
  ports::DirectoryResult<std::vector<ports::RoomPin>> pins(ZoneId zone, RoomId room) override;
  ports::DirectoryResult<std::vector<ports::RoomEvent>> pending_events(RoomId after_room,
                                                                       std::uint64_t after_version,
                                                                       std::uint32_t limit) override;
  ports::DirectoryResult<void> events_stored(const std::vector<ports::RoomEventPlace>& stored) override;
  ports::DirectoryResult<void> set_large(ZoneId zone, RoomId room, std::uint64_t cseq) override;
  ports::DirectoryResult<std::uint32_t> sweep_rooms(std::uint32_t limit) override;
  [[nodiscard]] std::optional<ports::MemberLists> remembered(ZoneId zone, MemberId member) override;

  ports::DirectoryResult<ports::Channel> channel(ZoneId zone, const std::string& name) override;
  ports::DirectoryResult<ports::Channel> put_channel(ZoneId zone, const std::string& name,
                                                     const ports::ChannelSettings& settings) override;
  ports::DirectoryResult<ports::Channel> remove_channel(ZoneId zone, const std::string& name) override;
  ports::DirectoryResult<std::vector<ports::Channel>> channels(ZoneId zone, const std::string& after,
                                                               std::uint32_t limit) override;

 private:
  friend class MemoryApps;      // the same apps and zones, as administered
  friend class MemoryErasures;  // and as they are deleted

  const ports::Zone* find_zone_locked(ZoneId id) const;
  [[nodiscard]] bool open_locked(const ports::Zone& zone) const;
  const ports::Member* find_member_locked(ZoneId zone, MemberId id) const;
  ports::DirectoryResult<ports::Member> add_member_locked(const ports::Member& wanted,
                                                          const std::string& key);
  std::optional<ports::DirectoryError> over_quota_locked(ZoneId zone, ports::Quota quota) const;
  ports::AppUsage usage_locked(AppId app) const;
  ports::DirectoryResult<void> check_pair_locked(ZoneId zone, MemberId member, MemberId peer) const;
  ports::Relation& relation_locked(MemberId member, MemberId peer);
  void tidy_locked(MemberId member, MemberId peer);
  bool relations_full_locked(MemberId member) const;
  bool requests_full_locked(MemberId member) const;

  // Constant after construction.
  const ports::DirectoryLimits limits_;
  const std::uint8_t region_;
  // Guarded by mutex_.
  std::mutex mutex_;
  bool unavailable_ = false;
  bool remembering_ = false;
  std::uint64_t last_app_ = 0, last_zone_ = 0, last_account_ = 0, last_member_ = 0, last_token_ = 0,
                last_channel_ = 0;
  std::map<std::string, AppId> apps_;
  std::map<ZoneId, ports::Zone> zones_;
  std::set<AppId> disabled_apps_;
  std::set<ZoneId> disabled_zones_;
  std::set<AppId> deleting_apps_;
  std::set<ZoneId> deleting_zones_;
  std::map<AppId, ports::OwnQuotas> quotas_;
  std::map<AccountId, ports::Account> accounts_;
  std::map<std::string, AccountId> account_keys_;
  std::map<std::pair<std::string, std::string>, AccountId> third_party_;
  std::map<MemberId, ports::Member> members_;
  std::map<std::pair<ZoneId, std::string>, MemberId> nickname_keys_;
  std::map<std::string, ports::Token> tokens_;                         ///< by hash
  std::map<MemberId, std::map<MemberId, ports::Relation>> relations_;  ///< peer_name is filled in when read
  RoomTables rooms_;
  std::map<std::pair<ZoneId, std::string>, ports::Channel> channels_;
};

}  // namespace plaza::memory
