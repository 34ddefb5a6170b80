#pragma once
#include "sql/database.h"
#include "sql/soci_announcements.h"
#include "sql/soci_app_events.h"
#include "sql/soci_apps.h"
#include "sql/soci_erasures.h"
#include "sql/soci_moderation.h"
#include "sql/soci_records.h"
#include "sql/sql_directory.h"

namespace plaza::sql {

/// SqlDirectory over SOCI; sql_directory.h has its contract. One file per kind of thing: soci_accounts.cpp (apps, zones,
/// accounts, members), soci_tokens.cpp, soci_friends.cpp, soci_rooms.cpp,
/// soci_channels.cpp.
class SociDirectory final : public SqlDirectory {
 public:
  SociDirectory(Target target, const SqlDirectoryOptions& options);

  ports::DirectoryResult<std::uint32_t> migrate();

  ports::Apps& apps() override { return apps_; }
  ports::Erasures& erasures() override { return erasures_; }
  ports::Idempotency& idempotency() override { return idempotency_; }
  ports::AuditLog& audit() override { return audit_; }
  ports::Moderation& moderation() override { return moderation_; }
  ports::Announcements& announcements() override { return announcements_; }
  ports::AppEvents& app_events() override { return app_events_; }
  ports::Webhooks& webhooks() override { return webhooks_; }

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

  ports::DirectoryResult<ports::Channel> channel(ZoneId zone, const std::string& name) override;
  ports::DirectoryResult<ports::Channel> put_channel(ZoneId zone, const std::string& name,
                                                     const ports::ChannelSettings& settings) override;
  ports::DirectoryResult<ports::Channel> remove_channel(ZoneId zone, const std::string& name) override;
  ports::DirectoryResult<std::vector<ports::Channel>> channels(ZoneId zone, const std::string& after,
                                                               std::uint32_t limit) override;

 private:
  /// The next id of a kind, within the caller's transaction; a refused one is not used up.
  std::uint64_t next_id(Connection& db, const char* kind) const;
  ports::DirectoryResult<ports::Member> insert_member(Connection& db, ports::Member member,
                                                      const std::string& key) const;
  template <class Change>
  ports::DirectoryResult<ports::Relation> change_pair(ZoneId zone, MemberId member, MemberId peer,
                                                      Change change);
  [[nodiscard]] bool friends_full(Connection& db, MemberId member) const;
  [[nodiscard]] bool requests_full(Connection& db, MemberId member) const;

  // Constant after construction.
  const ports::DirectoryLimits limits_;
  const std::uint8_t region_;
  const std::int64_t installation_;
  // Any thread.
  Database database_;
  SociApps apps_;
  SociErasures erasures_{database_};
  SociIdempotency idempotency_;
  SociAuditLog audit_;
  SociModeration moderation_;
  SociAnnouncements announcements_;
  SociAppEvents app_events_;
  SociWebhooks webhooks_;
};

// Shared by the files of the class.
std::unexpected<ports::DirectoryError> refuse(ports::DirectoryCode code, std::string detail);
std::unexpected<ports::DirectoryError> not_found(const char* what);
std::unexpected<ports::DirectoryError> at_limit(const char* name, std::uint32_t limit);
bool member_exists(Connection& db, ZoneId zone, MemberId member);
/// The next id of a kind, within the caller's transaction; a refused one is not used up.
std::uint64_t next_id(Connection& db, std::uint8_t region, const char* kind);

}  // namespace plaza::sql
