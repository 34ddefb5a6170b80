#pragma once
#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/support/client_log.h"

namespace plaza::tests {

/// What edits and recalls have made of the messages of a run.
///
/// The changes of a conversation, in its order, say what its messages are: that is what the streams have to have, and what every
/// application arrives at that applies the changes it sees to the messages it has seen.
class MessageStates {
 public:
  using Place = std::pair<std::uint64_t, std::uint64_t>;  ///< the two members of a pair; 0 and a group
  using Places = std::map<Place, std::map<std::uint64_t, const client::Message*>>;  ///< by cseq

  /// Both are kept.
  MessageStates(const RunLog& run, const Places& places);

  /// What is wrong in the streams.
  [[nodiscard]] std::vector<std::string> check_streams() const;
  /// What is wrong in what an application has seen.
  [[nodiscard]] std::vector<std::string> check_seen(const DeviceLog& log) const;

 private:
  struct State {
    std::uint32_t edits = 0;
    bool recalled = false;
    std::string body;              ///< after the newest edit
    std::uint64_t changed_at = 0;  ///< position of the newest change; 0: none
  };
  struct Shown {
    const client::Message* message;
    std::string body;
    bool recalled = false;
    std::uint64_t changed_at = 0;
  };
  using Lines = std::vector<std::string>;

  void follow(const Place& place, const client::Message& change);
  [[nodiscard]] bool permitted(const Place& place, const client::Message& change) const;
  void check_message(const Place& place, const client::Message& entry, Lines& lines) const;

  const RunLog& run_;
  const Places& places_;
  std::map<Place, std::map<std::uint64_t, State>> states_;  ///< of what was changed, by cseq
  Lines wrong_;
};

}  // namespace plaza::tests
