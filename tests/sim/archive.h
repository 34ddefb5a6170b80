#pragma once
#include <cstdint>
#include <map>
#include <utility>
#include <vector>

#include "ports/stream_store.h"
#include "tests/support/client_log.h"

namespace plaza::sim {

/// What the streams of a run have had: the inboxes and groups of its log, with what was trimmed meanwhile.
///
///   read_new() right before each trim ... read_new() -> read_again() -> complete(), each after the answers to the one before
///
/// Order  A message that is edited or recalled after it was trimmed from one stream is as the others have it; one that no stream has any
///        more is what its changes say.
class Archive {
 public:
  using Place = std::pair<std::uint64_t, std::uint64_t>;  ///< the two members of a pair; 0 and a group

  explicit Archive(tests::RunLog& run) : run_(run) {}

  /// Appends what came since.
  void read_new(ports::StreamStore& store);
  /// What is there now, as it is now; also between each two of these members.
  void read_again(ports::StreamStore& store, const std::vector<std::uint64_t>& members);
  void complete();

 private:
  void read_pair(ports::StreamStore& store, std::uint64_t one, std::uint64_t other);
  void note_change(const Place& place, const client::Message& entry);
  void complete(client::Message& entry, const Place& place);

  tests::RunLog& run_;
  std::map<std::uint64_t, client::Message> now_;  ///< by message id
  std::map<Place, std::map<std::uint64_t, std::map<std::uint64_t, client::Message>>>
      changes_;  ///< target -> cseq -> the change
};

}  // namespace plaza::sim
