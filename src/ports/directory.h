#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/ids.h"
#include "ports/directory_result.h"
#include "ports/quotas.h"
#include "ports/rooms.h"

namespace plaza::ports {

/// How members of a zone become friends, and who may write to whom. Stored per zone as numbers: append only.
enum class FriendPolicy : std::uint8_t { mutual_at_once = 0, on_request = 1 };
enum class MessagePolicy : std::uint8_t { anyone = 0, friends_only = 1 };
/// What a second login of the same device does.
enum class DevicePolicy : std::uint8_t { allow = 0, kick = 1, reject = 2 };

struct Zone {
  ZoneId id;
  AppId app;
  std::string app_name, zone_name;
  FriendPolicy friends = FriendPolicy::mutual_at_once;
  MessagePolicy messages = MessagePolicy::anyone;
  DevicePolicy devices = DevicePolicy::reject;

  bool operator==(const Zone&) const = default;
};

using SharedZone = std::shared_ptr<const Zone>;

struct Account {
  AccountId id;
  std::string name;           ///< as registered; empty for third-party accounts
  std::string password_hash;  ///< encoded argon2id; empty = no password login
};

/// Whom a member lets ask to become friends, and write to it. Stored as numbers: append only.
enum class FriendsFrom : std::uint8_t {
  anyone = 0,      ///< as the zone's policy has it
  on_request = 1,  ///< never at once
  nobody = 2,
};
enum class MessagesFrom : std::uint8_t { anyone = 0, friends = 1 };
struct MemberSettings {
  FriendsFrom friends_from = FriendsFrom::anyone;
  MessagesFrom messages_from = MessagesFrom::anyone;

  bool operator==(const MemberSettings&) const = default;
};

struct Member {
  MemberId id;
  AccountId account;
  ZoneId zone;
  std::string nickname;
  std::string avatar;  ///< a reference that the app understands, <= 256 bytes
  std::string custom;  ///< what the app says of it to everybody: a JSON object as compact text, or empty
  MemberSettings settings;
  std::uint64_t version = 0;  ///< counted up by each change
};

/// What is set of a member.
struct MemberChange {
  std::optional<std::string> nickname, nickname_key;  ///< both or neither
  std::optional<std::string> avatar, custom;
  std::optional<FriendsFrom> friends_from;
  std::optional<MessagesFrom> messages_from;
};

enum class TokenKind : std::uint8_t { account = 1, member = 2, handover = 3 };

/// A stored credential. The token itself is never stored, only its SHA-256.
struct Token {
  TokenId id;
  TokenKind kind = TokenKind::account;
  std::string hash;  ///< 32 bytes
  AccountId account;
  MemberId member;  ///< kind member and handover
  ZoneId zone;      ///< where it may be used
  std::string device;
  std::int64_t created_ms = 0;
  std::int64_t expires_ms = 0;
};

enum class Friendship : std::uint8_t { none = 0, friends = 1, requested_by_me = 2, requested_by_them = 3 };

/// How one member stands to another; only rows with something to say exist.
struct Relation {
  MemberId peer;
  std::string peer_name, peer_avatar;
  Friendship friendship = Friendship::none;
  bool blocked_by_me = false;
  bool blocked_by_them = false;
  std::string remark;
};

/// What a member starts with when it enters.
struct MemberLists {
  std::vector<Relation> relations;
  std::vector<Room> rooms;
};

struct DirectoryLimits {
  std::uint32_t members_per_account_max = 16;  ///< in one zone
  std::uint32_t friends_max = 1000;            ///< relations of one member
  RoomLimits rooms;
  std::uint32_t channels_per_zone_max = 1000;
  Quotas app;  ///< of apps that have none of their own
};

/// Accounts, apps, zones, members, tokens and relations; rooms are a port of their own (rooms.h), which whoever has the members
/// implements as well.
///
/// Contract  Every method is one transaction: all of it or nothing. Names arrive as the login rules normalised them, with
///           their uniqueness key (`*_key`) beside; the directory compares keys only. Zone is a parameter wherever a
///           member acts: what belongs to another zone is not_found (promise 5). A method that finds the database gone
///           gives `unavailable` and recovers by itself when it is back. A member or a room that an app may not have any more
///           is `quota`, with its name and amount ("members_max 100"), decided in the transaction that would make it.
/// Thread    Blocks. Any thread but a shard's may call; implementations are thread-safe.
/// Remote    The interface passes values only, so that an implementation may call another process.
class Directory : public Rooms {
 public:
  // Apps and zones ---------------------------------------------------------------------------------------------------
  /// The zone of that app; not_found when either does not exist.
  virtual DirectoryResult<Zone> zone(const std::string& app, const std::string& zone) = 0;
  virtual DirectoryResult<Zone> zone(ZoneId id) = 0;
  /// Creates the app and the zone if they do not exist; of an existing zone the policies are set to those given.
  virtual DirectoryResult<Zone> put_zone(const Zone& wanted) = 0;

