#pragma once
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/directory.h"
#include "ports/message.h"
#include "ports/stream_store.h"

namespace plaza::backend {

/// What a stored message got.
struct Stored {
  MessageId id;
  std::uint64_t conversation_seq = 0;
  std::int64_t time_ms = 0;
  bool duplicate = false;  ///< it was stored by an earlier call
};

/// not_found: the room is not there; not_member: the sender is not in it.
using RoomSend = ports::DirectoryResult<Stored>;
/// What an app uses of the node now, and may.
struct AppFigures {
  ports::Quotas quotas;  ///< in force
  std::uint64_t sessions = 0;
  std::uint64_t stored_bytes = 0;
};

enum class Kept : std::uint8_t { stored, not_stored };

/// Which quota is against a message, and after how long it may be sent; 0: no time is known.
struct OverQuota {
  ports::Quota quota = ports::Quota::stored_bytes;
  std::int64_t wait_ms = 0;
};

using RoomOutcome = ports::DirectoryResult<ports::RoomChanged>;

struct OnlineMember {
  MemberId id;
  std::string nickname;
  std::vector<std::string> devices;
};

/// What is going on now: sessions, and messages on their way. Implemented on the node's shards (app/node).
///
/// Contract  Each call returns when it is in force, or gives false or nothing when that took too long or cannot be known.
/// Thread    Blocks. Any thread but a shard's.
class Live {
 public:
  virtual ~Live() = default;

  /// Stores a message that no session sent, to a member. Of one with a send_id that was stored before, the first one's answer.
  virtual std::optional<Stored> send(ports::Message message) = 0;
  /// The same to all in a room.
  virtual std::optional<RoomSend> send_to_room(ports::Message message) = 0;
  /// What is in a stream behind `after`, ascending.
  virtual std::optional<ports::Page> read(ports::StreamId stream, std::uint64_t after,
                                          std::uint32_t limit) = 0;
  /// Ends the member's sessions, those of one device when it is given; gives how many there were.
  virtual std::optional<std::uint32_t> kick(MemberId member, const std::string& device,
                                            const std::string& reason) = 0;
  /// Those of the zone with id > after, ascending, at most limit.
  virtual std::optional<std::vector<OnlineMember>> online(ZoneId zone, MemberId after,
                                                          std::uint32_t limit) = 0;
  [[nodiscard]] virtual bool is_online(MemberId member) const = 0;

  /// The member is another now: everything here goes by it, and its sessions are told; its friends too when `shown`, that is when they
  /// see it differently.
  virtual bool member_changed(const ports::Member& member, bool shown) = 0;

  /// From now on nobody is in these zones, or may come in; or may again.
  virtual bool close_zones(const std::vector<ZoneId>& zones, bool closed) = 0;
  /// An app or a zone is to be deleted: begins it soon.
  virtual void erase() = 0;
  /// Ends every session of the account.
  virtual void end_sessions(AccountId account, const std::vector<ports::Token>& revoked) = 0;

  /// Counts a message or a publication that a server of the zone's app is about to send; what is against it, if something is.
  virtual std::optional<OverQuota> count_message(const ports::Zone& zone, Kept kept) = 0;
  /// In force when it returns.
  virtual void set_quotas(AppId app, const ports::OwnQuotas& own) = 0;
  virtual AppFigures figures(AppId app) = 0;

  // As the app's server. Those who are there have been told; nothing when it is not known whether it was done.
  virtual std::optional<RoomOutcome> create_room(ZoneId zone, MemberId owner,
                                                 const ports::NewRoom& wanted) = 0;
  virtual std::optional<RoomOutcome> change_room(ZoneId zone, RoomId room,
                                                 const ports::RoomChange& change) = 0;
};

}  // namespace plaza::backend
