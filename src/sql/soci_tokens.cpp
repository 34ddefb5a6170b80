#include <array>

#include "sql/soci_directory.h"

namespace plaza::sql {

using ports::DirectoryCode;
using ports::DirectoryResult;
using ports::Token;

namespace {

using TokenRow = std::tuple<long long, long long, std::string, long long, long long, long long, std::string,
                            long long, long long>;

std::string to_hex(const std::string& bytes) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text;
  text.reserve(bytes.size() * 2);
  for (const char c : bytes) {
    const auto byte = static_cast<unsigned char>(c);
    text += kDigits[byte >> 4];
    text += kDigits[byte & 15];
  }
  return text;
}

std::string from_hex(const std::string& text) {
  const auto digit = [](char c) { return c <= '9' ? c - '0' : c - 'a' + 10; };
  std::string bytes;
  bytes.reserve(text.size() / 2);
  for (std::size_t i = 0; i + 1 < text.size(); i += 2) {
    bytes += static_cast<char>(digit(text[i]) << 4 | digit(text[i + 1]));
  }
  return bytes;
}

Token to_token(const TokenRow& row) {
  const auto& [id, kind, hash, account, member, zone, device, created_ms, expires_ms] = row;
  return {.id = TokenId{static_cast<std::uint64_t>(id)},
          .kind = static_cast<ports::TokenKind>(kind),
          .hash = from_hex(hash),
          .account = AccountId{static_cast<std::uint64_t>(account)},
          .member = MemberId{static_cast<std::uint64_t>(member)},
          .zone = ZoneId{static_cast<std::uint64_t>(zone)},
          .device = device,
          .created_ms = created_ms,
          .expires_ms = expires_ms};
}

/// `sql` selects the columns of a token in the order of TokenRow.
template <class... In>
std::vector<Token> tokens(Connection& db, const char* sql, const In&... in) {
  std::vector<Token> found;
  for (const auto& row : db.rows<long long, long long, std::string, long long, long long, long long,
                                 std::string, long long, long long>(sql, in...)) {
    found.push_back(to_token(row));
  }
  return found;
}

DirectoryResult<Token> first_valid(std::vector<Token> found) {
  if (found.empty()) return not_found("token");
  return std::move(found.front());
}

constexpr const char* kByHash =
    "SELECT id, kind, hash, account, member, zone, device, created_ms, expires_ms FROM token"
    " WHERE hash = :hash AND expires_ms > :now";
constexpr const char* kOfAccount =
    "SELECT id, kind, hash, account, member, zone, device, created_ms, expires_ms FROM token"
    " WHERE account = :account ORDER BY id";
constexpr const char* kDelete = "DELETE FROM token WHERE id = :id";

}  // namespace

DirectoryResult<TokenId> SociDirectory::put_token(const Token& token) {
  return database_.write([&](Connection& db) -> DirectoryResult<TokenId> {
    if (db.rows<long long>("SELECT id FROM account WHERE id = :id", token.account.value).empty()) {
      return not_found("account");
    }
    const std::string hash = to_hex(token.hash);
    if (!db.rows<long long>("SELECT id FROM token WHERE hash = :hash", hash).empty()) {
      return refuse(DirectoryCode::conflict, "token");
    }
    const TokenId id{next_id(db, "token")};
    db.run(
        "INSERT INTO token (id, kind, hash, account, member, zone, device, created_ms, expires_ms)"
        " VALUES (:id, :kind, :hash, :account, :member, :zone, :device, :created, :expires)",
        id.value, static_cast<int>(token.kind), hash, token.account.value, token.member.value,
        token.zone.value, token.device, token.created_ms, token.expires_ms);
    return id;
  });
}

DirectoryResult<Token> SociDirectory::token(const std::string& hash, std::int64_t now_ms) {
  return database_.read(
      [&](Connection& db) { return first_valid(tokens(db, kByHash, to_hex(hash), now_ms)); });
}

DirectoryResult<Token> SociDirectory::take_token(const std::string& hash, std::int64_t now_ms) {
  return database_.write([&](Connection& db) -> DirectoryResult<Token> {
    auto found = first_valid(tokens(db, kByHash, to_hex(hash), now_ms));
    // Who deletes the row has it: also where two transactions may read it at once.
    if (found && db.run(kDelete, found->id.value) != 1) return not_found("token");
    return found;
  });
}

DirectoryResult<std::vector<Token>> SociDirectory::revoke_tokens(AccountId account,
                                                                 std::optional<std::string> device,
                                                                 std::optional<TokenId> only) {
  return database_.write([&](Connection& db) -> DirectoryResult<std::vector<Token>> {
    // An account has few tokens, so they are chosen here rather than by eight variants of a statement.
    auto revoked = tokens(db, kOfAccount, account.value);
    std::erase_if(revoked,
                  [&](const Token& t) { return (device && t.device != *device) || (only && t.id != *only); });
    for (const Token& token : revoked) db.run(kDelete, token.id.value);
    return revoked;
  });
}

DirectoryResult<std::vector<Token>> SociDirectory::tokens_of(AccountId account, std::int64_t now_ms) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<Token>> {
    auto found = tokens(db, kOfAccount, account.value);
    std::erase_if(found, [now_ms](const Token& t) { return t.expires_ms <= now_ms; });
    return found;
  });
}

DirectoryResult<std::uint32_t> SociDirectory::expire_tokens(std::int64_t now_ms, std::uint32_t limit) {
  return database_.write([&](Connection& db) -> DirectoryResult<std::uint32_t> {
    // DELETE ... LIMIT is not portable.
    const auto expired = db.rows<long long>(
        "SELECT id FROM token WHERE expires_ms <= :now ORDER BY expires_ms LIMIT :count", now_ms, limit);
    for (const auto& [id] : expired) db.run(kDelete, id);
    return static_cast<std::uint32_t>(expired.size());
  });
}

}  // namespace plaza::sql
