#include "sqlite/search_query.h"

#include <fmt/format.h>

#include <string_view>

namespace plaza::sqlite {

using ports::SearchTerm;
using ports::StreamKind;

namespace {

std::string conversation_word(ports::StreamId conversation) {
  switch (conversation.kind()) {
    case StreamKind::pair: return fmt::format("p{}x{}", conversation.first(), conversation.second());
    case StreamKind::room: return fmt::format("r{}", conversation.first());
    case StreamKind::notices: return fmt::format("n{}", conversation.first());
    default: return fmt::format("o{}x{}", conversation.a, conversation.b);
  }
}

/// A phrase: between double quotes everything is text, and a double quote is written twice.
std::string quoted(std::string_view words) {
  std::string text = "\"";
  for (const char c : words) {
    if (c == '"') text += '"';
    text += c;
  }
  return text += '"';
}

std::string place_of(const ports::SearchScope& scope) {
  if (scope.only) return quoted(conversation_word(*scope.only));
  std::string any = quoted(fmt::format("m{}", scope.member.value));
  for (const RoomId room : scope.rooms)
    any += " OR " + quoted(conversation_word(ports::StreamId::room(room)));
  return any;
}

std::string term_text(const SearchTerm& term) {
  switch (term.kind) {
    case SearchTerm::Kind::character: return "characters : " + quoted(term.text);
    case SearchTerm::Kind::beginning: return "words : " + quoted(term.text) + " *";
    case SearchTerm::Kind::word:
    case SearchTerm::Kind::run: break;
  }
  return "words : " + quoted(term.text);
}

}  // namespace

std::string place_words(ports::StreamId conversation) {
  std::string words = conversation_word(conversation);
  if (conversation.kind() == StreamKind::pair || conversation.kind() == StreamKind::notices)
    words += fmt::format(" m{}", conversation.first());
  if (conversation.kind() == StreamKind::pair && conversation.second() != conversation.first())
    words += fmt::format(" m{}", conversation.second());
  return words;
}

std::string match_expression(const ports::SearchScope& scope) {
  return "(place : (" + place_of(scope) + "))";
}

std::string match_expression(const ports::SearchQuery& query) {
  if (query.terms.empty()) return {};
  std::string expression = match_expression(query.scope);
  for (const SearchTerm& term : query.terms) expression += " AND (" + term_text(term) + ")";
  return expression;
}

}  // namespace plaza::sqlite
