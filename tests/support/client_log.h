#pragma once
// What clients noted while a run went on, and what is found in the inboxes after it: all that the checker looks at.
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "client/rules/message.h"
#include "client/rules/stream_follower.h"
#include "tests/support/membership.h"

namespace plaza::tests {

/// One message that an application wanted sent. `body` is unique in the whole run: it is how messages are told apart, until they
/// are edited or recalled, which only those are that were acknowledged: then it is the id. The body of an edit is the new one of the
/// message that it changes; a recall has none.
struct Sent {
  enum class Fate : std::uint8_t {
    unknown,  ///< no answer yet, or the application was restarted before it came: stored once or nowhere
    stored,   ///< acknowledged
    refused,  ///< nowhere
  };
  client::Conversation to;
  std::string body;
  client::Change change = {};
  Moment offered = 0;
  Moment decided = 0;
  Fate fate = Fate::unknown;
  bool forgotten = false;  ///< the application was restarted: nobody waits for an answer any more
  int error = 0;
  std::uint64_t send_id = 0, id = 0, seq = 0,
                cseq = 0;  ///< as acknowledged; 0 where the server no longer knew it
};

/// One device of a member: what its application sent and saw, each in its order.
struct DeviceLog {
  std::uint64_t member = 0;
  std::string device;
  std::uint64_t start = 0;  ///< the inbox position before the first entry it wants
  std::vector<Sent> sent;
  std::vector<client::Message> seen;
  std::vector<client::Gap> gaps = {};
  std::vector<std::vector<client::Message>> history = {};  ///< pages of conversations, newest first
  std::map<std::uint64_t, std::uint64_t> large = {};       ///< where it is in each large group, at the end
  /// A classic client: it shows what it is handed, which is never its own member's, and cannot ask for what it missed.
  bool classic = false;
  std::vector<std::size_t> connections = {};  ///< classic: where in `seen` each connection begins
  std::vector<std::uint64_t> lost =
      {};  ///< classic: positions that were on their way when a connection broke
};

/// A member's whole inbox as the server gives it after the run. When retention removed some of it while the run went on, its
/// entries were read before.
struct Inbox {
  std::uint64_t member = 0;
  std::uint64_t head = 0;
  std::uint64_t trimmed = 0;  ///< applications may have missed entries up to here, and were told so
  std::vector<client::Message> entries;
};

/// A group that became a large one, as its own stream has it after the run: from its event "grown" on no inbox needs to have
/// what was said there.
struct LargeGroup {
  std::uint64_t group = 0;
  std::uint64_t trimmed = 0;             ///< as of an Inbox
  std::vector<client::Message> entries;  ///< by cseq
};

struct RunLog {
  std::vector<DeviceLog> devices;
  std::vector<Inbox> inboxes;  ///< of every member that sends or receives
  std::vector<LargeGroup> large_groups = {};
  std::map<std::uint64_t, std::uint64_t> owners = {};  ///< of groups: who may recall there what others said
  Memberships groups;                                  ///< who was in which group, and when
  Memberships blocks;                                  ///< {group: who blocked, member: who is blocked}
  bool finished = true;  ///< the run ended with everybody connected and nothing waiting
};

}  // namespace plaza::tests
