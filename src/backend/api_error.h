#pragma once
#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/result.h"
#include "login/login_service.h"
#include "moderation/result.h"
#include "net/http_message.h"
#include "ports/directory.h"

namespace plaza::backend {

/// Why a call was refused. The names (error_rows()) are stable: programs compare them.
enum class ErrorCode : std::uint8_t {
  bad_request,
  unauthorized,
  not_permitted,
  app_disabled,
  not_found,
  method_not_allowed,
  name_taken,
  conflict,
  key_reused,
  in_progress,
  limit_reached,
  quota_reached,
  too_large,
  rate_limited,
  try_again,
  unavailable,
};

struct ErrorRow {
  ErrorCode code;
  std::string_view name;
  int status;  ///< of HTTP
  std::string_view meaning;
};
/// In the order of the enum.
std::span<const ErrorRow> error_rows();
const ErrorRow& row_of(ErrorCode code);

struct ApiError {
  ErrorCode code = ErrorCode::unavailable;
  std::string message;  ///< for people
  std::string field;    ///< the parameter that is wrong, where there is one
  std::string allowed;  ///< what would be right, where that can be said
  std::int64_t retry_after_ms = 0;
};
template <class T>
using ApiResult = Result<T, ApiError>;

[[nodiscard]] std::unexpected<ApiError> refuse(ErrorCode code, std::string message = {},
                                               std::string field = {}, std::string allowed = {});
/// `field`: the parameter that a name or an id came in.
[[nodiscard]] ApiError of_directory(const ports::DirectoryError& error, std::string_view field = {});
/// `field`: the parameter that named what is not there.
[[nodiscard]] ApiError of_moderation(const moderation::Error& error, std::string_view field = {});
[[nodiscard]] ApiError of_login(const login::LoginError& error);

/// {"error":{"code":"not_found","message":...,"field":...,"allowed":...}} and its status.
[[nodiscard]] net::HttpResponse to_response(const ApiError& error);
[[nodiscard]] std::string to_json(const ApiError& error);

}  // namespace plaza::backend
