#pragma once
#include <optional>
#include <string>
#include <string_view>

#include "ports/search.h"

namespace plaza::search {

/// The part of a message that is text for people; empty: it has none. Of what is in a channel nothing is searched.
[[nodiscard]] std::string_view searchable_text(const ports::Message& message);
/// What the index gets of it; nothing when it has no words.
[[nodiscard]] std::optional<ports::SearchDocument> document_of(const ports::Message& message);

}  // namespace plaza::search
