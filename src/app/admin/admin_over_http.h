#pragma once
#include <string>

#include "base/result.h"

namespace plaza::app {

/// A server elsewhere, and the key of a server of an app there.
struct AdminTarget {
  std::string url;      ///< "https://plaza.example.org": without a path
  std::string key;      ///< "pk_....sk_...": key and secret
  std::string ca_file;  ///< PEM; empty: the authorities of the system
};

/// "pk_....sk_..." of a file that its owner alone may read, or, without one, of the environment: PLAZA_ADMIN_KEY. Never of the command
/// line, which everybody on a machine sees. The error is for a person.
[[nodiscard]] Result<std::string, std::string> admin_key(const std::string& file);

/// The body of the answer to POST /api/v1/batch with this body, signed: the secret does not travel. Blocks.
[[nodiscard]] Result<std::string, std::string> post_signed(const AdminTarget& target,
                                                           const std::string& body);

}  // namespace plaza::app
