#include "client/chat/message_change_text.h"

namespace plaza::client::chat {

std::string_view change_word(const Change& change) {
  switch (change.action) {
    case Change::Action::none: break;
    case Change::Action::recall: return "recalled";
    case Change::Action::edit: return "edited";
  }
  return "changed";
}

std::string message_change_text(const Message& message) {
  switch (message.change.action) {
    case Change::Action::none: break;
    case Change::Action::recall: return "took a message back";
    case Change::Action::edit:
      return message.recalled ? std::string("edited a message that was taken back since")
                              : "edited: " + message.body;
  }
  return "changed a message";
}

}  // namespace plaza::client::chat
