#pragma once
#include <cstdint>
#include <string>

#include "app/config/config.h"
#include "base/result.h"

namespace plaza::app {

/// What is known of one of the two databases before it is opened.
struct DatabaseFacts {
  bool there = false;
  bool used = false;              ///< has accounts, or messages
  std::int64_t installation = 0;  ///< 0: none yet (made before there was one)
};

/// Two databases that belong together have one number, which they get when they are created. Ids in one mean members of the other:
/// a directory begun anew beside old messages would give them to strangers who register.
///
/// Gives the number both have from now on (`fresh` when neither has one), or why they do not belong together. One that is new is
/// fine beside one in which there is nothing yet: a first start that was interrupted. So is a database of messages without a
/// number beside a directory with one: an upgrade that was interrupted, since the directory gets it first.
Result<std::int64_t, std::string> installation_of(const DatabaseFacts& directory,
                                                  const DatabaseFacts& streams, std::int64_t fresh);

/// The same for what is in the data directory. Changes nothing. Errors are complete, for a person.
Result<std::int64_t, std::string> find_installation(const Config& config);

}  // namespace plaza::app
