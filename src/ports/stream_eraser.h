#pragma once
#include <string>
#include <vector>

#include "ports/stream_store.h"

namespace plaza::ports {

/// Whose messages, positions and devices are to be removed for good.
struct Erasure {
  std::vector<MemberId>
      members;  ///< inbox, notices, conversations with members of greater ids, marks, cursors, devices
  std::vector<StreamId> conversations;      ///< rooms and channels
  std::vector<std::string> server_devices;  ///< of sender 0, for those that have no message any more
};

/// The same storage as a StreamStore's, for the job that removes accounts, zones and apps.
///
/// Thread    As StreamStore.
class StreamEraser {
 public:
  virtual ~StreamEraser() = default;

  /// Removes these with all messages of their conversations, a bounded piece per call. Gives true when there is more: call it again. The
  /// caller has seen to it that nobody sends to, reads or marks any of them any more, and erases both members of a pair: entries that others
  /// have of removed messages lead nowhere. Again after a crash is fine.
  /// A device of the server itself goes with the last message that it sent.
  virtual void erase(Erasure what, StreamStore::Done<bool> done) = 0;
};

}  // namespace plaza::ports
