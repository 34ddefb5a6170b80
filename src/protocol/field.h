#pragma once
// The fields of the wire protocol as an enum, and sets of them; fields.h has their names, types and bounds.
#include <bit>
#include <cstddef>
#include <cstdint>

namespace plaza::protocol {

/// What the JSON value must be.
enum class FieldType : std::uint8_t {
  integer,  ///< 0..2^53-1, written without fraction and exponent
  string,
  boolean,
  object,  ///< handed on as compact JSON text
  list,    ///< server only
};

/// The fields that a request may carry come first: only these are looked at by the server. A name has one
/// type everywhere at the top level of a frame (inside lists the shapes of table.h rule).
enum class Field : std::uint8_t {
  // In requests (some in replies as well).
  msgid,
  rid,
  id,
  name,
  account,
  password,
  new_password,
  token,
  vendor,
  vendor_user,
  proof,
  app,
  zone,
  device,
  platform,
  toid,
  msg,
  body,
  kind,
  send_id,
  friendid,
  groupid,
  groupname,
  groupdesc,
  revoke,
  nickname,
  avatar,
  epoch,
  since,
  limit,
  before,
  seq,
  delivered,
  read,
  after,
  after_id,
  accept,
  blocked,
  remark,
  token_id,
  all,
  channel,
  typing,
  watch,
  cseq,
  reason,
  action,
  list_name,
  join,
  speak,
  members_max,
  slow_mode_ms,
  history_visible,
  for_ms,
  pinned,
  query,
  reply_to,
  custom,
  friends_from,
  messages_from,
  // From the server only.
  error_code,
  errmsg,
  field,
  allowed,
  retry_after_ms,
  expected,
  to,
  members,
  friends,
  groups,
  offlinemsg,
  users,
  messages,
  conversations,
  tokens,
  entered,
  token_expires_ms,
  friendship,
  state,
  head,
  received,
  last_send_id,
  heartbeat_ms,
  body_bytes_max,
  trimmed,
  too_old,
  more,
  dup,
  mid,
  time,
  time_ms,
  event,
  reconnect,
  recovered,
  publications,
  channels,
  presence,
  until_ms,
  owner,
  role,
  member_count,
  version,
  muted_until_ms,
  own_muted_until_ms,
  pins,
  entries,
  invitations,
  results,
  large,
  edited_ms,
  edits,
  recalled_ms,
  recalled_by,
  versions,
  count_,
};
inline constexpr std::size_t kFields = static_cast<std::size_t>(Field::count_);
inline constexpr std::size_t kRequestFields = static_cast<std::size_t>(Field::error_code);
static_assert(kRequestFields <= 128, "FieldSet is two words");

/// A set of request fields.
struct FieldSet {
  std::uint64_t low = 0, high = 0;

  [[nodiscard]] constexpr bool any() const { return (low | high) != 0; }
  [[nodiscard]] constexpr bool has(Field field) const {
    const auto i = static_cast<unsigned>(field);
    return ((i < 64 ? low >> i : high >> (i - 64)) & 1) != 0;
  }
  [[nodiscard]] constexpr int count() const { return std::popcount(low) + std::popcount(high); }
  /// Of a set that is not empty: the first in the order of the fields.
  [[nodiscard]] constexpr Field first() const {
    return static_cast<Field>(low != 0 ? std::countr_zero(low) : 64 + std::countr_zero(high));
  }
  [[nodiscard]] constexpr FieldSet without(FieldSet other) const {
    return {low & ~other.low, high & ~other.high};
  }
  friend constexpr FieldSet operator|(FieldSet a, FieldSet b) { return {a.low | b.low, a.high | b.high}; }
  friend constexpr FieldSet operator&(FieldSet a, FieldSet b) { return {a.low & b.low, a.high & b.high}; }
  constexpr FieldSet& operator|=(FieldSet other) { return *this = *this | other; }
  friend constexpr bool operator==(FieldSet, FieldSet) = default;
};
constexpr FieldSet bit(Field field) {
  const auto i = static_cast<unsigned>(field);
  return i < 64 ? FieldSet{std::uint64_t{1} << i, 0} : FieldSet{0, std::uint64_t{1} << (i - 64)};
}

}  // namespace plaza::protocol
