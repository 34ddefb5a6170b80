#pragma once
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/result.h"
#include "ports/message.h"

namespace plaza::ports {

/// Which streams get an entry of a message.
enum class Reach : std::uint8_t {
  inboxes,       ///< the conversation, the sender's inbox, and those of the recipients
  conversation,  ///< the conversation alone: a large room, a channel. Not for a pair
};

/// One message on its way into the store.
struct Append {
  /// What the sender set (see Message). The store completes it; until the outcome is reported nobody else touches it.
  std::shared_ptr<Message> message;
  Reach reach = Reach::inboxes;
  /// The members whose inboxes get it, besides the sender's own, when it is a room's: sorted, may contain the sender.
  /// Shared by all messages of the room until its membership changes. Null for a pair: then the peer is the recipient.
  /// Not looked at when only the conversation is reached.
  std::shared_ptr<const std::vector<MemberId>> fanout;
  /// Handed back unchanged with the outcome; the store does not look at them.
  std::uint32_t origin_shard = 0;
  std::uint64_t origin_session = 0;
  std::uint64_t origin_login = 0;
  std::uint64_t rid = 0;
  bool wants_rid = false;  ///< the request carried a rid
  bool wants_ack = true;   ///< an acceptance is answered, not only a refusal
};

enum class AppendCode : std::uint8_t {
  accepted,           ///< stored now; durable
  duplicate,          ///< this very send was accepted before; `message` is the original
  duplicate_trimmed,  ///< accepted before, but retention has removed the original: only that much is known
  conflict,  ///< send_id was accepted before with another message: this one is stored nowhere; expected_send_id tells
  ahead,  ///< send_id is more than one past the last accepted; nothing was consumed; expected_send_id tells
  unavailable,  ///< could not be stored (disk full, database gone); nothing was consumed; the same send_id may be retried
  refused,  ///< the message that it is about is not fit for that: `refusal` tells; nothing was consumed
};

/// Why an answer to, or a change of, a message is refused.
enum class AppendRefusal : std::uint8_t {
  none,
  no_such_message,  ///< there is nothing at that position (any more)
  recalled,         ///< it is recalled already
  not_changeable,   ///< an event, a change, or of another kind than its new body
};

struct Appended {
  AppendCode code = AppendCode::unavailable;
  AppendRefusal refusal = AppendRefusal::none;
  Append append;                       ///< as it was given
  MessagePtr message;                  ///< for accepted and duplicate
  std::uint64_t expected_send_id = 0;  ///< for ahead and conflict: the next free one when this was decided
};

/// What the messages of a zone take that are stored: for each the bytes of its body, and kMessageBytes for the rest of it. The
/// same for one in a thousand inboxes; entries, marks and earlier versions of edited messages are not counted.
struct ZoneBytes {
  static constexpr std::uint64_t kMessageBytes = 128;
  static std::uint64_t of(const Message& message) { return message.body.size() + kMessageBytes; }

  ZoneId zone;
  std::uint64_t bytes = 0;

