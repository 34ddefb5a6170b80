#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "login/login_throttle.h"

namespace plaza::login {

/// An attempt that LoginThrottle::begin() has let through. Its outcome is "abandoned" until somebody says another.
class Attempt {
 public:
  Attempt(LoginThrottle& throttle, std::string account, const std::string& address)
      : throttle_(throttle), account_(std::move(account)), address_(address) {}
  ~Attempt() {
    if (!finished_) throttle_.abandoned(account_);
  }
  Attempt(const Attempt&) = delete;
  Attempt& operator=(const Attempt&) = delete;

  [[nodiscard]] std::int64_t begin() {
    const auto ms = throttle_.begin(account_, address_);
    finished_ = ms != 0;
    return ms;
  }
  void succeeded() {
    finish([this] { throttle_.succeeded(account_); });
  }
  void failed() {
    finish([this] { throttle_.failed(account_, address_); });
  }

 private:
  template <class Outcome>
  void finish(Outcome outcome) {
    if (!finished_) outcome();
    finished_ = true;
  }

  LoginThrottle& throttle_;
  const std::string account_;
  const std::string address_;
  bool finished_ = true;
};

}  // namespace plaza::login
