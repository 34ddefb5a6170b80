#pragma once
#include <functional>
#include <optional>
#include <string>

#include "client/chat/model.h"
#include "client/chat/record.h"

namespace plaza::client::chat {

enum class Secret : bool { no, yes };

/// What a chat session shows itself on: a screen, or the lines of a script.
class Frontend {
 public:
  using Answer = std::move_only_function<void(std::optional<std::string>)>;

  /// Something happened. `human` is for a person (may have several lines; empty: the model shows it already), `where` the
  /// conversation it belongs to (id 0: the one that is open).
  virtual void event(const Record& record, const std::string& human, Line::Kind kind, Conversation where) = 0;
  /// Asks the person. Nothing as answer: cancelled. A secret is not shown and not remembered.
  virtual void ask(const std::string& label, Secret secret, Answer answer) = 0;
  /// The model changed.
  virtual void changed() = 0;
  /// Lines for a program: /history gives the newest from the server, whatever is loaded already.
  [[nodiscard]] virtual bool is_script() const = 0;
  /// Leave; 0 is success.
  virtual void quit(int code) = 0;

 protected:
  ~Frontend() = default;
};

}  // namespace plaza::client::chat
