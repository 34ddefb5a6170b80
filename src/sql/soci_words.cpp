#include "sql/soci_directory.h"
#include "sql/soci_moderation.h"

namespace plaza::sql {

using ports::DirectoryResult;
using ports::WordRule;

DirectoryResult<WordRule> SociModeration::put_word(ZoneId zone, const WordRule& rule) {
  return database_.write([&](Connection& db) -> DirectoryResult<WordRule> {
    if (db.rows<long long>("SELECT id FROM zone WHERE id = :id", zone.value).empty())
      return not_found("zone");
    WordRule stored = rule;
    const auto match = static_cast<int>(rule.match), action = static_cast<int>(rule.action);
    const auto before = db.rows<long long>(
        "SELECT id FROM word_rule WHERE zone = :zone AND matching = :m AND text = :t", zone.value, match,
        rule.text);
    if (!before.empty()) {
      stored.id = WordRuleId{static_cast<std::uint64_t>(std::get<0>(before.front()))};
      db.run("UPDATE word_rule SET action = :a WHERE id = :id", action, stored.id.value);
      return stored;
    }
    if (db.value<long long>("SELECT COUNT(*) FROM word_rule WHERE zone = :zone", zone.value) >=
        limits_.word_rules_per_zone_max) {
      return at_limit("word_rules_per_zone_max", limits_.word_rules_per_zone_max);
    }
    stored.id = WordRuleId{next_id(db, region_, "word_rule")};
    db.run("INSERT INTO word_rule (id, zone, matching, action, text) VALUES (:id, :z, :m, :a, :t)",
           stored.id.value, zone.value, match, action, rule.text);
    return stored;
  });
}

DirectoryResult<void> SociModeration::remove_word(ZoneId zone, WordRuleId id) {
  return database_.write([&](Connection& db) -> DirectoryResult<void> {
    if (db.run("DELETE FROM word_rule WHERE id = :id AND zone = :zone", id.value, zone.value) == 0)
      return not_found("word");
    return {};
  });
}

DirectoryResult<std::vector<WordRule>> SociModeration::words(ZoneId zone) {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<WordRule>> {
    std::vector<WordRule> found;
    for (const auto& [id, match, action, text] : db.rows<long long, long long, long long, std::string>(
             "SELECT id, matching, action, text FROM word_rule WHERE zone = :zone ORDER BY id", zone.value)) {
      found.push_back({.id = WordRuleId{static_cast<std::uint64_t>(id)},
                       .match = static_cast<ports::WordMatch>(match),
                       .action = static_cast<ports::WordAction>(action),
                       .text = text});
    }
    return found;
  });
}

DirectoryResult<std::vector<ZoneId>> SociModeration::zones_with_words() {
  return database_.read([&](Connection& db) -> DirectoryResult<std::vector<ZoneId>> {
    std::vector<ZoneId> zones;
    for (const auto& [zone] : db.rows<long long>("SELECT DISTINCT zone FROM word_rule ORDER BY zone"))
      zones.push_back(ZoneId{static_cast<std::uint64_t>(zone)});
    return zones;
  });
}

}  // namespace plaza::sql
