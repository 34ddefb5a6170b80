#pragma once
#include <string>

#include "ports/search.h"

namespace plaza::sqlite {

/// The words under which the conversation of a document is found.
[[nodiscard]] std::string place_words(ports::StreamId conversation);

/// The query in FTS5's language (https://www.sqlite.org/fts5.html#full_text_query_syntax). What a client typed is in it as quoted
/// words only. Empty: nothing can match.
[[nodiscard]] std::string match_expression(const ports::SearchQuery& query);
/// For everything in the scope.
[[nodiscard]] std::string match_expression(const ports::SearchScope& scope);

}  // namespace plaza::sqlite
