#include "backend/api_error.h"

#include <fmt/format.h>

#include <array>
#include <boost/json/object.hpp>
#include <boost/json/serialize.hpp>

#include "base/check.h"

namespace plaza::backend {
namespace {

namespace json = boost::json;
using enum ErrorCode;

constexpr std::array kRows{
    ErrorRow{bad_request, "bad_request", 400,
             "A parameter is missing, unknown or out of its bounds: `field` names it, `allowed` says what is "
             "right."},
    ErrorRow{unauthorized, "unauthorized", 401,
             "Key, secret, signature, time, nonce or address: one of them is not right. Which one is not "
             "said; the server's log has it."},
    ErrorRow{not_permitted, "not_permitted", 403, "Authenticated, but this caller may not do that."},
    ErrorRow{app_disabled, "app_disabled", 403, "The app of this key is disabled."},
    ErrorRow{not_found, "not_found", 404,
             "No such thing in this app. What belongs to another app does not exist."},
    ErrorRow{method_not_allowed, "method_not_allowed", 405,
             "The path exists, with other methods: see the header `Allow`."},
    ErrorRow{name_taken, "name_taken", 409, "Something else has this name."},
    ErrorRow{conflict, "conflict", 409,
             "The state does not allow it, e.g. the member is in the room already."},
    ErrorRow{key_reused, "key_reused", 409, "This idempotency_key was used for another call."},
    ErrorRow{in_progress, "in_progress", 409, "The call with this idempotency_key is being made: ask again."},
    ErrorRow{limit_reached, "limit_reached", 409, "A bound of the server is reached; `message` names it."},
    ErrorRow{quota_reached, "quota_reached", 409,
             "The app has as much as it may; `message` names the quota. See quotas.show."},
    ErrorRow{too_large, "too_large", 413, "The body of the request, or of the message, is too large."},
    ErrorRow{rate_limited, "rate_limited", 429,
             "Too many requests of this app: again after `retry_after_ms`."},
    ErrorRow{try_again, "try_again", 503,
             "Too busy, or just started: again after `retry_after_ms`. Nothing was changed."},
    ErrorRow{unavailable, "unavailable", 503,
             "The storage does not answer. Whether something was changed is unknown: repeat the call with "
             "its idempotency_key."},
};

constexpr bool in_order() {
  for (std::size_t i = 0; i < kRows.size(); ++i) {
    if (static_cast<std::size_t>(kRows[i].code) != i) return false;
  }
  return kRows.back().code == unavailable;
}
static_assert(in_order());

ErrorCode of(login::LoginCode code) {
  using login::LoginCode;
  switch (code) {
    case LoginCode::name_taken: return name_taken;
    case LoginCode::name_invalid:
    case LoginCode::registration_failed:
    case LoginCode::bad_request: return bad_request;
    case LoginCode::limit_reached: return limit_reached;
    case LoginCode::quota_reached: return quota_reached;
    case LoginCode::no_such_zone:
    case LoginCode::no_such_peer: return not_found;
    case LoginCode::limited:
    case LoginCode::try_again: return try_again;
    case LoginCode::bad_credentials:
    case LoginCode::token_invalid: return not_permitted;
    case LoginCode::unavailable: return unavailable;
  }
  return unavailable;
}

}  // namespace

std::span<const ErrorRow> error_rows() { return kRows; }
const ErrorRow& row_of(ErrorCode code) { return kRows[static_cast<std::size_t>(code)]; }

std::unexpected<ApiError> refuse(ErrorCode code, std::string message, std::string field,
                                 std::string allowed) {
  return fail(ApiError{
      .code = code, .message = std::move(message), .field = std::move(field), .allowed = std::move(allowed)});
}

ApiError of_directory(const ports::DirectoryError& error, std::string_view field) {
  using ports::DirectoryCode;
  ApiError out{.code = unavailable, .message = {}, .field = std::string(field), .allowed = {}};
  switch (error.code) {
    case DirectoryCode::not_found: out.code = not_found; break;
    case DirectoryCode::name_taken: out.code = name_taken; break;
    case DirectoryCode::limit: out.code = limit_reached; break;
    case DirectoryCode::quota:
      return {.code = quota_reached, .message = error.detail, .field = {}, .allowed = {}};
    case DirectoryCode::conflict:
    // The state of a room is against it: the member is its owner, is not in it, has the role already.
    case DirectoryCode::not_member:
    case DirectoryCode::forbidden:
    case DirectoryCode::banned:
    case DirectoryCode::no_target: out.code = conflict; break;
    // Its detail is the database's, for the log.
    case DirectoryCode::unavailable: return {.code = unavailable};
  }
  out.message = error.detail;
  return out;
}

ApiError of_moderation(const moderation::Error& error, std::string_view field) {
  using moderation::Code;
  const std::string about(error.field.empty() ? field : std::string_view(error.field));
  switch (error.code) {
    case Code::invalid: return {.code = bad_request, .message = {}, .field = about, .allowed = error.detail};
    case Code::not_found: return {.code = not_found, .message = error.detail, .field = about};
    case Code::conflict: return {.code = conflict, .message = error.detail, .field = about};
    case Code::limit: return {.code = limit_reached, .message = error.detail, .field = about};
    // Its detail is the database's, for the log.
    case Code::unavailable: break;
  }
  return {.code = unavailable};
}

ApiError of_login(const login::LoginError& error) {
  return {.code = of(error.code),
          .message = error.detail,
          .field = error.field,
          .allowed = error.allowed,
          .retry_after_ms = error.retry_after_ms};
}

namespace {

/// A sentence. Those below say only what it is about: "room".
std::string sentence_of(const ApiError& error) {
  if (error.message.empty()) return std::string(row_of(error.code).meaning);
  if (error.message.find(' ') != std::string::npos) return error.message;
  switch (error.code) {
    case not_found: return fmt::format("there is no such {}", error.message);
    case name_taken: return fmt::format("this name is taken by another {}", error.message);
    case conflict: return fmt::format("the state does not allow it: {}", error.message);
    case limit_reached: return fmt::format("a bound is reached: {}", error.message);
    default: return error.message;
  }
}

}  // namespace

std::string to_json(const ApiError& error) {
  const ErrorRow& row = row_of(error.code);
  json::object inner{{"code", row.name}, {"message", sentence_of(error)}};
  if (!error.field.empty()) inner["field"] = error.field;
  if (!error.allowed.empty()) inner["allowed"] = error.allowed;
  if (error.retry_after_ms > 0) inner["retry_after_ms"] = error.retry_after_ms;
  return json::serialize(json::object{{"error", std::move(inner)}});
}

net::HttpResponse to_response(const ApiError& error) {
  net::HttpResponse response;
  response.status = row_of(error.code).status;
  response.content_type = "application/json";
  response.body = to_json(error) + "\n";
  if (error.code == unauthorized)
    response.headers.emplace_back("WWW-Authenticate", "Bearer, Plaza-HMAC-SHA256");
  if (error.retry_after_ms > 0)
    response.headers.emplace_back("Retry-After", std::to_string((error.retry_after_ms + 999) / 1000));
  return response;
}

}  // namespace plaza::backend
