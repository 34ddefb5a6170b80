#pragma once
#include <functional>
#include <mutex>
#include <vector>

#include "chat/shard_state.h"
#include "moderation/result.h"
#include "ports/word_filter.h"

namespace plaza::chat {

/// The words a zone does not want, as operators and the app's servers set them.
///
///   put -> can it be compiled? -> stored -> all of the zone's rules, compiled here -> every shard uses the new filter
///
/// Thread   Any but a shard's: calls block on SQL and compile. `in_force` runs on a shard when all of them use it.
/// Order    Changes are made one after the other, so that what the shards use is what was stored last.
/// Rights   None are checked here.
class WordLists {
 public:
  using InForce = std::move_only_function<void()>;

  WordLists(Node& node, ports::Moderation& store, const ports::WordCompiler& compiler)
      : node_(node), store_(store), compiler_(compiler) {}

  /// Makes every shard use what is stored: once, after the start and before anybody may enter.
  [[nodiscard]] moderation::Outcome<void> load(InForce loaded);
  [[nodiscard]] moderation::Outcome<ports::WordRule> put(ZoneId zone, const ports::WordRule& rule,
                                                         InForce in_force = {});
  [[nodiscard]] moderation::Outcome<void> remove(ZoneId zone, WordRuleId rule, InForce in_force = {});
  [[nodiscard]] moderation::Outcome<std::vector<ports::WordRule>> list(ZoneId zone);

 private:
  moderation::Outcome<ports::SharedWordFilter> compiled_locked(ZoneId zone);
  moderation::Outcome<void> use_locked(ZoneId zone, InForce in_force);

  Node& node_;
  ports::Moderation& store_;
  const ports::WordCompiler& compiler_;
  std::mutex changes_;  ///< held from the store's transaction until its result is on its way to the shards
};

}  // namespace plaza::chat
