#pragma once
#include <string>

#include "base/result.h"

namespace plaza::app {

/// <data-dir>/secrets.key: 32 random bytes, mode 0600, under which secrets are stored that have to be read again, and which the
/// chain of the audit log is keyed with.
struct SecretsKey {
  std::string bytes;
  bool fresh = false;  ///< it was not there and was made now
};

/// Reads it, or makes it. Refuses one that others may read, or of another length. The error is for a person.
Result<SecretsKey, std::string> take_secrets_key(const std::string& data_dir);

}  // namespace plaza::app
