#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "chat/session_channels.h"
#include "ports/files.h"
#include "protocol/reply_structs.h"
#include "protocol/table.h"

namespace plaza::chat {

/// Unique on the node as long as it runs; never reused, so that an answer that comes late finds its session or none.
using SessionId = std::uint64_t;

/// The part of a pushed frame that is the same for everyone who gets it. The owner keeps `text` alive during push(); a
/// receiver that wants to keep it without copying makes `shared` once and the next receivers take that.
struct SharedTail {
  std::string_view text;
  std::shared_ptr<const void>
      shared;  ///< whatever the receivers' side made of it; the domain does not look at it
};

/// Whole frames that are the same for everyone who gets them. As with SharedTail the owner keeps the text alive, and the
/// receivers' side keeps what it made of it for the next receivers.
struct SharedFrames {
  std::string_view lines;               ///< each frame with a newline behind it
  std::span<const std::uint32_t> ends;  ///< where each ends, its newline included
  std::shared_ptr<const void> plain, websocket;
};

enum class Resume : std::uint8_t { next, same };

/// What the domain may do to a connection. The edge implements it on sockets, the simulator on its network.
///
/// Thread  The session's shard.
/// Limit   send() is for answers, push() for what comes unasked. push() gives false, and takes nothing, before the room
///         that answers need is used up, and when the connection is closing: the session then falls to pull. An answer that does not fit closes the session.
class SessionOut {
 public:
  virtual ~SessionOut() = default;
  /// False: it goes nowhere, because the connection is closing. What a classic client was not handed it has not received.
  virtual bool send(std::string_view frame) = 0;
  virtual bool push(std::string_view head, SharedTail& tail) = 0;
  /// For what may as well be left out: taken only while hardly anything waits to be read.
  virtual bool push_if_idle(std::string_view frame) {
    SharedTail tail{.text = frame, .shared = {}};
    return push({}, tail);
  }
  /// Several frames, taken all or, with false, up to some of them.
  virtual bool push_frames(SharedFrames& frames) {
    std::uint32_t begin = 0;
    for (const std::uint32_t end : frames.ends) {
      SharedTail tail{.text = frames.lines.substr(begin, end - 1 - begin), .shared = {}};
      if (!push({}, tail)) return false;
      begin = end;
    }
    return true;
  }
  /// Says this GOODBYE and closes when that is written. No request is delivered from now on.
  virtual void close(const protocol::GoodbyePush& goodbye) = 0;
  /// Ends the pause that Verdict::wait or ::again began: with the next request, or with the same one once more.
  virtual void resume(Resume with) = 0;
};

/// What becomes of the connection's reading after a request.
enum class Verdict : std::uint8_t {
  done,   ///< deliver the next request
  wait,   ///< deliver no request until resume()
  again,  ///< keep this request and deliver it again at resume(Resume::same): something has to be read first
};

/// Where a session is. Which message is allowed where stands in the protocol's table.
///
///   logged_out -> authenticated -> entering -> entered -> ready
///        ^______________|______________________|__________|   (LOGINOUT)
enum class SessionState : std::uint8_t { logged_out, authenticated, entering, entered, ready };

struct MemberState;

/// Where a session stands among those that follow a large room.
struct RoomPlace {
  RoomId room;
  std::uint32_t index = 0;
};

/// What was read of the file that the send at hand names.
struct AttachedFile {
  ports::FileId id;
  std::optional<ports::StoredFile> file;  ///< none: there is no such file in the zone
};

/// One connection as the domain sees it.
/// Thread  The shard that has it. Owner: the edge (or the simulator); the hub holds a pointer from enter() to leave().
struct Session {
  SessionId id = 0;
  /// Of this stay as a member, unique on its shard: what was asked in an earlier one, by whoever was logged in then, is
  /// not answered to this one.
  std::uint64_t login = 0;
  SessionOut* out = nullptr;
  MemberState* member = nullptr;  ///< from entering on
  AccountId account;
  TokenId login_token;   ///< the token it logged in with, or got at login
  TokenId member_token;  ///< the token it got when it entered
  AppId app;
  ZoneId zone;
  std::string device;
  std::unique_ptr<AttachedFile> attached;     ///< null but while a send waits for it
  std::unique_ptr<SessionChannels> channels;  ///< null until it uses one
  std::vector<RoomId> watches;                ///< rooms whose presence it watches
  std::uint64_t
      pushed = 0;  ///< the newest inbox position that was handed to the connection, or skipped as known
  std::uint64_t stored_cursor = 0;      ///< classic: the cursor as the store has it
  std::uint64_t accepted_send_id = 0;   ///< the device's newest accepted send, as far as this shard knows
  std::uint64_t submitted_send_id = 0;  ///< the largest send_id that this session gave to the store
  std::uint32_t unacknowledged = 0;     ///< sends that the store has and has not decided
  std::vector<RoomPlace> large_rooms;   ///< those it follows, by room; LargeRooms' own
  SessionState state = SessionState::logged_out;
  bool classic = false;  ///< knows only msgids 1..13: gets offline messages at login and is pushed by cursor
  bool token_login = false;   ///< the device showed its token: it replaces an older session of its own
  bool pulling = false;       ///< too slow for pushes: knows the head and syncs (classic: we read for it)
  bool window_full = false;   ///< waits for acks before it may send more
  bool pumping = false;       ///< classic: a page of its inbox is being read
  bool pumping_room = false;  ///< classic: a page of one of its large rooms is being read
};

}  // namespace plaza::chat
