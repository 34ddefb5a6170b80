#pragma once
#include <cstdint>
#include <map>
#include <memory>
#include <optional>
#include <vector>

#include "ports/stream_store.h"
#include "streams/working_set.h"

namespace plaza::streams {

/// What the recalls and edits of one transaction do to the messages that they are about.
///
///   check -> (the change gets its id, time and place) -> make -> (write forgotten(), kept(), rewritten(), quiet(), zone_rows()) -> commit | roll_back
///
/// Thread   The writer's.
/// Owner    GroupCommit, which calls it for each message of its group that has something of this.
/// Order    A change sees what earlier ones of the group did. Messages of the group are written first, as they were sent.
/// Limit    A recall loads the message and its edits, an edit the message alone, unless they are among the recent ones.
///
/// Why the messages are not changed in place: whoever has been given one shows it, on other threads.
class MessageChanges {
 public:
  /// The messages of the group so far.
  using Group = std::vector<std::shared_ptr<ports::Message>>;
  struct Kept {
    std::uint64_t message = 0;
    ports::MessageVersion version;
  };

  explicit MessageChanges(WorkingSet& set) : set_(set) {}

  /// Whether a message that answers or changes another may be stored. Nothing: the storage failed.
  [[nodiscard]] std::optional<ports::AppendRefusal> check(const ports::Message& message, const Group& group);
  /// Does what the message says, when it is the one that was checked last and is a change. False: the storage failed.
  [[nodiscard]] bool make(ports::Message& change, const Group& group);

  // What the transaction has to write, in this order.
  /// Messages whose versions are to be deleted.
  [[nodiscard]] const std::vector<std::uint64_t>& forgotten() const { return forgotten_; }
  [[nodiscard]] const std::vector<Kept>& kept() const { return kept_; }
  /// Messages as they are now, by id: body and extra.
  [[nodiscard]] const std::map<std::uint64_t, ports::MessagePtr>& rewritten() const { return rewritten_; }
  /// Places of the changes in their conversations.
  [[nodiscard]] const std::vector<ports::Delivery>& quiet() const { return quiet_; }
  /// Rows of zones whose messages take more or less than before.
  [[nodiscard]] std::vector<ports::ZoneBytes> zone_rows() const;
  [[nodiscard]] bool empty() const { return rewritten_.empty(); }
  /// Something is to be gone for good.
  [[nodiscard]] bool recalls() const { return recalls_; }

  void commit();
  void roll_back();

 private:
  struct QuietBefore {
    StreamState* stream;
    std::uint64_t quiet;
  };

  bool find(StreamState& stream, std::uint64_t seq, const Group& group, ports::MessagePtr& found);
  bool find(std::uint64_t id, const Group& group, ports::MessagePtr& found);
  struct Resized {
    ZoneId zone;
    std::uint64_t message;
    std::int64_t longer;
  };

  void edit(const ports::Message& change);
  bool recall(const ports::Message& change, const Group& group);
  void rewrite(const ports::Message& before, std::string body, ports::MessageExtra extra);
  void resize(ZoneId zone, std::uint64_t message, std::int64_t longer);
  void clear();

  // Constant after construction.
  WorkingSet& set_;
  // The group.
  ports::MessagePtr target_;  ///< of the change that was checked last
  std::map<std::uint64_t, ports::MessagePtr> rewritten_;
  std::vector<Kept> kept_;
  std::vector<std::uint64_t> forgotten_;
  std::vector<ports::Delivery> quiet_;
  std::vector<QuietBefore> quiet_before_;
  std::vector<Resized> resized_;
  bool recalls_ = false;
};

}  // namespace plaza::streams
