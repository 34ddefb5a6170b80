#include "login/refusals.h"

#include <algorithm>

#include "ports/message.h"

namespace plaza::login {

using ports::DirectoryCode;
using ports::DirectoryError;

namespace {

constexpr std::size_t kDeviceBytesMax = 32;
constexpr std::int64_t kBusyRetryMs = 1'000;

}  // namespace

Refusal refuse(LoginCode code, std::string field, std::string allowed, std::string detail) {
  return fail(LoginError{.code = code,
                         .field = std::move(field),
                         .allowed = std::move(allowed),
                         .detail = std::move(detail),
                         .retry_after_ms = 0});
}
Refusal unavailable() { return refuse(LoginCode::unavailable, {}, {}, "the storage does not answer"); }
Refusal bad_credentials() {
  return refuse(LoginCode::bad_credentials, {}, {}, "unknown account or wrong password");
}
Refusal token_invalid() {
  return refuse(LoginCode::token_invalid, "token", {}, "unknown, expired or revoked token");
}
Refusal wait(LoginCode code, std::int64_t ms, std::string detail) {
  return fail(LoginError{
      .code = code, .field = {}, .allowed = {}, .detail = std::move(detail), .retry_after_ms = ms});
}
Refusal limited(std::int64_t ms) { return wait(LoginCode::limited, ms, "too many failed attempts"); }
Refusal no_such_peer() {
  return refuse(LoginCode::no_such_peer, "id", {}, "this account has no such member in this zone");
}

Refusal of_hasher(PasswordFailure failure) {
  if (failure == PasswordFailure::busy) {
    return wait(LoginCode::try_again, kBusyRetryMs, "too many passwords are being checked");
  }
  return refuse(LoginCode::unavailable, {}, {}, "the password cannot be checked now");
}

Refusal of_directory(const DirectoryError& error, LoginCode missing) {
  switch (error.code) {
    case DirectoryCode::not_found: return refuse(missing, {}, {}, error.detail);
    case DirectoryCode::name_taken:
      return refuse(LoginCode::name_taken, "nickname", "a name that nobody has here",
                    error.detail + " is taken");
    case DirectoryCode::limit:
      return refuse(LoginCode::limit_reached, {}, error.detail, "the limit is reached");
    case DirectoryCode::quota:
      return refuse(LoginCode::quota_reached, {}, error.detail,
                    "the app has reached its quota " + error.detail.substr(0, error.detail.find(' ')));
    case DirectoryCode::conflict:
    case DirectoryCode::not_member:
    case DirectoryCode::forbidden:
    case DirectoryCode::banned:
    case DirectoryCode::no_target: return refuse(LoginCode::bad_request, {}, {}, error.detail);
    case DirectoryCode::unavailable: break;
  }
  return unavailable();
}

bool has_control(std::string_view text) {
  return std::ranges::any_of(text, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; });
}

LoginResult<void> check_device(const std::string& device) {
  const bool right = !device.empty() && device.size() <= kDeviceBytesMax && !has_control(device) &&
                     device.front() != ports::kServerDevicePrefix;
  if (right) return {};
  return refuse(LoginCode::bad_request, "device",
                "1 to 32 bytes without control characters, not beginning with @", "bad device name");
}

std::string account_key(AccountId id) { return "a:" + std::to_string(id.value); }

}  // namespace plaza::login