  // Accounts -----------------------------------------------------------------------------------------------------------
  /// Creates the account and its first member with the same name in `zone`: name_taken names which of the two was taken.
  virtual DirectoryResult<Member> register_account(const std::string& name, const std::string& name_key,
                                                   const std::string& password_hash, ZoneId zone) = 0;
  virtual DirectoryResult<Account> account(AccountId id) = 0;
  virtual DirectoryResult<Account> account_by_name(const std::string& name_key) = 0;
  /// The account of (vendor, vendor_user), created when there is none.
  virtual DirectoryResult<Account> third_party_account(const std::string& vendor,
                                                       const std::string& vendor_user) = 0;
  virtual DirectoryResult<void> set_password(AccountId id, const std::string& password_hash) = 0;

  // Members ------------------------------------------------------------------------------------------------------------
  virtual DirectoryResult<Member> create_member(AccountId account, ZoneId zone, const std::string& nickname,
                                                const std::string& nickname_key,
                                                const std::string& avatar) = 0;
  /// Gives it as it is now. name_taken also when another member has the key; its own in another writing is fine.
  virtual DirectoryResult<Member> update_member(ZoneId zone, MemberId id, const MemberChange& change) = 0;
  virtual DirectoryResult<Member> member(ZoneId zone, MemberId id) = 0;
  virtual DirectoryResult<Member> member_by_id(
      MemberId id) = 0;  ///< any zone: for login by id and for servers
  virtual DirectoryResult<Member> member_by_nickname(ZoneId zone, const std::string& nickname_key) = 0;
  virtual DirectoryResult<std::vector<Member>> members_of(AccountId account, ZoneId zone) = 0;

  // Tokens -------------------------------------------------------------------------------------------------------------
  virtual DirectoryResult<TokenId> put_token(const Token& token) = 0;
  /// not_found also when it is revoked or `now_ms` is past its expiry.
  virtual DirectoryResult<Token> token(const std::string& hash, std::int64_t now_ms) = 0;
  /// As token(), and removes it in the same transaction: of two callers one gets not_found.
  virtual DirectoryResult<Token> take_token(const std::string& hash, std::int64_t now_ms) = 0;
  /// Revokes those that match (all of an account; or of one device of it when `device` is set; or one by id). Gives them.
  virtual DirectoryResult<std::vector<Token>> revoke_tokens(AccountId account,
                                                            std::optional<std::string> device,
                                                            std::optional<TokenId> only) = 0;
  virtual DirectoryResult<std::vector<Token>> tokens_of(AccountId account, std::int64_t now_ms) = 0;
  /// Deletes expired ones, at most `limit`; gives how many.
  virtual DirectoryResult<std::uint32_t> expire_tokens(std::int64_t now_ms, std::uint32_t limit) = 0;

  // Friends and blocks -------------------------------------------------------------------------------------------------
  virtual DirectoryResult<std::vector<Relation>> relations(ZoneId zone, MemberId member) = 0;
  /// By the zone's policy `friends` at once or `requested_by_me`; a request that crosses the peer's own makes friends.
  /// conflict when they are friends already, the peer has blocked the member, or takes requests of nobody and did not ask
  /// itself.
  virtual DirectoryResult<Relation> add_friend(ZoneId zone, MemberId member, MemberId peer) = 0;
  /// Answers the peer's request; conflict when there is none.
  virtual DirectoryResult<Relation> answer_friend(ZoneId zone, MemberId member, MemberId peer,
                                                  bool accept) = 0;
  /// Ends a friendship or withdraws a request, on both sides.
  virtual DirectoryResult<Relation> remove_friend(ZoneId zone, MemberId member, MemberId peer) = 0;
  virtual DirectoryResult<Relation> set_blocked(ZoneId zone, MemberId member, MemberId peer,
                                                bool blocked) = 0;
  virtual DirectoryResult<Relation> set_remark(ZoneId zone, MemberId member, MemberId peer,
                                               const std::string& remark) = 0;

  // Without asking -------------------------------------------------------------------------------------------------------
  /// relations() and rooms_of() when both are in memory and as new as the last change that was answered; otherwise nothing:
  /// then call those two. Never blocks: a shard may call it.
  [[nodiscard]] virtual std::optional<MemberLists> remembered(ZoneId zone, MemberId member) {
    static_cast<void>(zone);
    static_cast<void>(member);
    return std::nullopt;
  }
};

}  // namespace plaza::ports
