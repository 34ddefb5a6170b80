#pragma once
// How the local login service says no.
#include <cstddef>
#include <string>
#include <vector>

#include "login/login_service.h"
#include "login/password_hasher.h"
#include "ports/directory.h"

namespace plaza::login {

using Refusal = std::unexpected<LoginError>;

Refusal refuse(LoginCode code, std::string field = {}, std::string allowed = {}, std::string detail = {});
Refusal unavailable();
Refusal bad_credentials();
Refusal token_invalid();
Refusal no_such_peer();
Refusal wait(LoginCode code, std::int64_t ms, std::string detail);
Refusal limited(std::int64_t ms);
Refusal of_hasher(PasswordFailure failure);
/// `missing` is what "not found" means to this caller.
Refusal of_directory(const ports::DirectoryError& error, LoginCode missing);

bool has_control(std::string_view text);
LoginResult<void> check_device(const std::string& device);
/// What the throttle counts an account as, however it is addressed.
std::string account_key(AccountId id);

}  // namespace plaza::login
