#include "search/searchable.h"

#include "search/text_words.h"

namespace plaza::search {

std::string_view searchable_text(const ports::Message& message) {
  if (message.conversation.kind() == ports::StreamKind::channel) return {};
  return message.kind == ports::MessageKind::text ? std::string_view(message.body) : std::string_view();
}

std::optional<ports::SearchDocument> document_of(const ports::Message& message) {
  TextWords found = words_of(searchable_text(message));
  if (found.words.empty() && found.characters.empty()) return std::nullopt;
  return ports::SearchDocument{.id = message.id,
                               .conversation = message.conversation,
                               .words = std::move(found.words),
                               .characters = std::move(found.characters)};
}

}  // namespace plaza::search
