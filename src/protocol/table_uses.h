#pragma once
// For the files of the table: how one message uses one field.
#include "protocol/table.h"

namespace plaza::protocol::table {

// The bounds are those of the field table unless given.
consteval FieldUse use(Field field, Need need, FieldSet with = {}, std::string_view note = {}) {
  return {field, need, with, info(field).min, info(field).max, note};
}
consteval FieldUse req(Field field, std::string_view note = {}) {
  return use(field, Need::required, {}, note);
}
consteval FieldUse opt(Field field, std::string_view note = {}) {
  return use(field, Need::optional, {}, note);
}
consteval FieldUse one(Field field, std::string_view note = {}) { return use(field, Need::one_of, {}, note); }
consteval FieldUse most(Field field) { return use(field, Need::at_most_one); }
consteval FieldUse with(Field field, FieldSet others, std::string_view note = {}) {
  return use(field, Need::required_with, others, note);
}
consteval FieldUse page(std::uint64_t limit_max, std::string_view note) {
  return {Field::limit, Need::optional, {}, 1, limit_max, note};
}
consteval FieldUse own() {
  return use(Field::id, Need::own_id, {}, "the sender; another member's is refused");
}
consteval FieldUse has(Field field, std::string_view note = {}) { return use(field, Need::always, {}, note); }
consteval FieldUse may(Field field, std::string_view note = {}) {
  return use(field, Need::sometimes, {}, note);
}

}  // namespace plaza::protocol::table
