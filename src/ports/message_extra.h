#pragma once
#include <cstdint>
#include <optional>
#include <vector>

#include "base/ids.h"

namespace plaza::ports {

enum class MessageKind : std::uint8_t;

/// What a change does to the message that it is about. The numbers are stored: append only.
enum class ChangeAction : std::uint8_t {
  recall = 1,  ///< its body is gone for good, everywhere
  edit = 2,    ///< the body of the change takes the place of its body, which is kept as an earlier version
};

/// What makes a message (of kind `change`) a change of an earlier one of its conversation.
struct MessageChange {
  ChangeAction action = ChangeAction::recall;
  std::uint64_t target = 0;  ///< position in the conversation of the message that is changed
  MessageKind kind{};        ///< edit: of the message that is changed: text, image, file or custom
  MessageId message;         ///< the id of that message; set by the store

  bool operator==(const MessageChange&) const = default;
};

/// What few messages have.
struct MessageExtra {
  // Set by whoever sends.
  std::uint64_t reply_to = 0;  ///< position in the conversation of the message that is answered; 0: none
  std::optional<MessageChange> change;  ///< with kind `change`, and only then

  // Set by the store, when the message is changed.
  std::int64_t edited_ms = 0;        ///< Unix time of the newest edit
  std::vector<std::uint64_t> edits;  ///< message ids of the edits, in their order
  std::int64_t recalled_ms = 0;      ///< Unix time of the recall, also in its edits; 0: not recalled
  MemberId recalled_by;

  bool operator==(const MessageExtra&) const = default;
};

}  // namespace plaza::ports