  bool operator==(const ZoneBytes&) const = default;
};

/// Where a store reports what became of appends.
///
/// Thread  A thread of the store. One call per group commit, never two at once.
/// Order   In the order of commit; within a stream by seq, within a sending device by send_id.
class AppendSink {
 public:
  virtual ~AppendSink() = default;
  virtual void appended(std::vector<Appended> outcomes) = 0;
  /// What these zones have now. At the start all of them, then those where it has changed: before the outcomes of the commit
  /// that changed it, and when retention has removed something.
  virtual void stored(const std::vector<ZoneBytes>& zones) { static_cast<void>(zones); }
};

enum class StoreCode : std::uint8_t {
  unavailable,  ///< the storage does not answer or refuses; try again later
};
struct StoreError {
  StoreCode code = StoreCode::unavailable;
  std::string detail;  ///< for the log, never for a client
};

struct Head {
  std::uint32_t epoch = 0;
  std::uint64_t head = 0;     ///< seq of the newest entry, 0 when there is none
  std::uint64_t trimmed = 0;  ///< entries with seq <= trimmed are gone
};

struct Entry {
  std::uint64_t seq = 0;
  MessagePtr message;
};

struct ReadRequest {
  StreamId stream;
  std::uint32_t epoch = 0;  ///< the epoch the reader knows; 0 = none yet
  bool backward = false;    ///< false: seq > from, ascending (sync). true: seq < from, descending (history)
  std::uint64_t from = 0;   ///< backward with 0 means from the head
  std::uint32_t entries_max = 500;
  std::size_t bytes_max = 256 * 1024;  ///< counted as body + 128 bytes an entry; one entry is always served
};

struct Page {
  Head head;  ///< at the time of reading
  /// Forward only: the reader's epoch is another one, entries after `from` are trimmed, or `from` is past the head (the
  /// reader was told positions that this store has lost: an older copy of it was put back). Then the page starts at the
  /// first entry that is still there.
  bool too_old = false;
  bool more = false;           ///< there are further entries in the direction of reading
  std::vector<Entry> entries;  ///< gapless: consecutive seqs
};

/// What a device needs to go on where it was.
struct DeviceState {
  Head inbox;
  std::uint64_t received = 0;  ///< the device's receive cursor: it said it has every inbox entry up to here
  std::uint64_t last_send_id = 0;
};

/// How far a member is in a conversation. Each position only grows.
struct Marks {
  std::uint64_t delivered = 0;
  std::uint64_t read = 0;
};
struct Marked {
  Marks marks;           ///< after the call
  bool changed = false;  ///< false: nothing grew, so nobody needs a receipt
  std::uint64_t head = 0;
};

/// Where a stream is, and how far a member is in it.
struct Place {
  Head head;
  Marks marks;  ///< none when the member has none there
};

struct Conversation {
  StreamId stream;
  std::uint64_t head = 0;
  Marks marks;
  Marks peer;  ///< between two members: how far the other one is
  /// Entries after the read mark, changes of messages left out. A member's own send moves its read mark to that message,
  /// wherever it went; a change of a message moves none.
  std::uint64_t unread = 0;
  MessagePtr last;  ///< the newest message, null when it is trimmed
};
struct ConversationPage {
  std::vector<Conversation> conversations;  ///< by stream id, ascending
  bool more = false;
};

/// A body that a message had, or has.
struct MessageVersion {
  std::uint32_t number = 0;  ///< 0: as it was sent; each edit counts one
  std::int64_t time_ms = 0;
  std::string body;
};
struct VersionsRequest {
  StreamId conversation;
  std::uint64_t cseq = 0;    ///< of the message
  std::uint32_t before = 0;  ///< versions with a smaller number; 0: from the newest
  std::uint32_t versions_max = 20;
  std::size_t bytes_max = 128 * 1024;  ///< of bodies; one version is always served
};
struct VersionPage {
  MessagePtr message;  ///< as it is now; null: there is no such message (any more)
  std::vector<MessageVersion>
      versions;  ///< the newest first, the present one among them; none of a recalled message
  bool more = false;
};

struct Retention {
  std::int64_t message_age_max_ms = 0;  ///< 0 = for ever
  std::uint64_t
      inbox_entries_max = 0;  ///< newest entries kept in each stream; 0 = all. Unreferred messages go
};

struct StoreHealth {
  bool writable = true;
  std::string reason;  ///< when not writable: for an operator
};

struct StoreStats {
  std::uint64_t messages = 0, duplicates = 0, commits = 0, commit_failures = 0;
  std::uint64_t entries_indexed = 0, entries_waiting = 0, appends_waiting = 0;
  std::uint64_t commit_ns = 0;  ///< total time spent in commits
};

/// Messages, and the ordered gapless streams that refer to them.
///
/// Promises  1 An outcome `accepted` or `duplicate` is reported only after the transaction is durable.
///           2 For each (sender, device) the accepted send_ids are 1, 2, 3...: next -> accepted, old -> the original again
///             when it is the same send (same_send) and refused with the next free one when it is not, ahead -> refused
///             with the expected one. What retention has removed cannot be compared: duplicate_trimmed. A refused or failed append consumes nothing. Appends of one device
///             are decided in the order in which append() got them; when one of a device fails with `unavailable`, later
///             ones in the same commit fail as well or are `ahead`, so that order is kept.
///           3 An accepted message has one entry in the sender's inbox, one in each recipient's and one in its conversation,
///             all in the same transaction; with Reach::conversation it has that last one only. Every stream is 1, 2, 3...
///             within an epoch, whatever the messages in it reach.
///             A message of the server itself (sender 0) has no inbox of its sender and moves nobody's marks, but one in a
///             member's notices makes that conversation one of the member's; its send_ids
///             count per device as those of members do, so that one who does not know whether it is stored appends it again.
///           4 A message of kind `change` also changes the message it is about, in the same transaction: a recall takes its body
///             and all its earlier versions from the storage, and the bodies of its edits; an edit replaces the body and keeps the
///             one before as a version. Every entry keeps its place. Who reads from then on gets the message as it is now. What
///             cannot be changed is refused: of two changes at the same time the second meets what the first has left.
///             An answer (reply_to) is refused when there is nothing at that position.
///           5 A read sees every append reported before it was asked for, and pages have no holes: what cannot be served is
///             said (too_old). So a reader that is past the head was told so by another stream.
/// Thread    Every method may be called from any thread and does not block; callbacks run on a thread of the store and
///           must not block it. Calls from one thread are taken in their order.
/// Stop      stop() commits what was accepted for storing, reports all outcomes, then returns; later calls report
///           unavailable.
class StreamStore {
 public:
  template <class T>
  using Done = std::move_only_function<void(Result<T, StoreError>)>;

