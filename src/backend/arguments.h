#pragma once
#include <boost/json/value.hpp>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "backend/operation.h"
#include "net/http_message.h"

namespace plaza::backend {

/// What stands between the braces of a path: {"zone","eu-1"}.
using PathValues = std::map<std::string, std::string, std::less<>>;

/// The parameters of one call, checked against its operation: each is known, of its type and within its bounds, and what is
/// required is there.
class Arguments {
 public:
  /// Of a request over HTTP. The error names the field.
  static ApiResult<Arguments> of_request(const Operation& operation, const PathValues& path,
                                         const net::HttpRequest& request);
  /// Of one object, wherever a parameter stands in HTTP.
  static ApiResult<Arguments> of_object(const Operation& operation, const boost::json::object& object);

  [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
  /// Empty when it is not there.
  [[nodiscard]] std::string text(std::string_view name) const;
  [[nodiscard]] std::uint64_t number(std::string_view name, std::uint64_t otherwise = 0) const;
  /// Nothing when it is not there.
  [[nodiscard]] std::optional<bool> flag(std::string_view name) const;
  [[nodiscard]] std::vector<std::string> texts(std::string_view name) const;
  [[nodiscard]] std::vector<std::uint64_t> ids(std::string_view name) const;
  [[nodiscard]] const boost::json::object* object(std::string_view name) const;

  [[nodiscard]] const boost::json::array* list(std::string_view name) const;

  /// The same for the same parameters, whatever their order was; without the idempotency_key.
  [[nodiscard]] std::string canonical() const;
  /// Names and values of those that name a thing, for the audit log: "zone=eu-1 member=17".
  [[nodiscard]] std::string target(const Operation& operation) const;

 private:
  ApiResult<void> take(const Operation& operation, std::string_view name, In in, boost::json::value value,
                       bool anywhere);
  ApiResult<void> complete(const Operation& operation) const;

  std::map<std::string, boost::json::value, std::less<>> values_;
};

/// "a%20b+c" as it was meant; nothing when it is broken.
std::optional<std::string> percent_decoded(std::string_view text, bool plus_is_blank);

}  // namespace plaza::backend
