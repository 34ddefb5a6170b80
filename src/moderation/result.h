#pragma once
#include <cstdint>
#include <string>
#include <utility>

#include "base/result.h"
#include "ports/directory.h"

namespace plaza::moderation {

enum class Code : std::uint8_t {
  invalid,      ///< `field` is not as it must be; `detail` says how
  not_found,    ///< no such member, room, report..., or it belongs to another zone
  conflict,     ///< the state does not allow it: closed already, over already
  limit,        ///< a bound of the zone is reached; `detail` names it
  unavailable,  ///< the database does not answer; nothing was changed
};

/// Why something was refused, for whoever asked: an operator, or a server of the app.
struct Error {
  Code code = Code::unavailable;
  std::string field;   ///< of the request, when it is one field's fault
  std::string detail;  ///< safe to show
};
template <class T>
using Outcome = Result<T, Error>;

inline std::unexpected<Error> invalid(std::string field, std::string detail) {
  return fail(Error{.code = Code::invalid, .field = std::move(field), .detail = std::move(detail)});
}
/// A failure of the directory or of the moderation store as one of ours.
inline std::unexpected<Error> failed(const ports::DirectoryError& error) {
  using From = ports::DirectoryCode;
  Code code = Code::unavailable;
  if (error.code == From::not_found) code = Code::not_found;
  if (error.code == From::conflict || error.code == From::name_taken) code = Code::conflict;
  if (error.code == From::limit) code = Code::limit;
  return fail(Error{.code = code, .field = {}, .detail = error.detail});
}

}  // namespace plaza::moderation