  virtual ~StreamStore() = default;

  /// Opens or creates the storage and starts. Outcomes go to `sink`, which outlives the store's stop().
  [[nodiscard]] virtual Result<void, StoreError> start(AppendSink& sink) = 0;
  virtual void stop() = 0;

  virtual void append(std::vector<Append> batch) = 0;
  virtual void read(ReadRequest request, Done<Page> done) = 0;
  /// The bodies that a message of a conversation had.
  virtual void versions(VersionsRequest request, Done<VersionPage> done) = 0;
  virtual void heads(std::vector<StreamId> streams, Done<std::vector<Head>> done) = 0;
  /// Of each of the streams, in their order: for one who comes to many conversations at once.
  virtual void places(MemberId member, std::vector<StreamId> streams, Done<std::vector<Place>> done) = 0;
  virtual void open_device(MemberId member, std::string device, Done<DeviceState> done) = 0;

  /// Moves the device's receive cursor to `seq` (never back, never past the head). Gives the cursor after the call.
  virtual void received(MemberId member, std::string device, std::uint64_t seq, Done<std::uint64_t> done) = 0;

  /// Moves the member's marks in a conversation to those given (never back, never past the head; read implies delivered).
  /// Creates them when there are none, which makes the conversation one of the member's.
  virtual void mark(MemberId member, StreamId conversation, Marks marks, Done<Marked> done) = 0;
  /// As mark(), with both at the present head: for one who joins a room and has nothing to catch up with.
  virtual void follow(MemberId member, StreamId conversation, Done<Marked> done) = 0;
  /// Takes the conversation from the member's list (one who left a room). Unknown is fine.
  virtual void unfollow(MemberId member, StreamId conversation, Done<bool> done) = 0;
  /// The member's conversations with stream id > after.
  virtual void conversations(MemberId member, StreamId after, std::uint32_t limit,
                             Done<ConversationPage> done) = 0;

  /// Removes what the retention allows to remove, a bounded piece per call. Gives true when there is more to remove.
  virtual void trim(Retention retention, Done<bool> done) = 0;

  [[nodiscard]] virtual StoreHealth health() const = 0;
  [[nodiscard]] virtual StoreStats stats() const = 0;
};

}  // namespace plaza::ports
