#include "chat/word_lists.h"

#include <memory>

#include "chat/hub.h"
#include "chat/notices.h"
#include "moderation/sanction_rules.h"

namespace plaza::chat {

using moderation::failed;
using moderation::Outcome;
using ports::SharedWordFilter;
using ports::WordRule;

namespace {
/// A filter must never keep a server from starting: a list that cannot be compiled is an operator's fault that was found out
/// when it was set, so here it is the database's.
std::unexpected<moderation::Error> not_compiled(ZoneId zone, const std::string& why) {
  return fail(moderation::Error{.code = moderation::Code::unavailable,
                                .field = {},
                                .detail = "words of zone " + std::to_string(zone.value) + ": " + why});
}
}  // namespace

Outcome<SharedWordFilter> WordLists::compiled_locked(ZoneId zone) {
  const auto rules = store_.words(zone);
  if (!rules) return failed(rules.error());
  auto filter = compiler_.compile(*rules);
  if (!filter) return not_compiled(zone, filter.error());
  return std::move(*filter);
}

Outcome<void> WordLists::use_locked(ZoneId zone, InForce in_force) {
  auto filter = compiled_locked(zone);
  if (!filter) return fail(filter.error());
  if (!in_force) in_force = [] {};
  on_shards_then(
      node_, 0, all_shards(node_),
      [zone, filter = std::move(*filter)](Hub& hub) { hub.state().words.set(zone, filter); },
      std::move(in_force));
  return {};
}

Outcome<void> WordLists::load(InForce loaded) {
  const std::lock_guard lock(changes_);
  const auto zones = store_.zones_with_words();
  if (!zones) return failed(zones.error());
  auto filters = std::make_shared<std::vector<std::pair<ZoneId, SharedWordFilter>>>();
  for (const ZoneId zone : *zones) {
    auto filter = compiled_locked(zone);
    if (!filter) return fail(filter.error());
    filters->emplace_back(zone, std::move(*filter));
  }
  on_shards_then(
      node_, 0, all_shards(node_),
      [filters](Hub& hub) {
        for (const auto& [zone, filter] : *filters) hub.state().words.set(zone, filter);
      },
      std::move(loaded));
  return {};
}

Outcome<WordRule> WordLists::put(ZoneId zone, const WordRule& rule, InForce in_force) {
  if (const auto good = moderation::check_name("text", rule.text, ports::kWordBytesMax); !good)
    return fail(good.error());
  if (const auto tried = compiler_.compile({rule}); !tried) return moderation::invalid("text", tried.error());
  const std::lock_guard lock(changes_);
  auto stored = store_.put_word(zone, rule);
  if (!stored) return failed(stored.error());
  if (const auto used = use_locked(zone, std::move(in_force)); !used) {
    // Each pattern can be used and all together cannot: the new one goes again.
    static_cast<void>(store_.remove_word(zone, stored->id));
    return fail(used.error());
  }
  return std::move(*stored);
}

Outcome<void> WordLists::remove(ZoneId zone, WordRuleId rule, InForce in_force) {
  const std::lock_guard lock(changes_);
  if (const auto removed = store_.remove_word(zone, rule); !removed) return failed(removed.error());
  return use_locked(zone, std::move(in_force));
}

Outcome<std::vector<WordRule>> WordLists::list(ZoneId zone) {
  auto found = store_.words(zone);
  if (!found) return failed(found.error());
  return std::move(*found);
}

}  // namespace plaza::chat
