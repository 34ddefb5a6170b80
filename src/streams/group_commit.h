#pragma once
#include <cstdint>
#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "ports/stream_store.h"
#include "streams/message_changes.h"
#include "streams/working_set.h"

namespace plaza::streams {

/// What became of one append in the group, before the commit.
struct Decision {
  ports::AppendCode code = ports::AppendCode::accepted;
  ports::AppendRefusal refusal = ports::AppendRefusal::none;
  std::uint64_t expected_send_id = 0;  ///< for ahead, and for a duplicate that turns out to be a conflict
  /// For duplicate: whose send it was. The original is looked up and compared after the commit, so that one in the
  /// same group is found.
  SenderState* sender = nullptr;
};

/// The changes of one transaction, made in memory at once and taken back when the transaction fails.
///
///   begin -> add, move_marks, ... -> (write messages(), marks(), cursors()) -> commit | roll_back
///
/// Thread   The writer's.
/// Owner    The store; one for its life, so that its buffers are reused.
/// Order    Calls are decided in their order: a later one sees what an earlier one in the group did.
/// Failure  A call that cannot load what it needs gives nullopt: the whole group must be rolled back. After
///          roll_back() the working set, and the messages that were added, are as before begin().
class GroupCommit {
 public:
  GroupCommit(WorkingSet& set, std::uint8_t region) : set_(set), region_(region), changes_(set) {}

  void begin(std::int64_t now_ms);

  /// Decides an append and, when it is accepted, completes its message.
  [[nodiscard]] std::optional<Decision> add(const ports::Append& append);
  [[nodiscard]] std::optional<ports::Marked> move_marks(MemberId member, ports::StreamId conversation,
                                                        ports::Marks to);
  [[nodiscard]] std::optional<ports::Marked> follow(MemberId member, ports::StreamId conversation);
  [[nodiscard]] std::optional<bool> unfollow(MemberId member, ports::StreamId conversation);
  [[nodiscard]] std::optional<std::uint64_t> received(MemberId member, std::string_view device,
                                                      std::uint64_t seq);

  // What the transaction has to write.
  [[nodiscard]] const std::vector<std::shared_ptr<ports::Message>>& messages() const { return messages_; }
  /// After the messages.
  [[nodiscard]] const MessageChanges& changes() const { return changes_; }
  [[nodiscard]] const std::vector<MarkState*>& marks() const { return called_marks_; }
  [[nodiscard]] const std::vector<SenderState*>& cursors() const { return called_cursors_; }
  [[nodiscard]] bool empty() const {
    return messages_.empty() && called_marks_.empty() && called_cursors_.empty();
  }
  /// Stream entries that the messages make.
  [[nodiscard]] std::size_t entries() const { return streams_.size(); }

  /// The transaction is durable.
  void commit();
  void roll_back();

 private:
  struct SenderBefore {
    SenderState* sender;
    std::uint64_t last_message;
    std::uint64_t given_send_id;  ///< in the message, before it was completed
  };
  struct MarkBefore {
    MarkState* mark;
    ports::Marks marks;
    MarkState::Listing listing;
    std::uint64_t removed_at;
  };
  struct CursorBefore {
    SenderState* sender;
    std::uint64_t received;
  };

  bool enter(ports::StreamId id, std::uint64_t message_id, std::uint64_t& seq);
  bool deliver(const ports::Append& append);
  bool move_own_marks(const ports::Message& message);
  bool list_notice(const ports::Message& message);
  void remember(MarkState& mark);
  void call_changed(MarkState& mark);
  void clear();

  // Constant after construction.
  WorkingSet& set_;
  const std::uint8_t region_;
  // The group.
  std::int64_t now_ms_ = 0;
  std::uint64_t last_message_before_ = 0;
  std::int64_t last_time_before_ms_ = 0;
  std::vector<std::shared_ptr<ports::Message>> messages_;
  std::vector<SenderBefore> senders_;  // one per message
  std::vector<StreamState*> streams_;  // one per entry
  std::vector<MarkBefore> marks_before_;
  std::vector<CursorBefore> cursors_before_;
  std::vector<MarkState*> called_marks_;      // each once
  std::vector<SenderState*> called_cursors_;  // each once
  MessageChanges changes_;
};

}  // namespace plaza::streams
